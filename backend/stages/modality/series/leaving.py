"""What a model of sensor series needs where it leaves."""

from __future__ import annotations

from typing import Any

from ....data.dataset import Dataset
from ....modality.series.stored import Series
from .._leaving import Leaving


class SensorSeries(Leaving):
    takes = "CSV and TSV files of readings, one a row, with the columns of the training"

    def told(self, dataset: Dataset, spec: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
        told = Series(dataset.artefacts, dataset.manifest).told
        channels = [
            {"name": one["name"], "mean": one["mean"], "std": one["std"], "how": told["how"].get(one["name"], {})}
            for one in told["channels"]
        ]
        time = {**told["time"], "how": told["how"].get(told["time"]["column"], {})}
        return {
            "unit": told["unit"],
            "time": time,
            "channels": channels,
            "length": told["window"],
            "stride": told["stride"],
            "step": told["step"],
            "missing": asked.get("missing"),
            "header": asked.get("header"),
        }


LEAVING = SensorSeries("series")
