"""The permutation test: margins held, agreement with the exact distribution, size, and what it must not call a gap."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from backend.statistics.bootstrap import spread
from backend.statistics.dependence import design_effect
from backend.statistics.permutation import permuted_counts, permuted_units, random_tables, share_as_large


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=2, max_size=4), st.integers(0, 5))
def test_random_tables_keep_both_margins(rows, seed):
    table = np.array(rows)
    drawn = random_tables(table, 20, np.random.default_rng(seed))
    assert (drawn >= 0).all()
    assert (drawn.sum(1) == table.sum(0)).all()
    assert (drawn.sum(2) == table.sum(1)).all()


def test_two_by_two_is_fishers_exact_distribution():
    table = np.array([[7, 3], [2, 8]])
    drawn = random_tables(table, 40_000, np.random.default_rng(0))[:, 0, 0]
    expected = hypergeom(20, 9, 10).pmf(np.arange(10))
    assert np.bincount(drawn, minlength=10) / 40_000 == pytest.approx(expected, abs=0.008)


@pytest.mark.parametrize(("given_", "axis"), [("label", 3), ("prediction", 2)])
def test_labels_are_exchanged_within_strata_only(given_, axis):
    counts = np.array([[[9, 1], [4, 6]], [[2, 2], [1, 9]]])
    drawn = permuted_counts(counts, given_, 50, 0)
    assert (drawn.sum(1) == counts.sum(0)).all()
    assert (drawn.sum(axis) == counts.sum(axis - 1)).all()


def tpr(counts: np.ndarray) -> np.ndarray:
    return counts[..., 1, 1] / counts[..., 1, :].sum(-1)


def p_of(counts: np.ndarray, null: np.ndarray) -> float:
    return share_as_large(spread(tpr(counts))[None], spread(tpr(null))[:, None])[0]


def test_different_base_rates_are_no_gap_in_tpr():
    """Nine tenths against one tenth positive, the same TPR: the test within the positives sees nothing."""
    counts = np.array([[[8, 2], [18, 72]], [[72, 18], [2, 8]]])
    assert p_of(counts, permuted_counts(counts, "label", 2000, 0)) > 0.9


def test_holds_its_level_without_a_gap():
    rng = np.random.default_rng(0)
    p = []
    for i in range(400):
        hits = rng.binomial([60, 40, 50], 0.8)
        counts = np.zeros((3, 2, 2), dtype=int)
        counts[:, 1, 1], counts[:, 1, 0], counts[:, 0, 0] = hits, [60, 40, 50] - hits, 30
        p.append(p_of(counts, permuted_counts(counts, "label", 400, i)))
    assert np.mean(np.array(p) <= 0.05) <= 0.07


def twins(rng: np.random.Generator, patients: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(cells, group, units) of positives only: both images of a patient are found or both missed."""
    found = (rng.random(patients) < 0.7).repeat(2)
    return 2 + found.astype(int), rng.integers(0, 2, patients).repeat(2), np.arange(patients).repeat(2)


def test_units_of_dependent_rows_hold_the_level_where_rows_do_not():
    rng = np.random.default_rng(1)
    by_row, by_unit = [], []
    for i in range(300):
        cells, group, units = twins(rng)
        counts = np.bincount(group * 4 + cells, minlength=8).reshape(2, 2, 2)
        by_row.append(p_of(counts, permuted_counts(counts, "label", 300, i)))
        by_unit.append(p_of(counts, permuted_units(cells, (2, 2), group, 2, units, "label", 300, i)))
    assert np.mean(np.array(by_unit) <= 0.05) <= 0.07
    assert np.mean(np.array(by_row) <= 0.05) > 0.1


def test_units_of_one_row_each_are_the_same_test():
    rng = np.random.default_rng(2)
    cells, group = rng.integers(0, 4, 200), rng.integers(0, 2, 200)
    counts = np.bincount(group * 4 + cells, minlength=8).reshape(2, 2, 2)
    alone = permuted_units(cells, (2, 2), group, 2, np.arange(200), "label", 3000, 0)
    assert (alone.sum(1) == counts.sum(0)).all()
    assert p_of(counts, alone) == pytest.approx(p_of(counts, permuted_counts(counts, "label", 3000, 0)), abs=0.04)


def test_design_effect_of_twins_is_two_and_of_single_rows_one():
    cells, _, units = twins(np.random.default_rng(3), 300)
    assert design_effect(cells, units, (2, 2), tpr) == pytest.approx(2, rel=0.02)
    assert design_effect(cells, np.arange(600), (2, 2), tpr) == 1


def test_p_is_never_zero_and_none_where_there_is_no_statistic():
    assert share_as_large(np.array([9.0, np.nan]), np.zeros((99, 2))) == [0.01, None]
