"""Two ways of training, one attribute: is the gap wider, and does the model lean on the attribute more?

Both ways (arms) were trained with the same seed pairs (label subset seed, pretraining seed) and predict the same rows.
Seeds and rows are resampled together (backend/statistics/bootstrap.py); the arms always share a resample, so their
difference is paired. Of an attribute's groups the contrast compares the two that lie furthest apart in the mean of all
models of both arms, so that the choice favours neither arm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..statistics.amplification import directional, zhao
from ..statistics.bootstrap import hierarchical, percentile, seed_weights, two_sided_p
from ..statistics.proportions import Interval, ratio
from ._audit import MIN_TRIALS, MISSING, Settings, metrics_for
from ._rates import support
from ._tables import Predictions, group_names

Statistic = Callable[[np.ndarray], np.ndarray]  # counts (..., G, ., .) -> (...)


@dataclass(frozen=True)
class Pairs:
    """The models of both arms on the same N rows.

    seeds: S (subset seed, pretraining seed); ssl, supervised: S models each, in that order;
    units: (N,) what is resampled, the row or the person whom several rows belong to.
    """

    seeds: list[tuple[int, int]]
    ssl: list[Predictions]
    supervised: list[Predictions]
    units: np.ndarray

    @property
    def models(self) -> list[Predictions]:
        return [*self.ssl, *self.supervised]


def contrast(
    pairs: Pairs, attribute: np.ndarray, settings: Settings, tick: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """{metric: {groups, ssl_gap, supervised_gap, difference, p, p_holm, decision, pairs}} (docs/events.md)."""
    group_of, index = group_names(attribute)
    enough = (np.bincount(index) >= settings.min_group) & (np.array(group_of) != MISSING)
    found = {}
    for metric, params in metrics_for(pairs.models[0]):
        tick()
        counts = np.stack([m.counts(params, index, len(group_of), exact=False) for m in pairs.models])
        rates = metric.call(counts, params)
        comparable = enough & (support(counts, rates, params).mean(0) >= MIN_TRIALS)
        at = np.flatnonzero(comparable)
        if len(at) < 2:
            found[metric.name] = _too_few(len(pairs.seeds))
            continue
        means = rates.values.mean(0)[at]
        high, low = at[np.argmax(means)], at[np.argmin(means)]

        def gap(counts, high=high, low=low, call=metric.call, params=params):
            values = call(counts, params).values
            return values[..., high] - values[..., low]

        column, shape = zip(*(m.columns(params, exact=False) for m in pairs.models), strict=True)
        kept = np.isin(index, (high, low))
        estimates = resampled(pairs, index, np.stack(column), (len(group_of), *shape[0]), kept, [gap], settings)[0]
        found[metric.name] = {"groups": [group_of[high], group_of[low]], **estimates}
    return found


def amplification(
    pairs: Pairs, attribute: np.ndarray, train: tuple[np.ndarray, np.ndarray], settings: Settings
) -> dict[str, Any]:
    """The body of a `fairness.amplification` event but for the attribute.

    train: (labels, attribute) of the training rows, on whose counts it rests which pairs go together. Rows with a
    missing attribute, and values that the training set lacks, are left out.
    """
    labels, train_attribute = train
    known = np.setdiff1d(np.intersect1d(attribute, train_attribute), [MISSING])
    classes = pairs.models[0].classes
    if len(known) < 2:
        return {"directional": None, "zhao_2017": None, "pairs": len(pairs.seeds)}
    at = np.searchsorted(known, train_attribute).clip(max=len(known) - 1)
    usable = (known[at] == train_attribute) & (labels >= 0)
    train_counts = np.bincount(at[usable] * classes + labels[usable], minlength=len(known) * classes)
    train_counts = train_counts.reshape(len(known), classes)
    index = np.searchsorted(known, attribute).clip(max=len(known) - 1)
    kept = known[index] == attribute
    columns = np.stack([m.label * classes + m.predicted for m in pairs.models])
    statistics = [lambda counts: directional(counts, train_counts), lambda counts: zhao(counts, train_counts)]
    shape = (len(known), classes, classes)
    both = resampled(pairs, index, columns, shape, kept, statistics, settings)
    named = {name: _as_amplification(body) for name, body in zip(("directional", "zhao_2017"), both, strict=True)}
    return {**named, "pairs": len(pairs.seeds)}


def resampled(
    pairs: Pairs,
    index: np.ndarray,
    columns: np.ndarray,
    shape: tuple[int, int, int],
    kept: np.ndarray,
    statistics: list[Statistic],
    settings: Settings,
) -> list[dict[str, Any]]:
    """For each statistic of counts `shape` = (G, ., .): both arms' mean over the seed pairs and their difference.

    index: int (N,) group of each row; columns: int (2S, N) flat column of each row under each model; kept: bool (N,).
    """
    pair_count, size = len(pairs.seeds), shape[1] * shape[2]
    cells = np.where(kept, index * size + columns, -1)
    observed = np.stack([np.bincount(c[c >= 0], minlength=shape[0] * size) for c in cells]).reshape(-1, *shape)
    samples: list[list[np.ndarray]] = [[] for _ in statistics]
    for chunk in hierarchical(cells, pairs.units, shape[0] * size, settings.resamples, settings.seed):
        counts = chunk.reshape(len(chunk), -1, *shape)
        for kept_samples, statistic in zip(samples, statistics, strict=True):
            kept_samples.append(statistic(counts).reshape(-1, 2, pair_count))
    weights = seed_weights(pairs.seeds, settings.resamples, settings.seed + 1)
    return [
        _estimates(statistic(observed).reshape(2, pair_count), np.concatenate(kept_samples), weights)
        for statistic, kept_samples in zip(statistics, samples, strict=True)
    ]


def _estimates(values: np.ndarray, samples: np.ndarray, weights: np.ndarray) -> dict[str, Any]:
    """values (2, S), samples (B, 2, S), weights (B, S) -> the two arms' means over pairs and their difference."""
    pair_count = values.shape[1]
    means = _weighted(values[None], np.full((1, pair_count), 1 / pair_count))[0]
    drawn = _weighted(samples, weights)
    ssl, supervised = (percentile(means[k], drawn[:, k]) for k in (0, 1))
    apart = percentile(means[0] - means[1], drawn[:, 0] - drawn[:, 1])
    return {
        "ssl_gap": ssl.as_dict(),
        "supervised_gap": supervised.as_dict(),
        "difference": apart.as_dict(),
        "p": two_sided_p(drawn[:, 0] - drawn[:, 1]) if np.isfinite(apart.value) else None,
        "p_holm": None,
        "decision": None,
        "percent": _percent(ssl, supervised, drawn),
        "pairs": pair_count,
    }


def _weighted(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(B, 2) means over pairs of (B, 2, S) with weights (B, S); pairs that could not be computed are left out."""
    there = np.isfinite(values)
    weights = weights[:, None, :] * there
    return ratio((np.where(there, values, 0.0) * weights).sum(-1), weights.sum(-1))


def _percent(ssl: Interval, supervised: Interval, drawn: np.ndarray) -> dict[str, float | None] | None:
    """How much larger (%) the pretrained model's value is; None unless the supervised interval excludes 0."""
    if not (supervised.low > 0 or supervised.high < 0):
        return None
    share = ratio(drawn[:, 0] - drawn[:, 1], np.abs(drawn[:, 1]))
    return percentile(100 * (ssl.value - supervised.value) / abs(supervised.value), 100 * share).as_dict()


def _as_amplification(body: dict[str, Any]) -> dict[str, Any]:
    renamed = {"ssl": body["ssl_gap"], "scratch_aug": body["supervised_gap"]}
    return {**renamed, **{k: body[k] for k in ("difference", "p", "percent")}}


def _too_few(pair_count: int) -> dict[str, Any]:
    names = ("groups", "ssl_gap", "supervised_gap", "difference", "p", "p_holm", "percent")
    return {**dict.fromkeys(names), "decision": "not enough data", "pairs": pair_count}


def decide(bodies: list[dict[str, Any]], adjust: Callable[[list], list], alpha: float = 0.05) -> None:
    """Fill in `p_holm` and `decision` of all contrasts, over attributes x metrics."""
    tests = [test for body in bodies for test in body.values()]
    for test, adjusted in zip(tests, adjust([t["p"] for t in tests]), strict=True):
        test["p_holm"] = adjusted
        if adjusted is None:
            test["decision"] = "not enough data"
        elif adjusted >= alpha:
            test["decision"] = "no significant difference"
        else:
            test["decision"] = "ssl widens the gap" if test["difference"]["value"] > 0 else "ssl narrows the gap"
