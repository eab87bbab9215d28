"""Questions about windows: what a classifier says of them and why."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ....attribution._answers import answered
from ....attribution._run import recorded, run_method
from ....attribution._windows import Pieces, logits
from ....data.dataset import Dataset
from ....encoders._series import Windows
from ....engine.weights import read_spec
from ....questions import predict
from ....questions._common import check_methods, classifier, needed
from ....workspace.artefacts import Artefacts
from ....workspace.layout import BadInput, Workspace
from .._asking import Asking
from ..table.effect import output_of
from . import bands
from .data import windows
from .explain import control_scores, described


class SensorSeries(Asking):
    def rows(self, artefacts: Artefacts, dataset: Dataset, rows: list[int], model: str) -> Windows:
        """Raises BadInput where the model reads other channels or windows of another length."""
        found, wanted = windows(dataset), read_spec(artefacts, model)["arguments"][0]
        if wanted != found.described:
            raise BadInput(
                f"question.dataset: expected {wanted['channels']} channels in windows of {wanted['length']} steps as "
                f"the model reads them, found {found.channels} in windows of {found.length}"
            )
        return found[np.asarray(rows, dtype=np.int64)]

    def attribute(self, question: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
        """The result is that of `predict`, channels, pieces and piece as in the event `attribution`, and methods {name:
        {"layer", "completeness", "steps"}}, the two controls among them, with subjects `maps/NAME` (safetensors "maps":
        float32 n x (C x pieces); of methods also "steps": float32 n x C x L)."""
        needed(question, "dataset", "rows")
        wanted, params = check_methods(question["methods"], "series"), question.get("params", {})
        artefacts = Artefacts(workspace.artefacts)
        result = predict.answer(question, workspace)["result"]
        dataset, model = Dataset(question["dataset"], artefacts), classifier(artefacts, question["classifier"])
        device = next(model.parameters()).device
        given = self.rows(artefacts, dataset, result["rows"], question["classifier"]).to(device).input
        parts = Pieces(given)
        chosen = answered(model, logits(model, given)).index.to(device)
        result |= {**described(parts, dataset.manifest, artefacts), "methods": {}}
        subjects, controls = [], control_scores(parts, result["rows"], question.get("seed", 0))
        for name in (*wanted, *controls):
            found = None if name in controls else run_method(name, model, parts, chosen, params.get(name))
            scores = controls[name] if found is None else parts.scores(found)
            arrays = {"maps": np.asarray(scores, dtype=np.float32)}
            if found is not None:
                arrays["steps"] = torch.as_tensor(found.maps).numpy()
            subjects.append(artefacts.put_arrays(f"maps/{name}", arrays))
            result["methods"][name] = recorded(found) if found else dict.fromkeys(("layer", "completeness", "steps"))
        return {"result": result, "subjects": subjects}

    def effect(self, question: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
        """What each band of frequencies of each channel does to the answer (bands.py), of the class "class"."""
        needed(question, "dataset")
        artefacts = Artefacts(workspace.artefacts)
        dataset, model = Dataset(question["dataset"], artefacts), classifier(artefacts, question["classifier"])
        self.rows(artefacts, dataset, [0], question["classifier"])  # refuses a model of other windows
        output = output_of(model, dataset, question.get("class"))
        return {"result": bands.asked(model, dataset, output, question.get("seed", 0)), "subjects": []}


ASKING = SensorSeries()
