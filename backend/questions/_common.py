"""What questions share: the models that the warm worker keeps, and the checks of what was asked."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from ..data.dataset import Dataset
from ..engine.weights import Classifier, load_classifier
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
