"""A number: Huber loss on the number standardised by the rows that are trained on; no other row is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from . import blank


def width(spec: dict[str, Any]) -> int:
    return 1


def final(answers: Tensor) -> Tensor:
    """A finished head answers in the unit of the target."""
    return answers


@dataclass(frozen=True)
class Number:
    """mean, spread: of the training rows, in the unit of the target."""

    mean: float
    spread: float

    @torch.no_grad()
    def head(self, dim: int) -> nn.Linear:
        """It answers the mean."""
        head = blank(dim, 1)
        head.bias.fill_(self.mean)
        return head

    @torch.no_grad()
    def begin(self, head: nn.Linear) -> None:
        head.weight.div_(self.spread)
        head.bias.sub_(self.mean).div_(self.spread)

    @torch.no_grad()
    def end(self, head: nn.Linear) -> None:
        head.weight.mul_(self.spread)
        head.bias.mul_(self.spread).add_(self.mean)

    def truth(self, truth: np.ndarray) -> np.ndarray:
        """Standardised, float32."""
        return ((truth - self.mean) / self.spread).astype(np.float32)

    def losses(self, answers: Tensor, truth: Tensor) -> Tensor:
        """Huber's (1964), which an outlier does not rule; quadratic within one standard deviation."""
        return F.huber_loss(answers[:, 0], truth, reduction="none")

    def outputs(self, answers: Tensor) -> Tensor:
        return answers * self.spread + self.mean

    def loss(self, outputs: np.ndarray, truth: np.ndarray) -> float:
        error = torch.from_numpy((outputs[:, 0] - truth) / self.spread)
        return float(F.huber_loss(error, torch.zeros_like(error)))


def learning(truth: np.ndarray, classes: int, loss: str = "cross_entropy") -> Number:
    """truth: finite float N; loss: of classes, which a number has not"""
    return Number(float(truth.mean()), float(truth.std()) or 1.0)
