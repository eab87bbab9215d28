"""Ablation of pieces: how much the target's logit falls when some steps of a channel lie flat at its training mean.

Zeiler & Fergus (2014), arXiv 1311.2901, on stretches of a channel. What several channels say together is missed: the
others still say it while one of them is away.
"""

from __future__ import annotations

import torch
from captum.attr import FeatureAblation
from torch import Tensor, nn

from ..registry import Strict
from ._base import Maps, explaining
from ._windows import VALUES_AT_ONCE, Pieces, batches

KINDS = ("series",)
TITLE = "Ablation of pieces"


class Params(Strict):
    pass


@torch.no_grad()
def attribute(model: nn.Module, parts: Pieces, target: Tensor, params: Params) -> Maps:
    """`model` is a Classifier over a SeriesEncoder, target int64 N -> Maps, float32 N x C x L: the effect of a piece in
    equal parts on its steps"""
    values, each = parts.values, parts.each
    group = torch.arange(parts.channels, device=values.device)[:, None] * each + parts.piece
    size = torch.bincount(parts.piece, minlength=each)[parts.piece].cpu()
    found = []
    with explaining(model):
        method = FeatureAblation(lambda there, given: model(torch.where(there > 0.5, given, given * 0.0)))
        for part in batches(values):
            scores = method.attribute(
                torch.ones_like(values[part]),
                baselines=0.0,
                target=target[part],
                additional_forward_args=(values[part],),
                feature_mask=group[None],
                perturbations_per_eval=max(1, VALUES_AT_ONCE // max(1, values[part].numel())),
            )
            found.append(scores.to("cpu", torch.float32))
    return Maps(torch.cat(found) / size)
