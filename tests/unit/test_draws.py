"""How often units are drawn: as many as there are, with the moments of a multinomial, and the sums over them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from backend.statistics.draws import alike, in_kinds, resampled_sums, times_drawn

FEW, MANY = np.array([90, 60, 50]), np.array([1, 1, 2, 1, 30, 1])


@pytest.mark.parametrize("sizes", [FEW, MANY, np.array([7]), np.array([1, 0, 3])])
def test_a_resample_has_as_many_units_as_there_are(sizes):
    drawn = times_drawn(sizes, 500, np.random.default_rng(0))
    assert (drawn.sum(1) == sizes.sum()).all()
    assert (drawn[:, sizes == 0] == 0).all()


def test_both_ways_of_drawing_are_taken_here():
    assert in_kinds(FEW)
    assert not in_kinds(MANY)


@pytest.mark.parametrize("sizes", [FEW, MANY])
def test_numbers_drawn_have_the_moments_of_a_multinomial(sizes):
    drawn, share = times_drawn(sizes, 40_000, np.random.default_rng(0)), sizes / sizes.sum()
    assert drawn.mean(0) == pytest.approx(sizes, rel=0.03)
    covariance = sizes.sum() * (np.diag(share) - np.outer(share, share))
    assert np.cov(drawn.T) == pytest.approx(covariance, abs=0.04 * covariance.max())


def test_alike_are_rows_with_the_same_cells_under_every_model():
    cells = np.array([[0, 0, 1, 0, -1], [2, 2, 2, 1, -1]])
    first, sizes = alike(cells)
    assert sorted(zip(cells[:, first].T.tolist(), sizes.tolist(), strict=True)) == [
        ([-1, -1], 1), ([0, 1], 1), ([0, 2], 2), ([1, 2], 1),
    ]  # fmt: skip


@pytest.mark.parametrize("weight", [1, 1000])
def test_sums_are_those_of_the_units_drawn(weight):
    """Also where a sum leaves the range of the smallest numbers."""
    by_unit = sparse.csr_matrix(weight * np.array([[1, 0, 1], [0, 1, 0]]))
    (sums,) = resampled_sums(by_unit, np.array([20, 30, 50]), 300, 0)
    assert (sums.sum(1) == 100 * weight).all()
    assert sums[:, 0].mean() == pytest.approx(70 * weight, rel=0.02)
