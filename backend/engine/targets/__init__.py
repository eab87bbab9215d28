"""How a network learns a target: the width of its head, its loss, what its answers mean. One file a type of target,
named as in `backend/targets/`. A file defines

    width(spec)        how many numbers the head gives; spec: of a classifier (backend/engine/weights.py)
    final(answers)     what a finished classifier's answers (N x width) say: N x K probabilities, or numbers
    learning(truth, classes, loss) -> Learning    of one model, from the truth of the rows that it is trained on; loss:
                       of classes, as `finetune.loss` of a recipe names it

Training may go on another scale than the target's (`Learning.begin`, `.end`); a finished head answers on the target's.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any, Protocol

import numpy as np
from torch import Tensor, nn


class Learning(Protocol):
    """What one training needs of its target."""

    def head(self, dim: int) -> nn.Linear:
        """On the target's scale: it answers the best constant."""

    def begin(self, head: nn.Linear) -> None:
        """From the target's scale to that of training, in place."""

    def end(self, head: nn.Linear) -> None:
        """Back again, in place."""

    def truth(self, truth: np.ndarray) -> np.ndarray:
        """The rows' truth as the loss takes it."""

    def losses(self, answers: Tensor, truth: Tensor) -> Tensor:
        """B losses, of answers B x width on the scale of training."""

    def outputs(self, answers: Tensor) -> Tensor:
        """Answers on the scale of training as `final` gives them."""

    def loss(self, outputs: np.ndarray, truth: np.ndarray) -> float:
        """Of a validation reading: decides between readings that the metric cannot tell."""


def of(target: str) -> ModuleType:
    """The file of a type of target."""
    return importlib.import_module(f"{__name__}.{target}")


def head_width(spec: dict[str, Any]) -> int:
    """How many numbers the head of a classifier of this spec gives."""
    return of(spec.get("target", "class")).width(spec)


def blank(dim: int, width: int) -> nn.Linear:
    """A layer without a random draw, which cells that run side by side would share; all zero."""
    head = nn.utils.skip_init(nn.Linear, dim, width)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    return head
