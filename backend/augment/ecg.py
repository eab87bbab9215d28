"""ECG: a baseline that wanders, noise of muscles, electrodes that read more or less or come off, a faster pulse.

All leads of a window are scaled together: their sizes against each other are what a cardiologist reads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from pydantic import Field
from torch import Tensor

from ..registry import Strict
from . import _waves as waves

TITLE = "ECG"
KINDS = ("series",)


class Params(Strict):
    wander: float = Field(0.3, ge=0, le=5, description="Largest swing of the baseline, in standard deviations")
    periods: float = Field(3.0, gt=0, le=50, description="Most periods of that swing in a window")
    jitter: float = Field(0.1, ge=0, le=5, description="Largest noise, in standard deviations of a lead")
    scale: float = Field(0.2, ge=0, le=2, description="How differently windows are scaled, as a standard deviation")
    steps: float = Field(0.1, ge=0, lt=1, description="Largest share of the window that is taken away in one stretch")
    leads: float = Field(0.1, ge=0, lt=1, description="Share of the leads that come off")
    warp: float = Field(0.1, ge=0, lt=1, description="How much slower and faster time runs")


def build(params: Params, described: dict[str, Any]) -> Callable[[Tensor, torch.Generator], Tensor]:
    """float32 B x C x T, NaN where missing -> the same, changed"""

    @torch.no_grad()
    def changed(x: Tensor, draw: torch.Generator) -> Tensor:
        x = waves.scaled(waves.warped(x, params.warp, draw), params.scale, draw, together=True)
        x = waves.jittered(waves.wandering(x, params.wander, params.periods, draw), params.jitter, draw)
        return waves.without_channels(waves.without_steps(x, params.steps, draw), params.leads, draw)

    return changed
