"""Questions that a person waits for: explain or predict these rows with this classifier.

The warm worker keeps the last models loaded (by digest), so a second question costs the maps alone.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np
import torch

from ..data.dataset import Dataset
from ..engine.weights import Classifier, load_classifier
from ..registry import names
from ..workspace.artefacts import Artefacts
from ..workspace.layout import BadInput, Workspace
from ._base import logits
from ._controls import CONTROLS
from ._evaluate import planted
from ._run import as_input, completeness, control_maps, run_method

KEPT_MODELS = 3
MOST_ROWS = 256
_models: OrderedDict[tuple[str, str], Classifier] = OrderedDict()


def answer(question: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
    """{"result": {...}, "subjects": [Artefact]} for a question about rows of a data set.

    question: kind "attribute" or "predict", classifier (SHA-256), dataset (manifest), rows [int]; for "attribute"
    also methods [name], params {method: {...}} (default none) and seed of the noise control (default 0).

    The result holds rows, label, classes, predicted and probabilities [[p_0, ..]] per row; for "attribute" also methods
    {name: {"layer", "completeness", "steps", "planted"}}, the two controls among them, with subjects `maps/NAME`
    (safetensors "maps": float32 n x H x W). Raises BadInput with one line.
    """
    check_keys(question)
    artefacts = Artefacts(workspace.artefacts)
    dataset = Dataset(question["dataset"], artefacts)
    rows = check_rows(question["rows"], dataset)
    model = loaded(artefacts, question["classifier"])
    device = next(model.parameters()).device
    images = as_input(dataset.images[rows], device)
    probabilities = logits(model, images).double().softmax(dim=1).cpu()
    predicted = probabilities.argmax(dim=1)
    result: dict[str, Any] = {
        "rows": rows,
        "classes": dataset.classes,
        "label": dataset.labels[rows].tolist(),
        "predicted": predicted.tolist(),
        "probabilities": probabilities.tolist(),
    }
    if question["kind"] == "predict":
        return {"result": result, "subjects": []}
    wanted, params = check_methods(question["methods"]), question.get("params", {})
    masks = {f: m[rows] for f in ("signal", "shortcut") if (m := dataset.planted(f)) is not None}
    result["methods"], subjects = {}, []
    controls = control_maps(images, rows, question.get("seed", 0))
    for name in (*wanted, *CONTROLS):
        found = None if name in CONTROLS else run_method(name, model, images, predicted.to(device), params.get(name))
        maps = controls[name] if found is None else found.maps.numpy()
        subjects.append(artefacts.put_arrays(f"maps/{name}", {"maps": maps}))
        result["methods"][name] = {
            "layer": found and found.layer,
            "completeness": found and completeness(found),
            "steps": None if found is None or found.steps is None else found.steps.tolist(),
            "planted": planted(maps, masks)[0],
        }
    return {"result": result, "subjects": subjects}


def check_keys(question: dict[str, Any]) -> None:
    needs = {"attribute": {"classifier", "dataset", "rows", "methods"}, "predict": {"classifier", "dataset", "rows"}}
    if question.get("kind") not in needs:
        raise BadInput(f"question.kind: expected attribute or predict, found {question.get('kind')!r}")
    missing = sorted(needs[question["kind"]] - question.keys())
    if missing:
        raise BadInput(f"question: expected {', '.join(missing)}, found nothing there")


def loaded(artefacts: Artefacts, sha256: str) -> Classifier:
    """The classifier on the fastest device, from the last few that were used or from its artefact."""
    key = (str(artefacts.root), sha256)
    if key not in _models:
        if not artefacts.path(sha256, "safetensors").is_file():
            raise BadInput(f"question.classifier: expected an artefact of this workspace, found {sha256}")
        device = "cuda" if torch.cuda.is_available() else "cpu"
        _models[key] = load_classifier(artefacts, sha256).to(device)
        while len(_models) > KEPT_MODELS:
            _models.popitem(last=False)
    _models.move_to_end(key)
    return _models[key]


def check_rows(rows: list[int], dataset: Dataset) -> list[int]:
    """The rows as plain integers, or BadInput."""
    count = dataset.manifest["count"]
    if not 1 <= len(rows) <= MOST_ROWS:
        raise BadInput(f"question.rows: expected 1 to {MOST_ROWS} rows, found {len(rows)}")
    wrong = [r for r in rows if not isinstance(r, (int, np.integer)) or not 0 <= r < count]
    if wrong:
        raise BadInput(f"question.rows: expected row numbers from 0 to {count - 1}, found {wrong[0]!r}")
    return [int(r) for r in rows]


def check_methods(wanted: list[str]) -> list[str]:
    known = names("attribution")
    unknown = [m for m in wanted if m not in known]
    if unknown or not wanted:
        raise BadInput(f"question.methods: expected some of {', '.join(known)}, found {unknown or 'none'}")
    return list(wanted)
