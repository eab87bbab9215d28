"""What the collapse monitor is shown of an encoder of series beside feature vectors: how its frames move in time."""

from __future__ import annotations

import torch
from torch import Tensor

from ._watch import sample_tokens

TIME = "over time"  # the place
ROUNDING = 1e-6  # of the largest number of the frames


def over_time(frames: Tensor) -> Tensor:
    """N x T x d -> M x d: frames less the mean of their window, evenly spread over the batch. All 0 where an encoder
    says the same at every step of a window, however well it tells windows apart."""
    moved = sample_tokens((frames - frames.mean(dim=1, keepdim=True)).float())
    return moved.where(moved.abs() > ROUNDING * frames.abs().amax(), 0.0)  # noise of no size has directions, too


def watched(backbone: Tensor, frames: Tensor, **others: Tensor) -> dict[str, Tensor]:
    """The places of an outcome: feature vectors, what else is compared, and frames over time."""
    with torch.no_grad():
        moved = over_time(frames)
    return {"backbone": backbone, **others, TIME: moved}
