"""Which columns give a sensitive attribute away, alone and together; pure: records and groups in, figures out.

A column is a proxy of an attribute where it alone tells the groups apart with an AUROC whose interval lies above
`BOUND`, and where that AUROC is above chance after Holm over all columns and attributes. The bound is
stated beforehand: with many rows the smallest difference is certain, and says little of anybody's group.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit, ndtr

from ..statistics import alone
from ..statistics.multiplicity import holm
from ..statistics.proportions import Interval, z_score
from ..statistics.together import boosted

BOUND = 0.6
ALPHA = 0.05
MOST_ROWS = 20_000
MOST_TOGETHER = 200


def told_apart(
    values: np.ndarray,
    described: Sequence[dict[str, Any]],
    group: np.ndarray,
    count: int,
    itself: str,
    units: np.ndarray | None = None,
    seed: int = 0,
    tick: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """{"columns": as `alone_of`, "together": {"value", "low", "high"}, "rows"}.

    values: float32 N x F records; described: what each feature means ("column", "kind"); group: int64 N in 0 .. count -
    1; itself: the column that the attribute was made of, which is no proxy and no part of `together`; units: (N,) rows
    of one unit share a fold.
    """
    fold = alone.folds(len(group), seed, units)
    columns = alone_of(values, described, group, count, itself, fold, tick)
    others = [i for i, one in enumerate(described) if one["column"] != itself][:MOST_TOGETHER]
    tick()
    return {
        "columns": columns,
        "together": _together(values, described, others, group, count, fold),
        "rows": len(group),
    }


def alone_of(
    values: np.ndarray,
    described: Sequence[dict[str, Any]],
    group: np.ndarray,
    count: int,
    itself: str,
    fold: np.ndarray,
    tick: Callable[[], None] = lambda: None,
) -> list[dict[str, Any]]:
    """[{"column", "itself", "auroc", "p", "p_holm": None}], the columns that tell most first, for `judge` to complete.

    A column of several features (a date) is told by the one that tells most, and `p` (one-sided, of an AUROC of 0.5)
    counts each of them as a test.
    """
    found: dict[str, list[Interval]] = {}
    for place, one in enumerate(described):
        tick()
        bin_of = alone.bins(_readable(values[:, place], one["kind"] == "category"))
        found.setdefault(one["column"], []).append(alone.mean_auroc(bin_of, group, count, fold))
    listed = [
        {
            "column": name,
            "itself": name == itself,
            "auroc": max(intervals, key=lambda one: np.nan_to_num(one.value)).as_dict(),
            "p": _smallest([above_chance(one) for one in intervals]),
            "p_holm": None,
        }
        for name, intervals in found.items()
    ]
    return sorted(listed, key=lambda one: -(one["auroc"]["value"] or 0))


def _smallest(p: list[float | None]) -> float | None:
    known = [one for one in p if one is not None]
    return min(1.0, min(known) * len(known)) if known else None


def _readable(values: np.ndarray, category: bool) -> pd.Series:
    read = pd.Series(values.astype(np.float64))
    return read.astype(object).where(read.notna(), None) if category else read


def above_chance(found: Interval) -> float | None:
    """One-sided p of an AUROC of 0.5, on the logit scale as its interval; None where it could not be computed."""
    if not np.isfinite(found.value):
        return None
    ends = logit(np.clip([found.low, found.value, found.high], 1e-9, 1 - 1e-9))
    error = (ends[2] - ends[0]) / (2 * z_score(0.95))
    return float(ndtr(-ends[1] / error))


def _together(
    values: np.ndarray,
    described: Sequence[dict[str, Any]],
    places: list[int],
    group: np.ndarray,
    count: int,
    fold: np.ndarray,
) -> dict[str, float | None]:
    if not places:
        return Interval(*(np.float64("nan"),) * 3).as_dict()
    chosen = values[:, places].astype(np.float64)
    categories = [described[i]["kind"] == "category" for i in places]
    return boosted(chosen, categories, group, count, None, fold).as_dict()


def judge(bodies: list[dict[str, Any]]) -> None:
    """Fill in `p_holm` and `proxy` of every column, over all attributes; the attributes' own columns are not tested."""
    tests = [one for body in bodies for one in body["columns"] if not one["itself"]]
    for one, adjusted in zip(tests, holm([one["p"] for one in tests]), strict=True):
        one["p_holm"] = adjusted
        low = one["auroc"]["low"]
        one["proxy"] = low is not None and low >= BOUND and adjusted is not None and adjusted < ALPHA
    for body in bodies:
        for one in body["columns"]:
            one.setdefault("proxy", False)
