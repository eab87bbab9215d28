"""Leakage guards of a table: columns that a model should not see, or that a person has to vouch for.

Every guard has a rule that is fixed beforehand and written beside it (bounds of the last five: leak_time.py). Those
that ask the target read training rows alone. A figure has an interval; the rule asks its end nearer to innocence.

predicts    the column alone predicts the target (5 folds, bins or values): AUROC or R2 of at least `SURE`, or at least
            `STRONG` and more than all other columns together do by boosted trees, intervals apart; the others without
            those that are flagged and, if they are at most `FEW_SUSPECTS`, without others from `SUSPECT` on, which may
            leak likewise. Honest strong columns reach neither: what is known before an outcome rarely settles it
filled      known for one class and missing for the other: known shares apart by `KNOWN_APART`, or by a factor of
            `KNOWN_TIMES`. So look columns that are written after the outcome
constant    one value for nearly all rows of one class (`SAME_IN`), and for at most `SAME_OUT` of the other (two
            classes alone, columns that are not flagged otherwise). So look amounts that only an outcome brings about
later       a date that lies later than the split time in `LATER` of the rows
between     the days between two dates predict the target as in "predicts"
drift       the target follows the order of the rows, or a number that counts them: AUROC of at least `DRIFT`, R2 of at
            least `DRIFT_R2`
identifier  a feature that names the row: `DISTINCT` of its values stand once, and it counts up or is a category
unit        rows of one unit, or of one value of an identifier, stand in two splits
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ...statistics import alone
from ...statistics.proportions import newcombe, wilson
from . import leak_time, together
from .describe import Known, thinned
from .leak_rows import FEW, Rows, finding, rows_of
from .leak_time import SURE

STRONG = {"auroc": 0.9, "r2": 0.85}
SUSPECT, FEW_SUSPECTS = 0.8, 3
KNOWN_APART, KNOWN_TIMES, KNOWN_LEAST = 0.5, 8.0, 0.05
SAME_IN, SAME_OUT = 0.97, 0.6
MOST_CELLS = 20_000_000
MOST_FINDINGS = 50
ORDER = ("predicts", "filled", "constant", "later", "between", "unit", "drift", "identifier")
UNTESTED = ("text", "constant", "leave out")


def find(
    frame: pd.DataFrame, columns: Sequence[dict[str, Any]], parts: np.ndarray, known: Known
) -> list[dict[str, Any]]:
    """[{"column", "kind", "measure", "figure", "low", "high", "why", ..}], the gravest kinds first; empty: nothing.

    As `describe.facts`; the frame's rows keep the order of the source. measure: "auroc", "r2", "difference" (of
    shares) or "share"; why: which part of the rule it met; further entries: what the sentence names beside.
    """
    there = set(frame.columns) - {known.label}
    told = [one for one in columns if one["name"] in there]
    frame, parts, known = thinned(frame, parts, known, max(2_000, MOST_CELLS // max(1, len(told))))
    found = leak_time.units(frame, told, parts, known) + leak_time.identifiers(frame, told)
    rows = rows_of(frame, parts, known)
    if rows is not None:
        features = [one["name"] for one in told if one.get("feature") and one["type"] not in (*UNTESTED, "identifier")]
        filled = _filled_by_class(rows, features, known)
        predicting = _predicting(rows, features, {one["column"] for one in filled})
        flagged = {one["column"] for one in [*filled, *predicting]}
        found += filled + predicting + _constant_in_class(rows, [f for f in features if f not in flagged], known)
        dates = [one["name"] for one in told if one["type"] == "date"]
        found += leak_time.between(rows, dates, {one["column"] for one in found})
        found += leak_time.drift(rows, [one["name"] for one in told if one["type"] == "identifier"])
    found += leak_time.later(frame, told, parts, known)
    return sorted(found, key=lambda one: ORDER.index(one["kind"]))[:MOST_FINDINGS]


def _predicting(rows: Rows, features: list[str], filled: set[str]) -> list[dict[str, Any]]:
    found = {name: rows.predicted_by(rows.frame[name]) for name in features}
    sure = [name for name in features if found[name].low >= SURE]
    strong = [name for name in features if name not in sure and found[name].low >= STRONG[rows.measure]]
    said = [finding(name, "predicts", rows.measure, found[name], "alone") for name in sure]
    suspects = [name for name in features if name not in sure and found[name].low >= SUSPECT]
    for name in strong:
        without = {name, *sure, *filled, *(suspects if len(suspects) <= FEW_SUSPECTS else ())}
        others = rows.frame[[other for other in features if other not in without]]
        rest = together.predicted(others, rows.codes, rows.classes, rows.numbers, rows.fold)
        if found[name].low > rest.high:
            said.append(finding(name, "predicts", rows.measure, found[name], "beats the rest", rest=rest.as_dict()))
    return sorted(said, key=lambda one: -one["figure"])


def _names(rows: Rows, known: Known) -> list[str]:
    return [known.classes[k] for k in np.unique(known.codes[rows.place])] if rows.classes else []


def _filled_by_class(rows: Rows, features: list[str], known: Known) -> list[dict[str, Any]]:
    """At most one finding a column: the class for which it is known the most."""
    said, names = [], _names(rows, known)
    for name in features:
        there = rows.frame[name].notna().to_numpy()
        if there.all():
            continue
        insides = [(names[k], rows.codes == k) for k in range(rows.classes)]
        told = [_filled(name, there, inside, label) for label, inside in insides if _enough(inside)]
        said += sorted(filter(None, told), key=lambda one: -one["figure"])[:1]
    return said


def _constant_in_class(rows: Rows, features: list[str], known: Known) -> list[dict[str, Any]]:
    if rows.classes != 2:
        return []
    said, names = [], _names(rows, known)
    for name in features:
        there = rows.frame[name].notna().to_numpy()
        said += _constant(name, rows.frame[name][there], rows.codes[there], names)
    return said


def _enough(inside: np.ndarray) -> bool:
    return min(inside.sum(), (~inside).sum()) >= FEW


def _filled(name: str, there: np.ndarray, inside: np.ndarray, label: str) -> dict[str, Any] | None:
    """Where it is known for the rows of this class rather than for the others."""
    hits, trials, others, rest = there[inside].sum(), inside.sum(), there[~inside].sum(), (~inside).sum()
    apart = newcombe(hits, trials, others, rest)
    times = alone.risk_ratio(hits, trials, others, rest)
    by_far = apart.low >= KNOWN_APART
    if not by_far and not (times.low >= KNOWN_TIMES and apart.low >= KNOWN_LEAST):
        return None
    shares = {"inside": wilson(hits, trials).as_dict(), "outside": wilson(others, rest).as_dict()}
    return finding(name, "filled", "difference", apart, "by far" if by_far else "many times", of=label, **shares)


def _constant(name: str, values: pd.Series, codes: np.ndarray, names: list[str]) -> list[dict[str, Any]]:
    for k in (0, 1):
        inside = codes == k
        if not _enough(inside):
            continue
        value = values[inside].value_counts().index[0]
        same = (values == value).to_numpy()
        within, outside = alone.known_shares(same, inside)
        if within.low >= SAME_IN and outside.high <= SAME_OUT:
            apart = newcombe(same[inside].sum(), inside.sum(), same[~inside].sum(), (~inside).sum())
            shares = {"inside": within.as_dict(), "outside": outside.as_dict()}
            return [
                finding(name, "constant", "difference", apart, "one value", of=names[k], value=_named(value), **shares)
            ]
    return []


def _named(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float | np.number) else str(value)[:80]
