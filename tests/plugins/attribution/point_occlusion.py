"""Occlusion of points: how much the target's logit falls when a point is taken away."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from backend.attribution._base import Maps
from backend.registry import Strict

KINDS = ("points",)


class Params(Strict):
    pass


@torch.no_grad()
def attribute(model: nn.Module, points: Tensor, target: Tensor, params: Params) -> Maps:
    """points: N x P x 2 -> maps float32 N x P"""
    whole, index = model(points), target.view(-1, 1)
    scores = torch.zeros(points.shape[:2])
    for i in range(points.shape[1]):
        left = points.clone()
        left[:, i] = torch.nan
        scores[:, i] = (whole - model(left)).gather(1, index).squeeze(1).cpu()
    return Maps(scores)
