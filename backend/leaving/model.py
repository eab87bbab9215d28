"""A model outside the workbench: an encoder, and what stands on it. This file leaves with it.

inputs   what `read` gives: one tensor or several, N rows each
answers  N x K probabilities of the classes, or N x 1 numbers in the unit of the target
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn


class Linear(nn.Module):
    """A linear layer. tensors: weight K x d, bias K; probabilities: whether its answers are those of classes."""

    def __init__(self, tensors: dict[str, Tensor], probabilities: bool):
        super().__init__()
        self.weight, self.bias = nn.Parameter(tensors["weight"]), nn.Parameter(tensors["bias"])
        self.probabilities = probabilities

    def forward(self, features: Tensor) -> Tensor:
        found = features @ self.weight.T + self.bias
        return found.softmax(1) if self.probabilities else found


class Neighbours(nn.Module):
    """The weighted vote of the labelled examples nearest by cosine (Wu et al. 2018, arXiv 1805.01978).

    tensors: bank n x d, the features of these examples, each of length 1; worth n x K, what each votes for; of a number
    worth n x 2 (the standardised number, 1), and level and spread, which turn the vote into the number. size: how many
    vote; temperature: how much less the farther ones count.
    """

    def __init__(self, tensors: dict[str, Tensor], probabilities: bool, size: int, temperature: float):
        super().__init__()
        for name, value in tensors.items():
            self.register_buffer(name, value)
        self.probabilities, self.size, self.temperature = probabilities, size, temperature

    def forward(self, features: Tensor) -> Tensor:
        near, index = (nn.functional.normalize(features, dim=1) @ self.bank.T).topk(self.size, dim=1)
        weight = ((near - near[:, :1]) / self.temperature).exp()
        total = (weight[:, :, None] * self.worth[index]).sum(dim=1)
        if self.probabilities:
            return total / total.sum(dim=1, keepdim=True)
        return self.level + self.spread * (total[:, :1] / total[:, 1:])


HEADS = {"linear": Linear, "neighbours": Neighbours}


class Model(nn.Module):
    """told: what model.json says; head: None where the encoder leaves alone."""

    def __init__(self, encoder: nn.Module, head: nn.Module | None, told: dict[str, Any]):
        super().__init__()
        self.encoder, self.head, self.told = encoder, head, told

    def embed(self, *inputs: Tensor) -> Tensor:
        """Features, N x d."""
        return self.encoder(*inputs)

    def forward(self, *inputs: Tensor) -> Tensor:
        """Answers, N x K; of an encoder alone features."""
        features = self.embed(*inputs)
        return features if self.head is None else self.head(features)


def head_of(told: dict[str, Any], tensors: dict[str, Tensor]) -> nn.Module:
    """told: kind (of HEADS), probabilities, and the settings of that kind"""
    settings = {name: value for name, value in told.items() if name != "kind"}
    return HEADS[told["kind"]](tensors, **settings)


def assembled(folder: Path, told: dict[str, Any], build: Callable[..., nn.Module]) -> Model:
    """The model of a folder, on the CPU, in eval mode. told: what its model.json says."""
    known = told["encoder"]
    if known["file"]:
        encoder = build(SimpleNamespace(**known["settings"]), *known["arguments"])
        encoder.load_state_dict(load_file(folder / known["file"]))
    else:
        encoder = build(folder)
    head = told["head"] and head_of(told["head"], load_file(folder / "head.safetensors"))
    return Model(encoder, head, told).eval()


@torch.no_grad()
def answered(model: Model, inputs: tuple[Tensor, ...]) -> tuple[Tensor, Tensor | None]:
    """(features N x d, answers N x K; None of an encoder alone)"""
    features = model.embed(*inputs)
    return features, None if model.head is None else model.head(features)
