"""Windows of sensors as encoders, pretext tasks and explanations see them: slow waves, each its own, with gaps."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

CHANNELS, LENGTH = 3, 24
DESCRIBED = {"channels": CHANNELS, "length": LENGTH}


def windows(count: int = 64, seed: int = 0, gaps: float = 0.05) -> Tensor:
    """float32 count x CHANNELS x LENGTH: a wave of its own frequency and level; the last channel follows the first."""
    draw = np.random.default_rng(seed)
    step = np.arange(LENGTH)
    often, phase, level = (
        draw.uniform(0.1, 0.7, (count, 2, 1)),
        draw.uniform(0, 6, (count, 2, 1)),
        draw.normal(size=(count, 2, 1)),
    )
    two = np.sin(often * step + phase) + level
    values = np.concatenate([two, -two[:, :1]], axis=1) / 1.2 + 0.1 * draw.normal(size=(count, CHANNELS, LENGTH))
    values[draw.random(values.shape) < gaps] = np.nan
    return torch.from_numpy(values.astype(np.float32))


def spec(name: str, **params: Any) -> dict[str, Any]:
    """How an encoder of such windows is built (backend/engine/weights.py)."""
    return {"encoder": {"name": name, **params}, "modality": "series", "arguments": [DESCRIBED], "classes": []}
