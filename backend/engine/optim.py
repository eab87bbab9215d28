"""The optimisers, and the learning rate: linear warm-up, then half a cosine down to zero."""

from __future__ import annotations

from collections.abc import Iterable
from math import cos, pi

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from .adamw import AdamW, Plain
from .muon import Muon, inner_matrices


def build_optimizer(name: str, modules: Iterable[nn.Module], lr: float, weight_decay: float) -> Optimizer:
    """`name` is "adamw", "lars" or "muon". Biases and norms (one-dimensional parameters) are not decayed."""
    modules = list(modules)
    parameters = [p for module in modules for p in module.parameters() if p.requires_grad]
    inner = inner_matrices(modules) if name == "muon" else set()
    groups = [
        {"params": [p for p in parameters if p in inner], "weight_decay": weight_decay, "orthogonal": True},
        {"params": [p for p in parameters if p.ndim > 1 and p not in inner], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    if name == "lars":
        return LARS(groups, lr=lr)
    if name == "muon":
        return Muon(groups, lr=lr)
    return AdamW(groups, lr=lr)


def learning_rate(step: int, steps: int, peak: float, warmup: float) -> float:
    """The rate of step `step` of `steps`; `warmup` is the share of the steps with a rising rate."""
    rising = round(warmup * steps)
    if step < rising:
        return peak * (step + 1) / rising
    return peak * 0.5 * (1 + cos(pi * (step - rising) / max(1, steps - rising)))


def set_rate(optimizer: Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate


class LARS(Plain):
    """Layer-wise adaptive rates (You et al. 2017, arXiv 1708.03888) around SGD with momentum.

    Matrices take steps of `trust` times their own norm over that of their decayed gradient; one-dimensional
    parameters are left to plain SGD, as in SimCLR.
    """

    def __init__(self, params, lr: float, momentum: float = 0.9, weight_decay: float = 0.0, trust: float = 1e-3):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay, "trust": trust})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, group)

    def _update(self, parameter: Tensor, group: dict) -> None:
        update = parameter.grad + group["weight_decay"] * parameter
        if parameter.ndim > 1:
            ratio = group["trust"] * parameter.norm() / update.norm()
            # a zero norm (a fresh zero head, a dead gradient) gives 0 or infinity: take the plain step
            update = update * torch.where(torch.isfinite(ratio) & (ratio > 0), ratio, 1.0)
        state = self.state[parameter]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(parameter)
        state["momentum"].mul_(group["momentum"]).add_(update)
        parameter.add_(state["momentum"], alpha=-group["lr"])
