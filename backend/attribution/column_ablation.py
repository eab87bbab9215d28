"""Column ablation: how much the target's logit falls when a column takes the values of background rows.

Zeiler & Fergus (2014), arXiv 1311.2901, on columns; the mean over all background rows, since each column is asked about
once: over a few, what they happen to hold decides which of two columns leads. All features of a column (the day, the
weekday and the month of a date) are taken away together and share its effect in equal parts. What several columns say
together is missed: the others still say it while one of them is away.
"""

from __future__ import annotations

import torch
from captum.attr import FeatureAblation
from torch import Tensor, nn

from ..registry import Strict
from ._base import Maps, explaining
from ._table import Rows, at_once, batches, kept

KINDS = ("table",)
TITLE = "Column ablation"


class Params(Strict):
    pass


def attribute(model: nn.Module, rows: Rows, target: Tensor, params: Params) -> Maps:
    """`model` is a Classifier over a TableEncoder, target int64 N -> Maps, float32 N x F"""
    column = torch.from_numpy(rows.column_of)
    size = torch.bincount(column)[column]
    return Maps(ablated(model, rows, target, column[None].to(rows.device)) / size)


@torch.no_grad()
def ablated(model: nn.Module, rows: Rows, target: Tensor, together: Tensor | None = None) -> Tensor:
    """float32 N x F on the CPU. together: int64 1 x F, the group of each feature; each of them gets the group's
    effect."""
    found = []
    with explaining(model):
        method = FeatureAblation(kept(model, rows.all_base))
        for part in batches(rows, rows.all_base):
            values = rows.values[part]
            scores = method.attribute(
                torch.ones_like(values),
                baselines=0.0,
                target=target[part],
                additional_forward_args=(values,),
                feature_mask=together,
                perturbations_per_eval=max(1, at_once(rows, rows.all_base) // len(values)),
            )
            found.append(scores.to("cpu", torch.float32))
    return torch.cat(found)
