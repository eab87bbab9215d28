"""Questions about rows of a table: what a classifier says of them, why, and how its answer changes with one column."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ....attribution._answers import answered
from ....attribution._run import recorded, run_method
from ....attribution._table import MOST_FEATURES, logits
from ....data.dataset import Dataset
from ....encoders._table import Records
from ....engine.weights import read_spec
from ....modality.table.features import features
from ....questions import predict
from ....questions._common import check_methods, check_rows, classifier, needed
from ....workspace.artefacts import Artefacts
from ....workspace.layout import BadInput, Workspace
from .._asking import Asking
from .background import background, records_of
from .effect import effect
from .explain import control_scores, described, left_out, rows_of


class Tables(Asking):
    def rows(self, artefacts: Artefacts, dataset: Dataset, rows: list[int], model: str) -> Records:
        """Raises BadInput where the model was trained on other features."""
        known = features(artefacts, dataset.manifest)
        wanted = len(read_spec(artefacts, model)["arguments"][0])
        if wanted != len(known):
            raise BadInput(f"question.dataset: expected {wanted} features as the model reads them, found {len(known)}")
        return Records(torch.from_numpy(records_of(dataset, rows)), known)

    def attribute(self, question: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
        """The result is that of `predict`, columns [name], typical and together as in the event `attribution`, and
        methods {name: {"layer", "completeness", "steps"}}, the two controls among them, with subjects `maps/NAME`
        (safetensors "maps": float32 n x C, one score a column)."""
        needed(question, "dataset", "rows")
        wanted, params = check_methods(question["methods"], "table"), question.get("params", {})
        artefacts = Artefacts(workspace.artefacts)
        result = predict.answer(question, workspace)["result"]
        dataset, model = Dataset(question["dataset"], artefacts), classifier(artefacts, question["classifier"])
        device = next(model.parameters()).device
        known = background(dataset)
        parts = rows_of(known, records_of(dataset, result["rows"]), device)
        if gone := left_out(wanted, parts):
            raise BadInput(f"question.methods: expected at most {MOST_FEATURES} features for {', '.join(gone)}")
        chosen = answered(model, logits(model, parts.values)).index.to(device)
        result |= {**described(parts, known), "methods": {}}
        subjects, controls = [], control_scores(parts, result["rows"], question.get("seed", 0))
        for name in (*wanted, *controls):
            found = None if name in controls else run_method(name, model, parts, chosen, params.get(name))
            scores = controls[name] if found is None else parts.scores(found)
            subjects.append(artefacts.put_arrays(f"maps/{name}", {"maps": np.asarray(scores, dtype=np.float32)}))
            result["methods"][name] = recorded(found) if found else dict.fromkeys(("layer", "completeness", "steps"))
        return {"result": result, "subjects": subjects}

    def effect(self, question: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
        needed(question, "dataset", "feature", "rows")
        artefacts = Artefacts(workspace.artefacts)
        dataset = Dataset(question["dataset"], artefacts)
        rows = check_rows(question["rows"], dataset) if question["rows"] else []
        self.rows(artefacts, dataset, rows[:1], question["classifier"])
        model = classifier(artefacts, question["classifier"])
        return {"result": effect(model, dataset, question["feature"], rows, question.get("class")), "subjects": []}


ASKING = Tables()
