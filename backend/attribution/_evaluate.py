"""Tests of maps that need the model: re-initialisation, deletion and insertion."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from ._base import at_once, batches, explaining
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
        torch.manual_seed(seed)
        for module in fresh.modules():
            if hasattr(module, "reset_parameters"):
                module.reset_parameters()
            elif hasattr(module, "_reset_parameters"):
                module._reset_parameters()
            else:
                for parameter in module.parameters(recurse=False):
                    parameter.normal_(std=0.02)
    return fresh


@torch.no_grad()
def curves(model: nn.Module, images: Tensor, target: Tensor, maps: Tensor, seed: int = 0) -> dict[str, np.ndarray]:
    """Probability of the target while pixels are blackened ("deletion") or revealed from black ("insertion").

    Petsiuk, Das & Saenko (2018), arXiv 1806.07421, with black in both directions. Pixels go in the order of
    the signed map, highest first, ties in random order. -> float64 N x (CURVE_STEPS + 1) each, over FRACTIONS.
    """
    count, pixels = len(images), images.shape[-2] * images.shape[-1]
    rank = torch.from_numpy(_ranks(maps.flatten(1).numpy(), seed)).to(images.device).view(count, 1, *images.shape[-2:])
    out = {"deletion": [], "insertion": []}
    with explaining(model):
        for fraction in FRACTIONS:
            first = rank < round(fraction * pixels)
            for name, keep in (("deletion", ~first), ("insertion", first)):
                parts = [
                    model(images[part] * keep[part]).softmax(dim=1).gather(1, target[part].view(-1, 1))
                    for part in batches(images, at_once(images))
                ]
                out[name].append(torch.cat(parts).squeeze(1).double().cpu().numpy())
    return {name: np.stack(columns, axis=1) for name, columns in out.items()}


def _ranks(flat: np.ndarray, seed: int) -> np.ndarray:
    """Place of each pixel in descending order of its attribution, N x P int64; equal pixels in random order."""
    rng = np.random.default_rng(seed)
    order = np.stack([np.lexsort((rng.random(row.size), -row)) for row in flat])
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(flat.shape[1])[None], axis=1)
    return ranks


def randomisation(maps: np.ndarray, remade: list[np.ndarray]) -> float | None:
    """Mean absolute rank correlation of maps with those of re-initialised models; None when all are constant.

    maps: N x H x W; remade: for each re-initialised model its maps of the first n <= N examples.
    """
    found = np.concatenate([np.abs(rank_correlation(maps[: len(other)], other)) for other in remade])
    return float(np.nanmean(found)) if np.isfinite(found).any() else None


def evaluate(
    model: nn.Module,
    images: Tensor,
    target: Tensor,
    maps: dict[str, np.ndarray],
    remade: dict[str, list[np.ndarray]],
    seed: int = 0,
    tick: Callable[[str], None] = lambda name: None,
) -> dict[str, dict]:
    """All tests of all maps, the controls among them: the body of `attribution.controls` (docs/events.md).

    maps: {method or control: N x H x W}; remade: {the same: [maps of each re-initialised model]}.
    `tick(name)` is called before each map's curves.
    """
    found = {}
    for name, own in maps.items():
        tick(name)
        found[name] = curves(model, images, target, torch.from_numpy(own), seed)
    return judged(found, maps, remade)


def judged(
    found: dict[str, dict[str, np.ndarray]],
    maps: dict[str, np.ndarray] | dict[str, list[np.ndarray]],
    remade: dict[str, list],
    noise: str = "random_map",
    part: str = "pixels",
) -> dict[str, dict]:
    """The numbers and verdicts of all maps. found: {name: its `curves`}; noise: the random control; part: what a map
    ranks."""
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
        "verdict": {name: verdict(shifts[name], lead[name], part) for name in maps},
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
