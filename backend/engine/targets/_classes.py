"""Classes: cross entropy, or focal loss where classes are rare; probabilities by softmax."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor, nn
from torch.nn import functional as F

from . import blank


def width(spec: dict[str, Any]) -> int:
    return len(spec["classes"])


def final(answers: Tensor) -> Tensor:
    """Logits N x K -> probabilities"""
    return answers.softmax(dim=1)


FOCUS = 2.0  # exponent of the focal loss, that of its paper


@dataclass(frozen=True)
class Classes:
    """focus: 0 for cross entropy; above, an example's loss is weighed by (1 - probability of its class)^focus, so that
    the many easy ones do not drown the rare hard ones (focal loss: Lin et al. 2017, arXiv 1708.02002)."""

    count: int
    focus: float = 0.0

    def head(self, dim: int) -> nn.Linear:
        """Every class equally likely at first."""
        return blank(dim, self.count)

    def begin(self, head: nn.Linear) -> None: ...

    def end(self, head: nn.Linear) -> None: ...

    def truth(self, truth: np.ndarray) -> np.ndarray:
        return truth

    def losses(self, answers: Tensor, truth: Tensor) -> Tensor:
        losses = F.cross_entropy(answers, truth, reduction="none")
        return losses * (1 - (-losses).exp()) ** self.focus if self.focus else losses

    def outputs(self, answers: Tensor) -> Tensor:
        return final(answers)

    def loss(self, outputs: np.ndarray, truth: np.ndarray) -> float:
        own = np.clip(outputs[np.arange(len(truth)), truth], 1e-7, None)
        return float(-np.log(own).mean())


def learning(truth: np.ndarray, classes: int, loss: str = "cross_entropy") -> Classes:
    return Classes(classes, FOCUS if loss == "focal" else 0.0)
