"""What does this classifier say of these rows?"""

from __future__ import annotations

from typing import Any

import torch

from ..attribution._answers import answered
from ..data.dataset import Dataset
from ..engine.weights import read_spec
from ..modality import of_spec
from ..stages.modality import asking
from ..workspace.artefacts import Artefacts
from ..workspace.layout import Workspace
from ._common import check_rows, checked_model, classifier, needed, told


@torch.no_grad()
def answer(question: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
    """question: classifier (SHA-256), dataset (manifest), rows [int]. The result holds rows, label, classes, predicted
    (the class or the number) and probabilities [[p_0, ..]] per row (null of numbers). Raises BadInput with one line."""
    needed(question, "classifier", "dataset", "rows")
    artefacts = Artefacts(workspace.artefacts)
    dataset = Dataset(question["dataset"], artefacts)
    rows = check_rows(question["rows"], dataset)
    sha256 = checked_model(artefacts, question["classifier"])
    model = classifier(artefacts, sha256).eval()
    examples = asking(of_spec(read_spec(artefacts, sha256)).name).rows(artefacts, dataset, rows, sha256)
    parts = [model(part.to(next(model.parameters()).device).input) for part in examples.split(examples.together)]
    said = answered(model, torch.cat(parts))
    return {"result": {"rows": rows, "classes": dataset.classes, **told(dataset, rows, said)}, "subjects": []}
