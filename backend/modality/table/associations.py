"""How strongly columns of a table go together: two by two, whatever their types.

spearman   of two numbers or dates: rank correlation over the rows that have both, -1 to 1; interval by Fisher's z with
           Bonett & Wright's (2000), Psychometrika 65:23, variance
cramers_v  of two categories: 0 to 1, without its upward bias: Bergsma (2013), J. Korean Statistical Society 42:323
eta        of a number and a category: root of the share of the ranks' variance between the categories, 0 to 1, without
           its upward bias (epsilon squared: Kelley 1935, PNAS 21:554)

The intervals of the last two are percentiles of a bootstrap of the counts; a value at 0 has 0 as its lower end.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from ...statistics.proportions import z_score

MOST_COLUMNS = 40
MOST_ROWS = 20_000
MOST_VALUES = 30  # of a category; the others together
PAIRS = 20
RESAMPLES = 200
RANK_BINS = 50
FEW = 30  # rows that have both


def strongest(frame: pd.DataFrame, names: Sequence[str], types: dict[str, str]) -> dict[str, Any]:
    """{"columns", "matrix", "pairs", "rows", "left_out"}.

    matrix: [[float or None]] in the order of `columns`; pairs: [{"a", "b", "measure", "value", "low", "high", "rows"}],
    the strongest first. At most `MOST_COLUMNS` columns, the first ones, and `MOST_ROWS` rows evenly over the frame.
    """
    rows = np.unique(np.linspace(0, max(0, len(frame) - 1), min(len(frame), MOST_ROWS)).astype(int))
    varying = ((name, frame[name].iloc[rows]) for name in names)
    taken = list(islice(((name, values) for name, values in varying if values.nunique() > 1), MOST_COLUMNS))
    kept, columns = [name for name, _ in taken], [_column(values) for _, values in taken]
    matrix: list[list[float | None]] = [[None] * len(kept) for _ in kept]
    pairs = []
    for i, a in enumerate(columns):
        matrix[i][i] = 1.0
        for j in range(i):
            value = _value(a, columns[j])
            matrix[i][j] = matrix[j][i] = None if value is None else round(value, 4)
            if value is not None:
                pairs.append((abs(value), j, i))
    pairs.sort(reverse=True)
    return {
        "columns": kept,
        "matrix": matrix,
        "pairs": [_pair(kept, columns, j, i) for _, j, i in pairs[:PAIRS]],
        "rows": len(rows),
        "left_out": max(0, len(names) - MOST_COLUMNS),
    }


def _column(values: pd.Series) -> tuple[str, np.ndarray]:
    """("number", ranks in 0 .. 1 with NaN) or ("category", codes with -1)."""
    if pd.api.types.is_datetime64_any_dtype(values) or (
        pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    ):
        return "number", values.rank(pct=True).to_numpy(dtype=np.float64)
    codes, names = pd.factorize(values)
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    rank = np.empty(len(names), dtype=np.int64)
    rank[np.argsort(-counts, kind="stable")] = np.arange(len(names))
    return "category", np.where(codes >= 0, np.minimum(rank[codes], MOST_VALUES), -1)


def _value(a: tuple[str, np.ndarray], b: tuple[str, np.ndarray]) -> float | None:
    if a[0] == b[0] == "number":
        both = ~np.isnan(a[1]) & ~np.isnan(b[1])
        if both.sum() < FEW or a[1][both].std() == 0 or b[1][both].std() == 0:
            return None
        return float(np.corrcoef(a[1][both], b[1][both])[0, 1])
    table, _ = _table(a, b)
    if table.sum() < FEW:
        return None
    value = _of_table(table[None], a[0] == b[0])[0]
    return float(value) if np.isfinite(value) else None


def _table(a: tuple[str, np.ndarray], b: tuple[str, np.ndarray]) -> tuple[np.ndarray, int]:
    """Counts (category x category or binned number), rows that have both. A number comes second, in `RANK_BINS`."""
    if a[0] == "number":
        a, b = b, a
    first, second = a[1], b[1]
    if b[0] == "number":
        at = np.minimum((np.nan_to_num(second) * RANK_BINS).astype(np.int64), RANK_BINS - 1)
        second = np.where(np.isnan(second), -1, at)
    both = (first >= 0) & (second >= 0)
    height, width = int(first.max(initial=0)) + 1, int(second.max(initial=0)) + 1
    cells = np.bincount(first[both] * width + second[both], minlength=height * width)
    return cells.reshape(height, width), int(both.sum())


def _of_table(tables: np.ndarray, categories: bool) -> np.ndarray:
    """(draws, H, W) counts -> (draws,) Cramer's V, or eta of the columns' places; NaN where a side does not vary."""
    tables = tables.astype(np.float64)
    n, rows, columns = tables.sum((1, 2)), tables.sum(2), tables.sum(1)
    if categories:
        expected = rows[:, :, None] * columns[:, None, :] / n[:, None, None]
        square = np.divide(np.square(tables - expected), expected, out=np.zeros_like(tables), where=expected > 0)
        r, k = (rows > 0).sum(1), (columns > 0).sum(1)
        phi = np.maximum(0, square.sum((1, 2)) / n - (r - 1) * (k - 1) / (n - 1))
        least = np.minimum(r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)) - 1
        return np.sqrt(np.divide(phi, least, out=np.full_like(phi, np.nan), where=least > 0)).clip(0, 1)
    place = np.arange(tables.shape[2])
    total = np.divide((tables * place).sum((1, 2)), n)
    spread = (columns * np.square(place - total[:, None])).sum(1)
    means = np.divide((tables * place).sum(2), rows, out=np.zeros_like(rows), where=rows > 0)
    within = (tables * np.square(place - means[:, :, None])).sum((1, 2))
    left = n - (rows > 0).sum(1)
    known = (spread > 0) & (left > 0) & ((rows > 0).sum(1) > 1)
    share = 1 - np.divide(within * (n - 1), spread * left, out=np.full_like(n, np.nan), where=known)
    return np.sqrt(np.maximum(share, 0))


def _pair(names: list[str], columns: list[tuple[str, np.ndarray]], j: int, i: int) -> dict[str, Any]:
    a, b = columns[j], columns[i]
    value = _value(a, b)
    head = {"a": names[j], "b": names[i], "value": value}
    if a[0] == b[0] == "number":
        rows = int((~np.isnan(a[1]) & ~np.isnan(b[1])).sum())
        inside = min(max(value, -0.999999), 0.999999)
        half = z_score(0.95) * np.sqrt((1 + inside**2 / 2) / max(1, rows - 3))
        low, high = np.tanh(np.arctanh(inside) - half), np.tanh(np.arctanh(inside) + half)
        ends = {"low": float(min(low, value)), "high": float(max(high, value))}
        return {**head, "measure": "spearman", **ends, "rows": rows}
    table, rows = _table(a, b)
    categories = a[0] == b[0]
    rng = np.random.default_rng(0)
    drawn = rng.multinomial(rows, table.reshape(-1) / rows, RESAMPLES).reshape(RESAMPLES, *table.shape)
    low, high = np.nanquantile(_of_table(drawn, categories), [0.025, 0.975])
    measure = "cramers_v" if categories else "eta"
    return {**head, "measure": measure, "low": float(min(low, value)), "high": float(max(high, value)), "rows": rows}
