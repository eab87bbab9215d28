"""What questions share: the models that the warm worker keeps, and the checks of what was asked."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from ..attribution._answers import Answered
from ..data.dataset import Dataset
from ..engine.weights import Classifier, load_classifier
from ..registry import of_kind
from ..workspace.artefacts import Artefacts
from ..workspace.layout import BadInput

KEPT_MODELS = 3
MOST_ROWS = 256
_models: OrderedDict[tuple[str, str], nn.Module] = OrderedDict()


def needed(question: dict[str, Any], *keys: str) -> None:
    """Raises BadInput that names the keys which the question lacks."""
    missing = sorted(set(keys) - question.keys())
    if missing:
        raise BadInput(f"question: expected {', '.join(missing)}, found nothing there")


def check_methods(wanted: list[str], modality: str) -> list[str]:
    """The attribution methods that a question names, all of them of this modality. Raises BadInput."""
    known = of_kind("attribution", modality)
    unknown = [m for m in wanted if m not in known]
    if unknown or not wanted:
        raise BadInput(f"question.methods: expected some of {', '.join(known)}, found {unknown or 'none'}")
    return list(wanted)


def checked_model(artefacts: Artefacts, sha256: Any) -> str:
    """The digest of a stored model. Raises BadInput where there is none."""
    if not isinstance(sha256, str) or not re.fullmatch("[0-9a-f]{64}", sha256):
        raise BadInput(f"question: expected the SHA-256 of a model, found {str(sha256)[:80]!r}")
    if not artefacts.path(sha256, "safetensors").is_file() or "spec" not in artefacts.metadata(sha256):
        raise BadInput(f"question: expected an artefact of this workspace as the model, found {sha256}")
    return sha256


def classifier(artefacts: Artefacts, sha256: str) -> Classifier:
    """The classifier on the fastest device."""
    return kept(artefacts, sha256, load_classifier)


def kept(artefacts: Artefacts, sha256: str, load: Callable[[Artefacts, str], nn.Module]) -> Any:
    """A model on the fastest device, from the last few that were used or from its artefact."""
    key = (str(artefacts.root), sha256)
    if key not in _models:
        if not artefacts.path(sha256, "safetensors").is_file():
            raise BadInput(f"question: expected an artefact of this workspace as the model, found {sha256}")
        _models[key] = load(artefacts, sha256).to("cuda" if torch.cuda.is_available() else "cpu")
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


def told(dataset: Dataset, rows: list[int], said: Answered) -> dict[str, Any]:
    """What an answer says of rows of a data set: what is true, what the model says, and how sure it is."""
    return {
        "label": dataset.true_of(rows),
        "predicted": said.predicted,
        "probabilities": [None] * len(rows) if said.number else said.outputs.tolist(),
    }
