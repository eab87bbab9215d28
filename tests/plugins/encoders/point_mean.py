"""Point sets: the mean of what a small network makes of each point (Zaheer et al. 2017, arXiv 1703.06114)."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn

from backend.registry import Strict

KINDS = ("points",)


class Params(Strict):
    width: int = Field(32, ge=4, le=256, description="Length of the feature vector")


class PointMean(nn.Module):
    def __init__(self, params: Params, axes: int):
        super().__init__()
        self.dim = params.width
        self.layers = nn.Sequential(nn.Linear(axes, self.dim), nn.ReLU(), nn.Linear(self.dim, self.dim), nn.ReLU())

    def forward(self, points: Tensor) -> Tensor:
        """N x P x axes, NaN where a point was taken away -> N x dim"""
        there = ~points.isnan().any(dim=2, keepdim=True)
        found = self.layers(torch.nan_to_num(points)) * there
        return found.sum(dim=1) / there.sum(dim=1).clamp_min(1)


def build(params: Params, axes: int) -> nn.Module:
    return PointMean(params, axes)
