"""What a model of a table needs where it leaves."""

from __future__ import annotations

from typing import Any

from ....data.dataset import Dataset
from .._leaving import Leaving


class Tables(Leaving):
    takes = "CSV and TSV files with the columns of the training"

    def told(self, dataset: Dataset, spec: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
        stored = dataset.artefacts.json(dataset.manifest["features"]["sha256"])
        features: dict[str, list[dict[str, Any]]] = {}
        for one in stored["features"]:  # in the order of the records
            features.setdefault(one["column"], []).append(one)
        known = {one["name"]: one for one in stored["columns"]}
        columns = [
            {"name": name, "type": known[name]["type"], "how": known[name]["how"], "features": found}
            for name, found in features.items()
        ]
        return {"columns": columns, "missing": asked.get("missing"), "header": asked.get("header")}


LEAVING = Tables("table")
