"""What tests of explanations compute, whatever the modality: ranks, re-initialised models, numbers and verdicts."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from ..engine.seeds import seed_all
from ._measures import area, mean_interval, planted_share, rank_correlation, verdict

CURVE_STEPS = 20
FRACTIONS = np.linspace(0, 1, CURVE_STEPS + 1)


def reinitialised(model: nn.Module, seed: int) -> nn.Module:
    """A copy of the model with every parameter drawn anew; the input normalisation (buffers) stays.

    Modules know how to draw their own parameters (`reset_parameters`); a parameter that stands by itself (class
    token, position embedding) is drawn as the transformers' authors do, N(0, 0.02). The global RNG is left as it was.
    """
    fresh = copy.deepcopy(model)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        seed_all(seed)
        for module in fresh.modules():
            if hasattr(module, "reset_parameters"):
                module.reset_parameters()
            elif hasattr(module, "_reset_parameters"):
                module._reset_parameters()
            else:
                for parameter in module.parameters(recurse=False):
                    parameter.normal_(std=0.02)
    return fresh


def ranks(scores: Sequence[np.ndarray], seed: int) -> list[np.ndarray]:
    """Of each example the place of each part in descending order of its score, int64; equal parts in random order."""
    rng, found = np.random.default_rng(seed), []
    for own in scores:
        flat = np.asarray(own).ravel()
        place = np.empty(flat.size, dtype=np.int64)
        place[np.lexsort((rng.random(flat.size), -flat))] = np.arange(flat.size)
        found.append(place)
    return found


def randomisation(maps: np.ndarray, remade: list[np.ndarray]) -> float | None:
    """Mean absolute rank correlation of maps with those of re-initialised models; None when all are constant.

    maps: N x H x W; remade: for each re-initialised model its maps of the first n <= N examples.
    """
    found = np.concatenate([np.abs(rank_correlation(maps[: len(other)], other)) for other in remade])
    return float(np.nanmean(found)) if np.isfinite(found).any() else None


def judged(
    found: dict[str, dict[str, np.ndarray]],
    maps: dict[str, np.ndarray] | dict[str, list[np.ndarray]],
    remade: dict[str, list],
    noise: str = "random_map",
    part: str = "pixels",
    moved: str = "the class's probability",
) -> dict[str, dict]:
    """The numbers and verdicts of all maps. found: {name: its `curves`}; noise: the random control; part: what a map
    ranks; moved: what its parts move."""
    auc = {name: {way: area(c, FRACTIONS) for way, c in both.items()} for name, both in found.items()}
    gain = {name: a["insertion"] - a["deletion"] for name, a in auc.items()}
    lead = {name: mean_interval(gain[name] - gain[noise]) for name in maps}
    shifts = {name: randomisation(own, remade[name]) for name, own in maps.items()}
    return {
        "randomisation": shifts,
        "deletion": {name: float(a["deletion"].mean()) for name, a in auc.items()},
        "insertion": {name: float(a["insertion"].mean()) for name, a in auc.items()},
        "faithfulness": lead,
        "curves": {
            "fractions": FRACTIONS.tolist(),
            **{name: {way: c.mean(axis=0).tolist() for way, c in both.items()} for name, both in found.items()},
        },
        "agreement": agreement(maps),
        "verdict": {name: verdict(shifts[name], lead[name], part, moved) for name in maps},
    }


def agreement(maps: dict[str, np.ndarray]) -> dict[str, dict[str, float | None]]:
    """Mean rank correlation between every two methods' maps of the same example, None where undefined."""
    table: dict[str, dict[str, float | None]] = {name: {} for name in maps}
    for a in maps:
        for b in maps:
            found = rank_correlation(maps[a], maps[b])
            table[a][b] = float(np.nanmean(found)) if np.isfinite(found).any() else None
    return table


def planted(maps: np.ndarray, masks: dict[str, np.ndarray]) -> tuple[dict, dict] | tuple[None, None]:
    """({factor: [share per example]}, {factor: mean with interval}) of the planted pixels, or (None, None)."""
    if not masks:
        return None, None
    shares = {factor: planted_share(maps, mask) for factor, mask in masks.items()}
    return shares, {factor: mean_interval(values) for factor, values in shares.items()}
