"""Windows of series as statistics of each channel, for models that read columns."""

from __future__ import annotations

import torch
from torch import Tensor

STATISTICS = ("mean", "deviation", "slope", "least", "most", "last", "roughness", "missing")


@torch.no_grad()
def statistics(x: Tensor) -> Tensor:
    """float32 n x C x L, NaN where missing -> float32 n x (C * 8): of each channel, one after the other, STATISTICS.

    slope: of the line through the readings, per step; last: the last reading that there is; roughness: mean absolute
    difference of readings that follow each other; missing: share of the steps. NaN where too few readings tell.
    """
    known = ~x.isnan()
    count = known.sum(-1)
    some = count.clamp_min(1)
    filled = x.nan_to_num(0.0)
    mean = filled.sum(-1) / some
    away = torch.where(known, x - mean[..., None], 0.0).nan_to_num(0.0)
    variance = away.square().sum(-1) / some
    step = torch.arange(x.shape[-1], dtype=x.dtype, device=x.device).expand_as(x)
    centred = torch.where(known, step - ((step * known).sum(-1) / some)[..., None], 0.0)
    spread = centred.square().sum(-1)
    slope = (centred * away).sum(-1) / torch.where(spread > 0, spread, torch.nan)
    place = torch.where(known, step, -1.0).argmax(-1, keepdim=True)
    last = filled.gather(-1, place)[..., 0]
    both = known[..., 1:] & known[..., :-1]
    moved = torch.where(both, (filled[..., 1:] - filled[..., :-1]).abs(), 0.0).sum(-1)
    pairs = both.sum(-1)
    rough = moved / torch.where(pairs > 0, pairs.to(x.dtype), torch.nan)
    least = torch.where(known, x, torch.inf).amin(-1)
    most = torch.where(known, x, -torch.inf).amax(-1)
    gone = count == 0
    told = [torch.where(gone, torch.nan, one) for one in (mean, variance.sqrt(), slope, least, most, last, rough)]
    return torch.stack([*told, 1 - count / x.shape[-1]], dim=-1).flatten(1)


@torch.no_grad()
def carried(x: Tensor) -> Tensor:
    """Without gaps: a missing reading is the last one before it, in front of the first one that one, 0 in a channel
    without any. x: n x C x L, NaN where missing."""
    known = ~x.isnan()
    step = torch.arange(x.shape[-1], device=x.device).expand_as(known)
    before = torch.where(known, step, -1).cummax(-1).values
    first = torch.where(known, step, x.shape[-1]).amin(-1, keepdim=True).clamp_max(x.shape[-1] - 1)
    return x.gather(-1, torch.where(before >= 0, before, first)).nan_to_num(0.0)
