"""AdamW (Loshchilov & Hutter 2019, arXiv 1711.05101) in torch's fused form, without torch's compiler.

Fused is one pass over memory: a third of the time of foreach on a CPU.

`torch.optim.AdamW` imports torch._dynamo at its first step, whether anything is compiled or not: 1.8 s of a CPU at the
start of every run. Here torch's own arithmetic is called directly; states and checkpoints have the same form.
"""

from __future__ import annotations

import torch
from torch.optim import Optimizer
from torch.optim.adamw import adamw


class Plain(Optimizer):
    """An optimiser whose housekeeping is torch's own, without the guard that keeps a compiler out of it."""

    add_param_group = Optimizer.add_param_group.__wrapped__
    load_state_dict = Optimizer.load_state_dict.__wrapped__
    state_dict = Optimizer.state_dict.__wrapped__
    zero_grad = Optimizer.zero_grad.__wrapped__


class AdamW(Plain):
    """groups: as of any optimiser; all parameters are real and dense."""

    def __init__(self, groups: list[dict], lr: float):
        own = {"lr": lr, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 1e-2, "fused": True}
        super().__init__(groups, own)

    @torch.no_grad()
    def step(self, closure=None) -> None:
        for group in self.param_groups:
            self._step(group)

    def _step(self, group: dict) -> None:
        moving = [p for p in group["params"] if p.grad is not None]
        for p in moving:
            if "exp_avg" not in self.state[p]:
                self.state[p]["step"] = torch.zeros((), device=p.device)
                self.state[p]["exp_avg"], self.state[p]["exp_avg_sq"] = torch.zeros_like(p), torch.zeros_like(p)
        states = [self.state[p] for p in moving]
        adamw(
            moving,
            [p.grad for p in moving],
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            [],
            [state["step"] for state in states],
            fused=True,
            amsgrad=False,
            beta1=group["betas"][0],
            beta2=group["betas"][1],
            lr=group["lr"],
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            maximize=False,
        )
