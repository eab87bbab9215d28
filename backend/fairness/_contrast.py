"""Two ways of training, one attribute: is the gap wider, and does the model lean on the attribute more?

Both ways (arms) were trained with the same seed pairs (label subset seed, pretraining seed) and predict the same rows.
Seeds and rows are both resampled (backend/statistics/bootstrap.py); the arms always share a resample, so their
difference is paired. Of an attribute's groups the contrast compares the two that lie furthest apart in the mean of all
models of both arms, so that the choice favours neither arm.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..registry import Plugin
from ..statistics.amplification import directional, zhao
from ..statistics.bootstrap import Cells, hierarchical, percentile, seed_weights, two_sided_p
from ..statistics.multiplicity import holm
from ..statistics.proportions import Interval, ratio
from ._rates import Metric, support
from ._reading import MIN_TRIALS, Settings, metrics_for
from ._tables import MISSING, Groups, Predictions

ALPHA = 0.05
Statistic = Callable[[np.ndarray], np.ndarray]  # counts (..., G, rows, columns) -> (...)


@dataclass(frozen=True)
class Pairs:
    """The models of both arms on the same N rows.

    seeds: S (subset seed, pretraining seed); ssl, supervised: S models each, in that order (of a number `Errors`);
    units: (N,) what is resampled, the row or the person whom several rows belong to.
    """

    seeds: list[tuple[int, int]]
    ssl: list[Predictions]
    supervised: list[Predictions]
    units: np.ndarray

    @property
    def models(self) -> list[Predictions]:
        return [*self.ssl, *self.supervised]


@dataclass(frozen=True)
class Gap:
    """One metric's difference between two groups, as a statistic of counts."""

    plugin: Plugin
    params: Metric
    high: int
    low: int

    def __call__(self, counts: np.ndarray) -> np.ndarray:
        values = self.plugin.call(counts[..., [self.high, self.low], :, :], self.params).values
        return values[..., 0] - values[..., 1]


@dataclass(frozen=True)
class Counted:
    """What N rows are counted by.

    index: int (N,) group of each row, -1 to leave it out; columns: int (M, N) flat column of each row, model by model;
    shape: (G, rows, columns) of the counts of one model.
    """

    index: np.ndarray
    columns: np.ndarray
    shape: tuple[int, int, int]

    @property
    def cells(self) -> Cells:
        at = np.where(self.index >= 0, self.index * (self.shape[1] * self.shape[2]) + self.columns, -1)
        return Cells(at, math.prod(self.shape))

    def observed(self) -> np.ndarray:
        """int (M, *shape): the rows as they are"""
        cells = self.cells
        return np.stack([np.bincount(at[at >= 0], minlength=cells.count) for at in cells.at]).reshape(-1, *self.shape)


@dataclass(frozen=True)
class Question:
    """A statistic of the counts in one of several tables, of the models of `pairs`."""

    pairs: Pairs
    statistic: Statistic
    table: int = 0


def contrast(
    pairs: Pairs, attribute: np.ndarray, settings: Settings, tick: Callable[[], None] = lambda: None
) -> dict[str, dict[str, Any]]:
    """{metric: {groups, ssl_gap, supervised_gap, difference, p, p_holm, decision}}, for `decide` to complete."""
    return contrasts([pairs], attribute, settings, tick)[0]


def contrasts(
    several: Sequence[Pairs], attribute: np.ndarray, settings: Settings, tick: Callable[[], None] = lambda: None
) -> list[dict[str, dict[str, Any]]]:
    """`contrast` of several pairs on the same rows, which are resampled once for all of them."""
    models = distinct(several)
    groups, metrics = Groups.of(attribute, settings.min_group, several[0].units), metrics_for(models[0])
    gaps = {
        (k, metric.name): furthest_apart(pairs, groups, metric, params)
        for k, pairs in enumerate(several)
        for metric, params in metrics
    }
    tables, questions = [], {}
    for reads in ("predictions", "scores"):
        there = {place: gap for place, gap in gaps.items() if gap and gap.params.reads == reads}
        if there:
            tick()
            needed = sorted({g for gap in there.values() for g in (gap.high, gap.low)})
            columns, shape = _columns(models, next(iter(there.values())).params)
            tables.append(Counted(positions(np.array(needed), groups.index), columns, (len(needed), *shape)))
            for (k, name), gap in there.items():
                among = replace(gap, high=needed.index(gap.high), low=needed.index(gap.low))
                questions[k, name] = Question(several[k], among, len(tables) - 1)
    tick()
    found = dict(zip(questions, compared(models, tables, list(questions.values()), settings), strict=True))

    told: list[dict[str, dict[str, Any]]] = [{} for _ in several]
    for (k, name), gap in gaps.items():
        names = [groups.names[g] for g in (gap.high, gap.low)] if gap else None
        told[k][name] = {"groups": names, **_as_gaps(found[k, name])} if gap else _too_few()
    return told


def distinct(several: Sequence[Pairs]) -> list[Any]:
    """The models of several pairs, each once."""
    return list({id(model): model for pairs in several for model in pairs.models}.values())


def places_of(pairs: Pairs, models: Sequence[Any]) -> list[int]:
    """Where the models of these pairs stand among `models`, those of ssl first."""
    place = {id(model): at for at, model in enumerate(models)}
    return [place[id(model)] for model in pairs.models]


def furthest_apart(pairs: Pairs, groups: Groups, metric: Plugin, params: Metric) -> Gap | None:
    """The two groups with the largest and smallest mean over all models; None with fewer than two comparable groups."""
    counts = np.stack([m.counts(params, groups, exact=False) for m in pairs.models])
    rates = metric.call(counts, params)
    at = np.flatnonzero(groups.enough & (support(counts, rates, params).mean(0) >= MIN_TRIALS))
    if len(at) < 2:
        return None
    means = rates.values.mean(0)[at]
    return Gap(metric, params, int(at[np.argmax(means)]), int(at[np.argmin(means)]))


def amplification(
    pairs: Pairs, attribute: np.ndarray, train_attribute: np.ndarray, train_labels: np.ndarray, settings: Settings
) -> dict[str, Any]:
    """{ssl, scratch_aug, difference, p, percent, zhao_2017 {the same}}; all null with fewer than two attribute values.

    attribute: (N,) of the tested rows; the training rows decide which pairs of attribute and label go together. Rows
    whose attribute is missing, or has a value that the training rows lack, are left out.
    """
    known = np.setdiff1d(np.intersect1d(attribute, train_attribute), [MISSING])
    classes = pairs.models[0].classes
    if len(known) < 2:
        nothing = dict.fromkeys(("ssl", "scratch_aug", "difference", "p", "percent"))
        return {**nothing, "zhao_2017": nothing}
    train = positions(known, train_attribute)
    usable = (train >= 0) & (train_labels >= 0)
    cells = train[usable] * classes + train_labels[usable]
    train_counts = np.bincount(cells, minlength=len(known) * classes).reshape(len(known), classes)
    columns = np.stack([m.label * classes + m.predicted for m in pairs.models])
    table = Counted(positions(known, attribute), columns, (len(known), classes, classes))
    statistics = (lambda counts: directional(counts, train_counts)), (lambda counts: zhao(counts, train_counts))
    asked = [Question(pairs, statistic) for statistic in statistics]
    leaning, of_zhao = compared(pairs.models, [table], asked, settings)
    return {**leaning, "zhao_2017": of_zhao}


def compared(
    models: Sequence[Predictions], tables: Sequence[Counted], questions: Sequence[Question], settings: Settings
) -> list[dict[str, Any]]:
    """Of each question both arms' means over the pairs and their difference, all on the same resamples.

    models: M, in the order of the tables' columns; the questions' pairs have the same rows and units.
    """
    if not questions:
        return []
    whose = [places_of(question.pairs, models) for question in questions]
    everyone = list(range(len(models)))

    def answers(counts: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
        """(..., 2, S) of each question, from counts (..., M, *shape) of each table"""
        for question, places in zip(questions, whose, strict=True):
            shape = tables[question.table].shape
            mine = counts[question.table]
            mine = mine if places == everyone else mine.take(places, axis=-1 - len(shape))
            values = question.statistic(mine)
            yield values.reshape(*values.shape[:-1], 2, len(question.pairs.seeds))

    samples: list[list[np.ndarray]] = [[] for _ in questions]
    cells, units = [table.cells for table in tables], questions[0].pairs.units
    for drawn in hierarchical(cells, units, settings.resamples, settings.seed):
        counts = [part.reshape(*part.shape[:2], *table.shape) for part, table in zip(drawn, tables, strict=True)]
        for kept, values in zip(samples, answers(counts), strict=True):
            kept.append(values)
    found = []
    for question, values, drawn in zip(questions, answers([t.observed() for t in tables]), samples, strict=True):
        weights = seed_weights(question.pairs.seeds, settings.resamples, settings.seed + 1)
        found.append(estimates(values, np.concatenate(drawn), weights))
    return found


def estimates(values: np.ndarray, samples: np.ndarray, weights: np.ndarray) -> dict[str, Any]:
    """values (2, S), samples (B, 2, S), weights (B, S) -> {ssl, scratch_aug, difference, p, percent}.

    A draw is the mean over all pairs on resampled rows, plus what resampled seeds add to it on the rows as they are.
    Resampling seeds within every resample of rows instead would count what a seed does to single rows three times
    (Owen 2007); the interval then covered 100 % of the time (tests/benchmarks/interval_coverage.md).
    """
    equal = np.full((1, values.shape[1]), 1 / values.shape[1])
    means = _weighted(values[None], equal)[0]
    drawn = _weighted(samples, equal) + _weighted(values[None], weights) - means
    ssl, supervised = (percentile(means[k], drawn[:, k]) for k in (0, 1))
    apart = drawn[:, 0] - drawn[:, 1]
    return {
        "ssl": ssl.as_dict(),
        "scratch_aug": supervised.as_dict(),
        "difference": percentile(means[0] - means[1], apart).as_dict(),
        "p": two_sided_p(apart) if np.isfinite(means).all() else None,
        "percent": _percent(ssl, supervised, drawn),
    }


def decide(bodies: list[dict[str, dict[str, Any]]]) -> None:
    """Fill in `p_holm` and `decision` of all contrasts, over attributes x metrics."""
    tests = [test for body in bodies for test in body.values()]
    for test, adjusted in zip(tests, holm([t["p"] for t in tests]), strict=True):
        test["p_holm"] = adjusted
        if adjusted is None:
            test["decision"] = "not enough data"
        elif adjusted >= ALPHA:
            test["decision"] = "no significant difference"
        else:
            test["decision"] = "ssl widens the gap" if test["difference"]["value"] > 0 else "ssl narrows the gap"


def _columns(models: Sequence[Predictions], params: Metric) -> tuple[np.ndarray, tuple[int, int]]:
    """(flat column of each row under each model (M, N), shape of one group's table)."""
    columns, shapes = zip(*(m.columns(params, exact=False) for m in models), strict=True)
    return np.stack(columns), shapes[0]


def positions(known: np.ndarray, values: np.ndarray) -> np.ndarray:
    """int: position of each value among the sorted `known`, -1 where it is not among them."""
    at = np.searchsorted(known, values).clip(max=len(known) - 1)
    return np.where(known[at] == values, at, -1)


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


def _as_gaps(body: dict[str, Any]) -> dict[str, Any]:
    kept = {k: body[k] for k in ("difference", "p")}
    return {"ssl_gap": body["ssl"], "supervised_gap": body["scratch_aug"], **kept, "p_holm": None, "decision": None}


def _too_few() -> dict[str, Any]:
    return dict.fromkeys(("groups", "ssl_gap", "supervised_gap", "difference", "p", "p_holm", "decision"))
