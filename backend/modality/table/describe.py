"""What the data sheet says of a table: distributions, missing values, correlations, columns that hardly vary.

All of it is counted on at most `MOST_ROWS` rows, and is bounded in size whatever the table: see docs/events.md, the
sheet of a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from ...workspace.formats import quantity
from . import associations

MOST_ROWS = 100_000
MOST_CELLS = 30_000_000  # of a wider table fewer rows are counted, evenly over the frame
MOST_COLUMNS = 100  # columns whose distribution and whose missing values are told
MOST_CLASSES = 12
MOST_GROUPS = 12
MOST_ATTRIBUTES = 5
TOP = 12  # values of a category that are counted apart
BINS = 20
PATTERNS = 10
CONSTANT = 0.99
UNTOLD = ("identifier", "text", "constant")  # types without a distribution


@dataclass(frozen=True)
class Known:
    """What is known of the rows beside their columns.

    codes: int64 N, the class of each row, -1 without a label; classes: their names; numbers: float64 N, the target
    where it is a number, NaN without one, else None; groups: {attribute: str N}; unit: what belongs together, N values
    or None; label, split_time: names of columns.
    """

    codes: np.ndarray
    classes: list[str]
    numbers: np.ndarray | None = None
    groups: dict[str, np.ndarray] = field(default_factory=dict)
    unit: np.ndarray | None = None
    label: str | None = None
    split_time: str | None = None


def facts(frame: pd.DataFrame, columns: Sequence[dict[str, Any]], parts: np.ndarray, known: Known) -> dict[str, Any]:
    """{"rows", "bands", "distributions", "missing", "correlations", "near_constant"}.

    frame: the typed columns of the source, at most `MOST_ROWS` rows of it (number: float64, date: datetime64, others:
    str or None); columns: as in the sheet; parts: the split of each row.
    """
    there = set(frame.columns)
    told = [one["name"] for one in columns if one["name"] in there]
    frame, parts, known = thinned(frame, parts, known, MOST_CELLS // max(1, len(told)))
    types = {one["name"]: one["type"] for one in columns}
    features = {one["name"] for one in columns if one.get("feature")}
    worth = {name for name in told if name in features or name in known.groups or types[name] == "leave out"}
    shown = [name for name in told if name in worth and types[name] not in UNTOLD and name != known.label]
    shown.sort(key=lambda name: name not in features)  # features first, else in the source's order
    sets = _sets(known, len(frame))
    return {
        "rows": len(frame),
        "splits": {part: int((np.asarray(parts) == part).sum()) for part in ("train", "val", "test")},
        "bands": _bands(known),
        "distributions": {name: _distribution(frame[name], sets) for name in shown[:MOST_COLUMNS]},
        "missing": _missing(frame, [name for name in told if name != known.label], sets),
        "correlations": associations.strongest(frame, _of_interest(shown, known, frame), types),
        "near_constant": _near_constant(frame, told, types),
        "left_out": max(0, len(shown) - MOST_COLUMNS),
    }


def thinned(frame: pd.DataFrame, parts: np.ndarray, known: Known, most: int) -> tuple[pd.DataFrame, np.ndarray, Known]:
    """At most `most` of the rows, evenly over the frame, and what is known of them."""
    parts = np.asarray(parts)
    if len(frame) <= most:
        return frame, parts, known
    rows = np.unique(np.linspace(0, len(frame) - 1, max(1, most)).astype(int))
    kept = replace(
        known,
        codes=known.codes[rows],
        numbers=None if known.numbers is None else known.numbers[rows],
        groups={name: np.asarray(values)[rows] for name, values in known.groups.items()},
        unit=None if known.unit is None else np.asarray(known.unit)[rows],
    )
    return frame.iloc[rows], parts[rows], kept


def _of_interest(shown: list[str], known: Known, frame: pd.DataFrame) -> list[str]:
    label = [known.label] if known.label in frame.columns else []
    return label + shown


def _bands(known: Known) -> list[str]:
    """What the "classes" of the distributions are where the target is a number: its quarters."""
    if known.numbers is None or known.classes:
        return []
    edges = _quarters(known.numbers)
    if not len(edges):
        return []
    named = [quantity(float(edge)) for edge in edges]
    middle = [f"{low} to {high}" for low, high in pairwise(named)]
    return [f"up to {named[0]}", *middle, f"above {named[-1]}"]


def _quarters(numbers: np.ndarray) -> np.ndarray:
    there = numbers[np.isfinite(numbers)]
    return np.unique(np.quantile(there, [0.25, 0.5, 0.75])) if len(there) else there


def _sets(known: Known, count: int) -> dict[str, dict[str, np.ndarray]]:
    """{"": {"": every row}, "class": {class: rows}, attribute: {group: rows}}, each rows bool N; the largest ones."""
    found: dict[str, dict[str, np.ndarray]] = {"": {"": np.ones(count, dtype=bool)}}
    if known.classes:
        found["class"] = _largest({c: known.codes == k for k, c in enumerate(known.classes)}, MOST_CLASSES)
    elif bands := _bands(known):
        at = np.searchsorted(_quarters(known.numbers), known.numbers, side="left")
        found["class"] = {band: (at == k) & np.isfinite(known.numbers) for k, band in enumerate(bands)}
    for attribute, groups in list(known.groups.items())[:MOST_ATTRIBUTES]:
        groups = np.asarray(groups).astype(str)
        names, counts = np.unique(groups, return_counts=True)
        most = names[np.argsort(-counts, kind="stable")][:MOST_GROUPS]
        found[f"group {attribute}"] = {str(g): groups == g for g in most}
    return found


def _largest(rows: dict[str, np.ndarray], most: int) -> dict[str, np.ndarray]:
    if len(rows) <= most:
        return rows
    kept = set(sorted(rows, key=lambda name: -int(rows[name].sum()))[:most])
    return {name: which for name, which in rows.items() if name in kept}


def _distribution(values: pd.Series, sets: dict[str, dict[str, np.ndarray]]) -> dict[str, Any]:
    """{"kind", "edges" or "values", "all", "missing", "classes": {class: counts}, "groups": {attribute: {group: ..}}}.

    kind: "number", "date" (edges in days since 1970-01-01) or "category"; counts: one a bin, or one a value and last
    of all other values together. The outermost bins of a number hold what lies beyond its 0.5 % and 99.5 % quantiles.
    """
    codes, count, head = _counted(values)
    out: dict[str, Any] = {**head, "missing": int((codes < 0).sum()), "classes": {}, "groups": {}}
    for name, members in sets.items():
        counts = {
            one: np.bincount(codes[which & (codes >= 0)], minlength=count).tolist() for one, which in members.items()
        }
        if name == "":
            out["all"] = counts[""]
        elif name == "class":
            out["classes"] = counts
        else:
            out["groups"][name.removeprefix("group ")] = counts
    return out


def _counted(values: pd.Series) -> tuple[np.ndarray, int, dict[str, Any]]:
    """(bin of each row, -1 where missing; how many bins; what they are)."""
    there = values.notna().to_numpy()
    codes = np.full(len(values), -1, dtype=np.int64)
    numbers = as_numbers(values)
    if numbers is not None:
        edges = _edges(numbers[there])
        inside = np.clip(numbers[there], edges[0], edges[-1])
        codes[there] = np.clip(np.searchsorted(edges, inside, side="right") - 1, 0, len(edges) - 2)
        date = pd.api.types.is_datetime64_any_dtype(values)
        return codes, len(edges) - 1, {"kind": "date" if date else "number", "edges": edges.tolist()}
    text = values[there].astype(str)
    top = text.value_counts().index[:TOP].tolist()
    at = {value: place for place, value in enumerate(top)}
    codes[there] = text.map(lambda value: at.get(value, len(top))).to_numpy(dtype=np.int64)
    return codes, len(top) + 1, {"kind": "category", "values": [value[:80] for value in top]}


def as_numbers(values: pd.Series) -> np.ndarray | None:
    """float64 N of a number, of a date its days since 1970-01-01; NaN where missing. None of anything else."""
    if pd.api.types.is_datetime64_any_dtype(values):
        days = (values - pd.Timestamp("1970-01-01")) / pd.Timedelta(days=1)
        return days.to_numpy(dtype=np.float64, na_value=np.nan)
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return values.to_numpy(dtype=np.float64, na_value=np.nan)
    return None


def _edges(numbers: np.ndarray) -> np.ndarray:
    """Ends of the bins; a number of few values has a bin around each."""
    if not len(numbers):
        return np.array([0.0, 1.0])
    values = np.unique(numbers)
    if len(values) <= BINS:
        gap = np.diff(values).min() if len(values) > 1 else 1.0
        middle = (values[1:] + values[:-1]) / 2
        return np.concatenate([[values[0] - gap / 2], middle, [values[-1] + gap / 2]])
    low, high = np.quantile(numbers, [0.005, 0.995])
    if high <= low:
        low, high = values[0], values[-1]
    return np.linspace(low, high, BINS + 1)


def _missing(frame: pd.DataFrame, told: list[str], sets: dict[str, dict[str, np.ndarray]]) -> dict[str, Any]:
    """{"columns": [{"name", "missing", "rows", "classes": {class: [missing, rows]}, "groups"}], "patterns"}.

    columns: those that lack a value anywhere, the emptiest first; patterns: [{"columns", "rows"}], the most frequent
    sets of columns that lack a value together (the empty set: rows without a gap)."""
    gone = {name: frame[name].isna().to_numpy() for name in told}
    lacking = sorted((name for name in told if gone[name].any()), key=lambda name: -int(gone[name].sum()))
    rows = []
    for name in lacking[:MOST_COLUMNS]:
        one: dict[str, Any] = {"name": name, "missing": int(gone[name].sum()), "rows": len(frame)}
        counted = {
            of: {member: [int((gone[name] & which).sum()), int(which.sum())] for member, which in members.items()}
            for of, members in sets.items()
            if of
        }
        one["classes"] = counted.pop("class", {})
        one["groups"] = {of.removeprefix("group "): found for of, found in counted.items()}
        rows.append(one)
    return {"columns": rows, "of": len(lacking), "patterns": _patterns(gone, lacking[:MOST_COLUMNS], len(frame))}


def _patterns(gone: dict[str, np.ndarray], names: list[str], count: int) -> list[dict[str, Any]]:
    if not names or not count:
        return []
    together = np.packbits(np.stack([gone[name] for name in names], axis=1), axis=1)
    _, first, counts = np.unique(together, axis=0, return_index=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:PATTERNS]
    return [
        {"columns": [name for name in names if gone[name][first[at]]], "rows": int(counts[at])} for at in order.tolist()
    ]


def _near_constant(frame: pd.DataFrame, told: list[str], types: dict[str, str]) -> list[dict[str, Any]]:
    """[{"name", "value", "share", "rows"}] of the columns in which one value makes `CONSTANT` of the known ones."""
    found = []
    for name in told:
        known = frame[name].dropna()
        if not len(known) or types[name] in ("identifier", "text"):
            continue
        counts = known.value_counts()
        if counts.iloc[0] >= CONSTANT * len(known):
            value = counts.index[0]
            value = quantity(float(value)) if isinstance(value, int | float | np.number) else str(value)[:80]
            found.append(
                {"name": name, "value": value, "share": float(counts.iloc[0] / len(known)), "rows": len(known)}
            )
    return sorted(found, key=lambda one: -one["share"])[:MOST_COLUMNS]
