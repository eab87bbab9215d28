"""What is done to windows of sensors: steps of the policies, each window with strengths of its own.

All take float32 B x C x T, NaN where there is no reading, and a generator on the same device, and give the same shape.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def jittered(x: Tensor, most: float, draw: torch.Generator) -> Tensor:
    """Noise of a standard deviation up to `most`, of each window its own."""
    strength = most * _uniform((len(x), 1, 1), x, draw)
    return x + strength * torch.randn(x.shape, generator=draw, device=x.device)


def scaled(x: Tensor, spread: float, draw: torch.Generator, together: bool = False) -> Tensor:
    """Each channel (together: all of a window) times a number around 1, of this standard deviation."""
    shape = (len(x), 1 if together else x.shape[1], 1)
    return x * (1 + spread * torch.randn(shape, generator=draw, device=x.device))


def shifted(x: Tensor, spread: float, draw: torch.Generator) -> Tensor:
    """Each channel moved up or down as a whole, by this standard deviation."""
    return x + spread * torch.randn((*x.shape[:2], 1), generator=draw, device=x.device)


def without_steps(x: Tensor, share: float, draw: torch.Generator) -> Tensor:
    """One stretch of each window, of up to this share of it, is missing in all channels."""
    count, length = len(x), x.shape[-1]
    size = (share * length * _uniform((count, 1), x, draw)).floor()
    start = ((length - size) * _uniform((count, 1), x, draw)).floor()
    step = torch.arange(length, device=x.device)
    return x.masked_fill(((step >= start) & (step < start + size))[:, None], torch.nan)


def without_channels(x: Tensor, share: float, draw: torch.Generator) -> Tensor:
    """Each channel is missing with this probability, but never all of a window."""
    chance = _uniform(x.shape[:2], x, draw)
    gone = (chance < share) & (chance < chance.amax(dim=1, keepdim=True))
    return x.masked_fill(gone[:, :, None], torch.nan)


def warped(x: Tensor, most: float, draw: torch.Generator) -> Tensor:
    """Time runs slower and faster by up to this share, smoothly; the first and the last step stay. Between two readings
    a line is drawn; next to a missing one the value is missing."""
    length = x.shape[-1]
    knots = 1 + most * (2 * _uniform((len(x), 1, 4), x, draw) - 1)
    speed = F.interpolate(knots, size=length - 1, mode="linear", align_corners=True).squeeze(1)
    place = F.pad(speed.cumsum(dim=1), (1, 0))
    place = place * (length - 1) / place[:, -1:]
    left = place.floor().long().clamp(0, length - 2)
    share = (place - left)[:, None]
    index = left[:, None].expand(-1, x.shape[1], -1)
    first, second = x.gather(2, index), x.gather(2, index + 1)
    mixed = first + share * (second - first)
    return torch.where(share < 1e-3, first, torch.where(share > 1 - 1e-3, second, mixed))


def wandering(x: Tensor, most: float, waves: float, draw: torch.Generator) -> Tensor:
    """A slow wave, of up to `most` and up to so many periods a window, is added to all channels."""
    size, often, phase = (_uniform((len(x), 1, 1), x, draw) for _ in range(3))
    step = torch.linspace(0, 1, x.shape[-1], device=x.device)
    return x + most * size * torch.sin(2 * math.pi * (waves * often * step + phase))


def _uniform(shape: tuple[int, ...] | torch.Size, like: Tensor, draw: torch.Generator) -> Tensor:
    return torch.rand(shape, generator=draw, device=like.device)
