"""What a model says of examples, and which of its outputs an explanation is about.

Of classes the explained output is the logit of the predicted class, and its probability is followed while parts are
taken away. Of a number there is one output, the number itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ..engine.targets import of


@dataclass(frozen=True)
class Answered:
    """outputs: float64 N x K, class probabilities, or numbers N x 1; index: int64 N, the output that is explained."""

    outputs: Tensor
    index: Tensor
    number: bool

    @property
    def predicted(self) -> list[Any]:
        """Of each example the class, or the number."""
        return (self.outputs[:, 0] if self.number else self.index).tolist()

    @property
    def amount(self) -> Tensor:
        """float64 N: the probability of the explained class, or the number."""
        return self.outputs.gather(1, self.index[:, None]).squeeze(1)

    @property
    def probability(self) -> list[float | None]:
        """Of the predicted class; None of a number."""
        return [None] * len(self.index) if self.number else self.amount.tolist()


def target_of(model: nn.Module) -> str:
    """The type of target of a classifier; modules that do not say it are of classes."""
    return getattr(model, "target", "class")


def answered(model: nn.Module, answers: Tensor) -> Answered:
    """answers: what the model gave of N examples, N x K logits or N x 1 numbers."""
    kind = target_of(model)
    outputs = of(kind).final(answers.double()).cpu()
    number = kind == "number"
    index = torch.zeros(len(outputs), dtype=torch.int64) if number else outputs.argmax(dim=1)
    return Answered(outputs, index, number)


def followed(model: nn.Module, answers: Tensor, index: Tensor) -> Tensor:
    """float N: of each example the probability of class `index` (N x 1), or the number."""
    return of(target_of(model)).final(answers).gather(1, index).squeeze(1)
