"""Classes: cross entropy, probabilities by softmax."""

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


@dataclass(frozen=True)
class Classes:
    count: int

    def head(self, dim: int) -> nn.Linear:
        """Every class equally likely at first."""
        return blank(dim, self.count)

    def begin(self, head: nn.Linear) -> None: ...

    def end(self, head: nn.Linear) -> None: ...

    def truth(self, truth: np.ndarray) -> np.ndarray:
        return truth

    def losses(self, answers: Tensor, truth: Tensor) -> Tensor:
        return F.cross_entropy(answers, truth, reduction="none")

    def outputs(self, answers: Tensor) -> Tensor:
        return final(answers)

    def loss(self, outputs: np.ndarray, truth: np.ndarray) -> float:
        own = np.clip(outputs[np.arange(len(truth)), truth], 1e-7, None)
        return float(-np.log(own).mean())


def learning(truth: np.ndarray, classes: int) -> Classes:
    return Classes(classes)
