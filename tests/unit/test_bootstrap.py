"""Resampled counts: sizes kept, moments right, seeds and rows drawn as said, intervals of disparities that cover."""

from __future__ import annotations

import time

import numpy as np
import pytest

from backend.statistics.bootstrap import (
    Cells,
    disparity,
    hierarchical,
    percentile,
    resample_cells,
    seed_weights,
    two_sided_p,
)


def test_resampled_cells_keep_group_sizes_and_an_empty_group():
    counts = np.array([[[5, 3], [2, 10]], [[0, 0], [0, 0]]])
    drawn = resample_cells(counts, 500, 0)
    assert drawn.shape == (500, 2, 2, 2)
    assert (drawn.sum((2, 3)) == [20, 0]).all()
    assert drawn[:, 0].mean(0) == pytest.approx(counts[0], abs=0.5)


def test_resampled_cells_are_reproducible():
    counts = np.array([[8, 2], [3, 7]])
    assert (resample_cells(counts, 50, 3) == resample_cells(counts, 50, 3)).all()
    assert (resample_cells(counts, 50, 3) != resample_cells(counts, 50, 4)).any()


def test_ten_thousand_resamples_of_a_million_rows_take_well_under_a_second():
    counts = np.full((12, 2, 2), 1_000_000 // 48)
    started = time.perf_counter()
    resample_cells(counts, 10_000, 0)
    assert time.perf_counter() - started < 1.0


def test_resamples_that_could_not_be_computed_are_left_out():
    found = percentile(0.5, np.array([0.4, np.nan, 0.6]))
    assert 0.4 <= found.low < found.high <= 0.6
    assert np.isnan(percentile(np.nan, np.array([np.nan, np.nan])).low)


@pytest.mark.parametrize("rates", [[0.7, 0.7], [0.7, 0.7, 0.7, 0.7], [0.8, 0.6], [0.85, 0.7, 0.6]])
def test_disparity_covers_at_least_its_level_with_and_without_a_gap(rates):
    rng = np.random.default_rng(0)
    n, rates = 80, np.array(rates)
    covered = []
    for _ in range(300):
        values = (rng.binomial(n, rates) / n)[None]
        samples = rng.binomial(n, values, (600, 1, len(rates))) / n
        found = disparity(values, samples)
        covered.append(found.low <= np.ptp(rates) <= found.high)
    assert np.mean(covered) >= 0.93


def test_disparity_of_several_rates_is_that_of_the_widest():
    values = np.array([[0.5, 0.6], [0.1, 0.4]])
    found = disparity(values, np.repeat(values[None], 10, 0))
    assert (found.value, found.low, found.high) == pytest.approx((0.3, 0.3, 0.3))


def test_weights_of_few_seeds_give_an_unbiased_variance_of_their_mean():
    """Three pretraining seeds, one subset: the bootstrap variance of a mean is s2 / 3 with s2 over n - 1."""
    values = np.array([1.0, 2.0, 6.0])
    weights = seed_weights([(0, 0), (0, 1), (0, 2)], 200_000, 0)
    assert weights.sum(1) == pytest.approx(1)
    assert (weights @ values).var() == pytest.approx(values.var(ddof=1) / 3, rel=0.02)


def test_a_single_seed_pair_always_has_full_weight():
    assert (seed_weights([(0, 0)], 10, 0) == 1).all()


def test_hierarchical_resamples_are_shared_by_all_models_and_tables():
    cells = np.array([[0, 1, 2, 3], [0, 1, 2, 3]])
    ((drawn, parity),) = hierarchical([Cells(cells, 4), Cells(cells[:1] % 2, 2)], np.arange(4), 200, 0)
    assert (drawn.shape, parity.shape) == ((200, 2, 4), (200, 1, 2))
    assert (drawn[:, 0] == drawn[:, 1]).all()
    assert (drawn[:, 0, ::2].sum(1) == parity[:, 0, 0]).all()
    assert (drawn.sum(2) == 4).all()
    assert drawn.std(0).min() > 0


def test_hierarchical_keeps_the_rows_of_a_unit_together_and_leaves_rows_out():
    cells, units = np.array([[0, 1, 2, -1]]), np.array(["a", "a", "b", "b"])
    ((drawn,),) = hierarchical([Cells(cells, 3)], units, 200, 0)
    assert (drawn[:, 0, 0] == drawn[:, 0, 1]).all()
    assert set(np.unique(drawn)) <= {0, 1, 2}


@pytest.mark.parametrize("rows", [60, 3000])
def test_rows_that_are_alike_are_drawn_as_single_rows_are(rows):
    """Few rows of a kind, drawn one by one, and many, drawn as numbers: the moments of a plain loop over resamples."""
    rng = np.random.default_rng(0)
    cells = np.stack([rng.choice([0, 0, 1, 2, -1], rows), rng.integers(0, 3, rows)])
    drawn = np.concatenate([part for (part,) in hierarchical([Cells(cells, 3)], np.arange(rows), 4000, 0)])
    plain = np.zeros((4000, 2, 4))
    for b in range(4000):
        rows_drawn = rng.integers(0, rows, rows)
        plain[b] = [np.bincount(cells[m, rows_drawn] + 1, minlength=4) for m in (0, 1)]
    flat, of_loop = (x.reshape(4000, 6) for x in (drawn, plain[:, :, 1:]))
    error = of_loop.std(0) / np.sqrt(4000)
    assert (np.abs(flat.mean(0) - of_loop.mean(0)) < 6 * error).all()
    spread = np.cov(of_loop.T)
    assert np.cov(flat.T) == pytest.approx(spread, abs=0.12 * spread.max())


def test_p_is_small_only_away_from_zero():
    rng = np.random.default_rng(0)
    assert two_sided_p(rng.normal(0, 1, 2000)) > 0.5
    assert two_sided_p(rng.normal(4, 1, 2000)) < 0.01
    assert two_sided_p(np.full(100, np.nan)) == 1.0
