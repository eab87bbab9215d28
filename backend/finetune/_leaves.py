"""How a fitted cell leaves the workbench: `leaves(task, params) -> Left` of a method, of the one cell that is wanted.

A method without it stays: its models are no network on the encoder's features.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from ._task import Prediction


@dataclass(frozen=True)
class Left:
    """prediction: what it says of the validation and test rows; encoder: the network under the head, None: the arm's
    own; kind: of the head (HEADS in backend/leaving/model.py), tensors and settings: what that takes."""

    prediction: Prediction
    encoder: nn.Module | None
    kind: str
    tensors: dict[str, Tensor]
    settings: dict[str, Any]


def linear(prediction: Prediction, head: nn.Linear, encoder: nn.Module | None = None) -> Left:
    tensors = {name: value.detach().cpu().contiguous() for name, value in head.state_dict().items()}
    return Left(prediction, encoder, "linear", tensors, {})


def trained(predictions: Iterator[Prediction]) -> Left:
    """Of a method whose classifier is a network under a linear layer."""
    found = next(predictions)
    return linear(found, found.classifier.head, found.classifier.encoder)
