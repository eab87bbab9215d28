"""What does this classifier say of these rows?"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from ..attribution._base import logits
from ..attribution._run import as_input
from ..data.dataset import Dataset
from ..engine.weights import Classifier
from ..workspace.artefacts import Artefacts
from ..workspace.layout import Workspace
from ._common import check_rows, classifier, needed


def answer(question: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
    """question: classifier (SHA-256), dataset (manifest), rows [int]. The result holds rows, label, classes, predicted
    and probabilities [[p_0, ..]] per row. Raises BadInput with one line."""
    return {"result": prediction(question, workspace)[0], "subjects": []}


def prediction(question: dict[str, Any], workspace: Workspace) -> tuple[dict[str, Any], Classifier, Tensor, Dataset]:
    """(result, the model, the images in [0, 1] on its device, the data set)"""
    needed(question, "classifier", "dataset", "rows")
    artefacts = Artefacts(workspace.artefacts)
    dataset = Dataset(question["dataset"], artefacts)
    rows = check_rows(question["rows"], dataset)
    model = classifier(artefacts, question["classifier"])
    images = as_input(dataset.images[rows], next(model.parameters()).device)
    probabilities = logits(model, images).double().softmax(dim=1).cpu()
    result = {
        "rows": rows,
        "classes": dataset.classes,
        "label": dataset.labels[rows].tolist(),
        "predicted": probabilities.argmax(dim=1).tolist(),
        "probabilities": probabilities.tolist(),
    }
    return result, model, images, dataset
