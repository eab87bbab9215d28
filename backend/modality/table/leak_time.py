"""Leakage guards on time, identifiers and units; their rules: leakage.py."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from ...statistics.proportions import wilson
from .describe import Known, as_numbers
from .leak_rows import FEW, Rows, finding

SURE = 0.95
LATER = 0.01
DRIFT, DRIFT_R2 = 0.6, 0.05
DISTINCT, IN_ORDER = 0.95, 0.99
MOST_DATES = 8


def between(rows: Rows, dates: list[str], already: set[str]) -> list[dict[str, Any]]:
    """Days between two dates of which neither was flagged."""
    said = []
    for a, b in combinations([name for name in dates if name not in already][:MOST_DATES], 2):
        days = pd.Series(as_numbers(rows.frame[b]) - as_numbers(rows.frame[a]))
        if days.notna().sum() < FEW:
            continue
        found = rows.predicted_by(days)
        if found.low >= SURE:
            said.append(finding(b, "between", rows.measure, found, "alone", other=a))
    return said


def drift(rows: Rows, identifiers: list[str]) -> list[dict[str, Any]]:
    """The order of the rows, and identifiers that are numbers."""
    orders: dict[str, pd.Series] = {"": pd.Series(rows.place.astype(np.float64))}
    for name in identifiers:
        numbers = pd.to_numeric(rows.frame[name], errors="coerce")
        if numbers.notna().mean() > 0.9:
            orders[name] = numbers.astype("float64")
    said, bound = [], DRIFT_R2 if rows.numbers is not None else DRIFT
    for name, order in orders.items():
        found = rows.predicted_by(order)
        if found.low >= bound:
            said.append(finding(name, "drift", rows.measure, found, "by order"))
    return said


def later(frame: pd.DataFrame, told: Sequence[dict[str, Any]], parts: np.ndarray, known: Known) -> list[dict[str, Any]]:
    if known.split_time not in frame.columns or not pd.api.types.is_datetime64_any_dtype(frame[known.split_time]):
        return []
    said, when = [], frame[known.split_time]
    for one in told:
        name = one["name"]
        if name == known.split_time or not one.get("feature") or not pd.api.types.is_datetime64_any_dtype(frame[name]):
            continue
        both = (frame[name].notna() & when.notna()).to_numpy() & (parts == "train")
        later = (frame[name] > when).to_numpy() & both
        share = wilson(later.sum(), both.sum())
        if both.sum() >= FEW and share.low >= LATER:
            said.append(finding(name, "later", "share", share, "later", other=known.split_time))
    return said


def identifiers(frame: pd.DataFrame, told: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    said = []
    for one in told:
        values = frame[one["name"]].dropna()
        if not one.get("feature") or one["type"] in ("date", "yes/no") or len(values) < FEW:
            continue
        share = values.nunique() / len(values)
        if share < DISTINCT or (one["type"] == "number" and not _counts_up(values)):
            continue
        found = wilson(values.nunique(), len(values))
        said.append(finding(one["name"], "identifier", "share", found, "distinct"))
    return said


def _counts_up(values: pd.Series) -> bool:
    """Whether whole numbers rise or fall with the rows."""
    numbers = values.to_numpy(dtype=np.float64)
    if not np.equal(numbers, np.round(numbers)).all():
        return False
    ranks = values.rank().to_numpy()
    return bool(abs(np.corrcoef(ranks, np.arange(len(ranks)))[0, 1]) >= IN_ORDER)


def units(frame: pd.DataFrame, told: Sequence[dict[str, Any]], parts: np.ndarray, known: Known) -> list[dict[str, Any]]:
    """Share of the test (else validation) rows whose unit also stands in train."""
    units: dict[str, np.ndarray] = {}
    if known.unit is not None:
        units[""] = np.asarray(known.unit).astype(str)
    for one in told:
        values = frame[one["name"]]
        if one["type"] == "identifier" and values.nunique() < values.notna().sum():
            units[one["name"]] = values.astype(str).where(values.notna(), None).to_numpy(dtype=object)
    said = []
    for name, unit in units.items():
        there = pd.notna(unit)
        train = set(unit[there & (parts == "train")])
        for part in ("test", "val"):
            held = unit[there & (parts == part)]
            shared = sum(value in train for value in held)
            if shared:
                said.append(finding(name, "unit", "share", wilson(shared, len(held)), part, other="train"))
                break
    return said
