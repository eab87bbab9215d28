"""Statistics of windows, channel by channel: what simple models of a window read."""

from __future__ import annotations

import torch
from torch import Tensor

from ....encoders._series import Windows

TOGETHER = 4096  # windows
NAMES = ("mean", "deviation", "least", "most", "slope", "last")


@torch.no_grad()
def statistics(windows: Windows, device: torch.device | str) -> Tensor:
    """float32 N x 6C: NAMES of each channel, in this order, over the readings that are there; 0, the training mean,
    where none is. slope: of a straight line over the window, in standard deviations of the channel."""
    found = [_of(part.to(device).input) for part in windows.split(TOGETHER)]
    return torch.cat(found)


def _of(values: Tensor) -> Tensor:
    there = ~values.isnan()
    count = there.sum(dim=2).clamp_min(1)
    filled = torch.nan_to_num(values)
    mean = filled.sum(dim=2) / count
    apart = (filled - mean[:, :, None]) * there
    step = torch.linspace(-0.5, 0.5, values.shape[2], device=values.device) * there
    step = (step - step.sum(dim=2, keepdim=True) / count[:, :, None]) * there
    slope = (step * apart).sum(dim=2) / step.square().sum(dim=2).clamp_min(1e-6)
    place = torch.arange(values.shape[2], device=values.device) * there
    last = filled.gather(2, place.amax(dim=2, keepdim=True).long()).squeeze(2)
    parts = [
        mean,
        (apart.square().sum(dim=2) / count).sqrt(),
        torch.where(there, values, torch.inf).amin(dim=2),
        torch.where(there, values, -torch.inf).amax(dim=2),
        slope,
        last,
    ]
    return torch.nan_to_num(torch.cat(parts, dim=1), posinf=0.0, neginf=0.0)
