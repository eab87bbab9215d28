"""Machines: noise, sensors that read a little more or less or fall silent, a stretch without readings, time that warps.

The levels are kept nearly as they are: of a machine they say how worn it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from pydantic import Field
from torch import Tensor

from ..registry import Strict
from . import _waves as waves

TITLE = "machine sensors"
KINDS = ("series",)


class Params(Strict):
    jitter: float = Field(0.3, ge=0, le=5, description="Largest noise, in standard deviations of a channel")
    scale: float = Field(0.1, ge=0, le=2, description="How differently a channel is scaled, as a standard deviation")
    shift: float = Field(0.1, ge=0, le=5, description="How far a channel's level moves, in its standard deviations")
    steps: float = Field(0.3, ge=0, lt=1, description="Largest share of the window that is taken away in one stretch")
    channels: float = Field(0.1, ge=0, lt=1, description="Share of the channels that fall silent")
    warp: float = Field(0.2, ge=0, lt=1, description="How much slower and faster time runs")


def build(params: Params, described: dict[str, Any]) -> Callable[[Tensor, torch.Generator], Tensor]:
    """float32 B x C x T, NaN where missing -> the same, changed"""

    @torch.no_grad()
    def changed(x: Tensor, draw: torch.Generator) -> Tensor:
        x = waves.warped(x, params.warp, draw)
        x = waves.shifted(waves.scaled(x, params.scale, draw), params.shift, draw)
        x = waves.jittered(x, params.jitter, draw)
        return waves.without_channels(waves.without_steps(x, params.steps, draw), params.channels, draw)

    return changed
