"""A source's columns to labels, groups, bands and splits; what cannot be used is refused with one line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from ..workspace.layout import BadInput
from .conventions import splits as split_names
from .conventions.names import same
from .conventions.written import NUMBER, number, numbers, text

MAX_CLASSES = 1_000
MAX_GROUPS = 50
MISSING = "missing"


def labels(
    values: pd.Series, order: Sequence[str], positive: list[str], positive_name: str | None, where: str
) -> tuple[np.ndarray, list[str], str | None]:
    """(int64 codes with -1 where missing, class names, name of class 1 of a binary label or None).

    `order` fixes the order of classes where the source names it; otherwise numbers count up and words are
    alphabetical. `positive` values become class 1 of two. Raises BadInput.
    """
    check_finite(values, where)
    written = text(values)
    found = written.dropna()
    distinct = sorted(found.unique(), key=_natural)
    if len(distinct) < 2:
        only = f"only {distinct[0]!r}" if distinct else "none: every value is missing"
        raise BadInput(f"{where}: expected at least two classes, found {only}")
    if len(distinct) > MAX_CLASSES or len(distinct) > max(2, len(found) // 2):
        raise BadInput(
            f"{where}: expected at most {MAX_CLASSES:,} classes with several examples each, found "
            f"{len(distinct):,} distinct values in {len(found):,} rows"
        )
    if positive:
        written, distinct = _binary(written, distinct, positive, positive_name, where)
    elif order:
        distinct = [c for c in order if c in set(distinct)]
    codes = pd.Categorical(written, categories=distinct).codes.astype(np.int64)
    return codes, distinct, distinct[1] if len(distinct) == 2 else None


def called(values: Sequence[str], names: dict[str, str], where: str) -> list[str]:
    """The classes or groups under the names that a person gave some of them, {value: name}. Raises BadInput."""
    if unknown := next((value for value in names if value not in values), None):
        listed = ", ".join(values[:20])
        raise BadInput(f"{where}: expected names for values among {listed}, found one for {unknown!r}")
    told = [names.get(value, value) for value in values]
    if twice := next((name for name in told if told.count(name) > 1), None):
        raise BadInput(f"{where}: expected a name of its own for each value, found {twice!r} twice")
    return told


def _binary(
    written: pd.Series, distinct: list[str], positive: list[str], name: str | None, where: str
) -> tuple[pd.Series, list[str]]:
    positive = [same(v) for v in positive]
    unknown = [v for v in positive if v not in distinct]
    if unknown:
        listed = ", ".join(distinct[:20])
        raise BadInput(f"{where}: expected positive values among {listed}, found {unknown[0]!r}")
    rest = [v for v in distinct if v not in positive]
    if not rest:
        raise BadInput(f"{where}: expected values that are not positive, found none")
    if name is None:
        name = "/".join(positive[:3]) + (f" +{len(positive) - 3}" if len(positive) > 3 else "")
    other = rest[0] if len(rest) == 1 else f"not {name}"
    if name == other:
        raise BadInput(f"{where}: expected a positive_name that differs from the other class, found {name!r} twice")
    codes = written.map(lambda v: v if v is None or pd.isna(v) else name if v in positive else other)
    return codes, [other, name]


def groups(values: pd.Series, cuts: list[float], where: str) -> tuple[pd.Series, list[str]]:
    """(the group of each row, "missing" where it is not known; the groups' names in order). Raises BadInput."""
    if cuts:
        written, order = _bands(values, cuts, where)
    else:
        check_finite(values, where)
        written, order = text(values), None
    occurring = set(written.dropna())
    if len(occurring) < 2:
        only = f"only {min(occurring)!r}" if occurring else "none: every value is missing"
        raise BadInput(f"{where}: expected at least two groups, found {only}")
    if len(occurring) > MAX_GROUPS:
        hint = "; cut numbers into bands (age:40:60)" if pd.api.types.is_numeric_dtype(values) else ""
        raise BadInput(f"{where}: expected at most {MAX_GROUPS} groups, found {len(occurring):,}{hint}")
    present = [g for g in order if g in occurring] if order else sorted(occurring, key=_natural)
    missing = written.isna()
    return written.where(~missing, MISSING), present + [MISSING] * bool(missing.any())


def _bands(values: pd.Series, cuts: list[float], where: str) -> tuple[pd.Series, list[str]]:
    found = numbers(values, where)
    check_finite(found, where)
    whole = bool((found.dropna() % 1 == 0).all()) and all(c % 1 == 0 for c in cuts)
    # Of whole numbers the last one below a cut is known: "40 to 59" reads better than "40 to under 60".
    names = [f"under {number(cuts[0])}"]
    for low, high in pairwise(cuts):
        names.append(f"{number(low)} to {number(high - 1)}" if whole else f"{number(low)} to under {number(high)}")
    names.append(f"{number(cuts[-1])} and over")
    at = np.digitize(found.fillna(0).to_numpy(dtype=float), cuts)
    written = pd.Series(np.asarray(names, dtype=object)[at])
    return written.where(found.notna().to_numpy(), None), names


def units(values: pd.Series) -> pd.Series:
    """The person, lesion or engine of each row; a row without one stands alone."""
    written = text(values)
    alone = pd.Series([f"row {i}" for i in range(len(written))], dtype=object)
    return written.where(written.notna(), alone)


def splits(values: pd.Series, what: str, where: Callable[[int], str]) -> tuple[np.ndarray, np.ndarray]:
    """(train, val or test of each row, from their usual names; whether it is a training row that has no label).

    what: the column, where: the place of a row, both for the line. Raises BadInput.
    """
    written = text(values)
    names = {name: split_names.named(name) for name in written.dropna().unique()}
    known = written.map(names)
    stray = np.flatnonzero(known.isna())
    if len(stray):
        found = written[stray[0]]
        shown = "nothing" if not isinstance(found, str) else repr(found[:60])
        raise BadInput(f"{where(stray[0])}: {what}: expected train, val or test in every row, found {shown}")
    unlabelled = (known == split_names.UNLABELLED).to_numpy()
    return np.where(unlabelled, "train", known).astype(str), unlabelled


def check_finite(values: pd.Series, where: str) -> None:
    """Raises BadInput for numbers that are infinite."""
    if pd.api.types.is_float_dtype(values):
        bad = np.flatnonzero(np.isinf(values.to_numpy(dtype=float, na_value=np.nan)))
        if len(bad):
            raise BadInput(f"{where}: expected finite numbers, found infinity in row {bad[0]}")


def _natural(value: str) -> tuple[int, float, str]:
    return (0, float(value), value) if re.match(NUMBER, value) else (1, 0.0, value)
