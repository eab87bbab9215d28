"""Muon: momentum made orthogonal, for the matrices inside a network (Jordan et al. 2024; Liu et al. 2025,
arXiv 2502.16982).

A matrix takes steps along the nearest orthogonal matrix to its momentum, so that directions with small gradients are
learnt as fast as those with large ones. Matrices of one shape are made orthogonal together, in one batch: a small
network has many small ones. Embeddings, output layers tied to them, biases and norms take AdamW steps, with the same
learning rate: the orthogonal steps are scaled to the size that AdamW's have.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

import torch
from torch import Tensor, nn

from .adamw import AdamW

MOMENTUM = 0.95
QUINTIC = (3.4445, -4.7750, 2.0315)  # a polynomial that takes singular values of (0, 1] near 1 when iterated
ITERATIONS = 5
ADAMW_SIZE = 0.2  # root mean square of an entry of an AdamW step, in learning rates


class Muon(AdamW):
    """groups: as of any optimiser; those with "orthogonal": True hold matrices (kernels of convolutions are flattened
    to two dimensions)."""

    def __init__(self, groups: list[dict], lr: float):
        super().__init__([{"orthogonal": False, **group} for group in groups], lr=lr)

    def _step(self, group: dict) -> None:
        if group["orthogonal"]:
            self._orthogonal_step(group)
        else:
            super()._step(group)

    def _orthogonal_step(self, group: dict) -> None:
        moving = sorted((p for p in group["params"] if p.grad is not None), key=_shape)
        for (_, long), alike in groupby(moving, key=_shape):
            matrices = list(alike)
            steps = orthogonal(torch.stack([_wide(self._momentum(p)) for p in matrices]))
            size = ADAMW_SIZE * long**0.5
            for p, step in zip(matrices, steps, strict=True):
                p.mul_(1 - group["lr"] * group["weight_decay"])
                turned = step if _lies(p) else step.T
                p.add_(turned.reshape(p.shape), alpha=-group["lr"] * size)

    def _momentum(self, p: Tensor) -> Tensor:
        """Nesterov's look ahead of the running mean of the gradients."""
        state = self.state[p]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(p)
        state["momentum"].lerp_(p.grad, 1 - MOMENTUM)
        return p.grad.lerp(state["momentum"], MOMENTUM)


def inner_matrices(modules: Iterable[nn.Module]) -> set[Tensor]:
    """The parameters for orthogonal steps: matrices and kernels that belong to no embedding."""
    modules = list(modules)
    embeddings = {
        p for m in modules for part in m.modules() if isinstance(part, nn.Embedding) for p in part.parameters()
    }
    return {p for m in modules for p in m.parameters() if p.ndim > 1} - embeddings


def orthogonal(batch: Tensor) -> Tensor:
    """The matrices n x short x long with their singular values brought near 1 (Newton-Schulz iterations; values end
    between 0.7 and 1.2, which is near enough). In bf16 on CUDA."""
    a, b, c = QUINTIC
    x = batch.to(torch.bfloat16) if batch.is_cuda else batch
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp_min(1e-7)
    for _ in range(ITERATIONS):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.to(batch.dtype)


def _matrix(p: Tensor) -> Tensor:
    return p.flatten(1)


def _shape(p: Tensor) -> tuple[int, int]:
    """(short side, long side)."""
    short, long = sorted(_matrix(p).shape)
    return short, long


def _lies(p: Tensor) -> bool:
    rows, columns = _matrix(p).shape
    return rows <= columns


def _wide(p: Tensor) -> Tensor:
    return _matrix(p) if _lies(p) else _matrix(p).T
