"""Ablation of column groups: how much the target's logit falls when columns that go together are taken away at once.

As `column_ablation` (Zeiler & Fergus 2014, arXiv 1311.2901), with all features of a group at the same time: the parts
of a date, and columns that are strongly associated in the training rows, of which each alone would be missed because
the others still say the same. The features of a group share its effect in equal parts.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..registry import Strict
from ._base import Maps
from ._table import Rows
from .column_ablation import ablated

KINDS = ("table",)
TITLE = "Ablation of column groups"


class Params(Strict):
    pass


def attribute(model: nn.Module, rows: Rows, target: Tensor, params: Params) -> Maps:
    """`model` is a Classifier over a TableEncoder, target int64 N -> Maps, float32 N x F; groups: those of the rows,
    each feature by itself where they name none."""
    together = torch.arange(rows.features, device=rows.device)
    size = torch.ones(rows.features)
    for group in rows.groups:
        together[list(group)] = group[0]
        size[list(group)] = len(group)
    numbered = together.unique(return_inverse=True)[1]
    return Maps(ablated(model, rows, target, numbered[None]) / size)
