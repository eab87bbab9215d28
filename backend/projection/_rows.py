"""Which rows go on the map: the same for every method, arm and resumption."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..data.dataset import SPLITS


def choose_rows(table: pd.DataFrame, limit: int, seed: int) -> np.ndarray:
    """int64, ascending, at most `limit` rows of `table`: all of test first, then val, then train.

    A split that does not fit whole gives a sample stratified by label, which `seed` fixes.
    """
    random = np.random.default_rng(seed)
    chosen: list[np.ndarray] = []
    left = limit
    for split in reversed(SPLITS):
        rows = np.flatnonzero(table["split"].to_numpy() == split)
        if len(rows) > left:
            rows = _stratified(rows, table["label"].to_numpy()[rows], left, random)
        chosen.append(rows)
        left -= len(rows)
    return np.sort(np.concatenate(chosen)).astype(np.int64)


def _stratified(rows: np.ndarray, labels: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """`count` of `rows`, each label with its share (largest remainders take what rounding leaves)."""
    _, codes, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    exact = sizes * (count / len(rows))
    quota = np.floor(exact).astype(int)
    quota[np.argsort(quota - exact, kind="stable")[: count - quota.sum()]] += 1
    picked = [random.permutation(rows[codes == code])[:number] for code, number in enumerate(quota)]
    return np.concatenate(picked)
