"""Numbers about maps: pure functions on arrays, and the rule by which a method passes.

The joint rule. A method passes when it beats both controls, each on the test that this control cannot pass:

* Model randomisation (Adebayo et al. 2018, arXiv 1810.03292): the mean absolute rank correlation between its
  maps and those of a re-initialised model is below 0.5. A copy of the input scores 1: it never looked at the model.
  The absolute value is taken because a map that merely flips its sign with the weights still draws the input.
* Faithfulness: blackening pixels in the map's order lowers the class's probability sooner than revealing them from
  black raises it late: (insertion AUC - deletion AUC) is above the random map's on the same examples, and the 95 %
  interval of the paired difference excludes 0. For a random order the two AUCs are equal in expectation, whatever
  blackened pixels do to the model by themselves, so the control scores 0; deletion alone would punish smooth maps.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import stdtrit

RANDOMISATION_LIMIT = 0.5
# Unrelated orders of n words have a mean absolute correlation of sqrt(2 / (pi (n - 1))): 0.36 of 6, 0.56 of 3, which
# would fail a method for the brevity of a text.
FEWEST_WORDS = 6


def rank_correlation(a: np.ndarray | list[np.ndarray], b: np.ndarray | list[np.ndarray]) -> np.ndarray:
    """Spearman correlation of each pair of maps, N x H x W and N x H x W -> float64 N; NaN where a map is constant.

    Scores of texts come as lists of N arrays, one value a word: NaN also where there are fewer than FEWEST_WORDS.
    """
    if isinstance(a, list):
        pairs = zip(a, b, strict=True)
        return np.array([rank_correlation(x[None], y[None])[0] if len(x) >= FEWEST_WORDS else np.nan for x, y in pairs])
    from scipy.stats import rankdata  # a second's import, for whoever explains alone

    ranks = [rankdata(x.reshape(len(x), -1), axis=1) for x in (a, b)]
    centred = [r - r.mean(axis=1, keepdims=True) for r in ranks]
    scale = np.sqrt((centred[0] ** 2).sum(axis=1) * (centred[1] ** 2).sum(axis=1))
    product = (centred[0] * centred[1]).sum(axis=1)
    return np.divide(product, scale, out=np.full(len(a), np.nan), where=scale > 0)


def planted_share(maps: np.ndarray, mask: np.ndarray) -> list[float | None]:
    """Share of the absolute attribution that lies on the mask, per map; None without planted pixels or attribution.

    maps: N x H x W; mask: bool N x H x W. A map that is blind to the mask scores the mask's share of the area.
    """
    size = np.abs(maps).astype(np.float64)
    total, on = size.sum(axis=(1, 2)), (size * mask).sum(axis=(1, 2))
    there = mask.any(axis=(1, 2)) & (total > 0)
    return [float(o / t) if ok else None for o, t, ok in zip(on, total, there, strict=True)]


def area(curves: np.ndarray, fractions: np.ndarray) -> np.ndarray:
    """Area under each curve by the trapezoid rule, N x S over S fractions from 0 to 1 -> N"""
    return np.trapezoid(curves, fractions, axis=1)


def mean_interval(values) -> dict[str, float | None]:
    """Mean with its 95 % t interval over the examples; None and NaN are left out, too few leave nulls."""
    kept = np.array([v for v in values if v is not None and math.isfinite(v)], dtype=np.float64)
    if len(kept) == 0:
        return {"value": None, "low": None, "high": None}
    mean = float(kept.mean())
    if len(kept) == 1:
        return {"value": mean, "low": None, "high": None}
    half = float(stdtrit(len(kept) - 1, 0.975) * kept.std(ddof=1) / math.sqrt(len(kept)))
    return {"value": mean, "low": mean - half, "high": mean + half}


def verdict(
    randomisation: float | None,
    faithfulness: dict[str, float | None],
    part: str = "pixels",
    moved: str = "the class's probability",
) -> dict[str, bool | str]:
    """The joint rule: {"passes", "why"}.

    randomisation: mean absolute rank correlation with the re-initialised model, None when undefined;
    faithfulness: the paired difference to the random map of (insertion - deletion) AUC, with its interval;
    part: what a map ranks; moved: what parts move.
    """
    if randomisation is None or faithfulness["low"] is None:
        return {"passes": False, "why": "too few maps that are not constant to test it"}
    depends = randomisation < RANDOMISATION_LIMIT
    faithful = faithfulness["low"] > 0
    says = [
        f"rank correlation {randomisation:.2f} with a re-initialised model ("
        + ("below" if depends else "not below")
        + f" {RANDOMISATION_LIMIT})",
        f"{part} that it ranks high "
        + (f"move {moved} more" if faithful else f"do not provably move {moved} more")
        + f" than random ones ({faithfulness['value']:+.2f} [{faithfulness['low']:.2f}, {faithfulness['high']:.2f}])",
    ]
    return {"passes": bool(depends and faithful), "why": "; ".join(says)}
