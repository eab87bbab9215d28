"""Exact nearest neighbours by cosine, on the device, in blocks: what the map is measured against."""

from __future__ import annotations

import numpy as np
import torch

from ._base import Neighbours, Report, silent, unit_length

BLOCK_VALUES = 1 << 24  # similarities held at once: 64 MB in float32


def nearest(features: np.ndarray, k: int, device: torch.device | str = "cpu", progress: Report = silent) -> Neighbours:
    """The `k` nearest other points of every point of `features` (float32 N x d); fewer where N - 1 < k.

    Memory is one block of similarities (64 MB) beside the features, whatever N.
    """
    vectors = torch.from_numpy(unit_length(features)).to(device)
    count = len(vectors)
    k = min(k, count - 1)
    block = max(1, BLOCK_VALUES // count)
    index = np.empty((count, k), dtype=np.int32)
    cosine = np.empty((count, k), dtype=np.float32)
    for start in range(0, count, block):
        stop = min(start + block, count)
        similarity = vectors[start:stop] @ vectors.T
        own = torch.arange(start, stop, device=vectors.device)
        similarity[own - start, own] = -torch.inf
        values, places = similarity.topk(k, dim=1)
        index[start:stop] = places.cpu().numpy()
        cosine[start:stop] = values.clamp(-1, 1).cpu().numpy()
        progress(stop, count, f"{stop:,} of {count:,} points")
    return Neighbours(index, cosine)
