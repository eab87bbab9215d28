"""Questions about point sets: by row alone."""

from __future__ import annotations

from typing import Any

import torch

from backend.attribution._answers import answered
from backend.attribution._run import recorded, run_method
from backend.data.dataset import Dataset
from backend.questions import predict
from backend.questions._common import check_methods, classifier
from backend.stages.modality import Asking
from backend.workspace.artefacts import Artefacts
from backend.workspace.layout import Workspace

from .data import PointSets, points


class Points(Asking):
    def rows(self, artefacts: Artefacts, dataset: Dataset, rows: list[int], model: str) -> PointSets:
        return PointSets(torch.as_tensor(points(dataset)[rows]))

    def attribute(self, question: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
        artefacts = Artefacts(workspace.artefacts)
        result = predict.answer(question, workspace)["result"]
        model = classifier(artefacts, question["classifier"])
        examples = self.rows(artefacts, Dataset(question["dataset"], artefacts), result["rows"], "")
        given = examples.to(next(model.parameters()).device).input
        said = answered(model, model(given))
        result["methods"], subjects = {}, []
        for name in check_methods(question["methods"], "points"):
            found = run_method(name, model, given, said.index.to(given.device))
            subjects.append(artefacts.put_arrays(f"maps/{name}", {"maps": found.maps.numpy()}))
            result["methods"][name] = recorded(found)
        return {"result": result, "subjects": subjects}


ASKING = Points()
