"""Intervals of rates, of AUROC and of differences: published examples, closed forms, bounds, coverage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr
from scipy.stats import binom

from backend.statistics.proportions import auroc, delong_variance, difference, newcombe, ratio, wilson


def test_wilson_solves_its_own_equation():
    """At both ends the distance to the value is 1.96 standard errors of the end itself."""
    hits, n = np.array([3.0, 27.0]), np.array([10.0, 80.0])
    found = wilson(hits, n)
    for end in (found.low, found.high):
        assert np.abs(end - hits / n) == pytest.approx(1.959964 * np.sqrt(end * (1 - end) / n), rel=1e-5)


def test_wilson_of_none_and_of_all_is_not_a_point():
    found = wilson(np.array([0, 12]), 12)
    assert (found.low[0], found.high[1]) == (0.0, 1.0)
    assert found.high[0] == pytest.approx(0.2425, abs=1e-4)  # z2 / (n + z2)
    assert found.low[1] == pytest.approx(1 - found.high[0])


def test_nothing_tried_is_nan_not_an_error():
    assert np.isnan(wilson(0, 0)).all()
    assert np.isnan(ratio(0, 0))
    assert np.isnan(auroc(np.zeros((2, 4)))).all()


def test_newcombe_agrees_with_his_published_examples():
    """Newcombe (1998), table II, method 10: 56/70 against 48/80 and 9/10 against 3/10."""
    assert newcombe(56, 70, 48, 80)[1:] == pytest.approx((0.0524, 0.3339), abs=1e-4)
    assert newcombe(9, 10, 3, 10)[1:] == pytest.approx((0.1705, 0.8090), abs=1e-4)


@settings(deadline=None)
@given(st.integers(0, 40), st.integers(1, 40), st.integers(0, 40), st.integers(1, 40))
def test_the_difference_turned_round_is_its_negative(hits_a, more_a, hits_b, more_b):
    a, b = wilson(hits_a, hits_a + more_a), wilson(hits_b, hits_b + more_b)
    one, other = difference(a, b), difference(b, a)
    assert one.value == pytest.approx(-other.value)
    assert one.low == pytest.approx(-other.high)
    assert -1 <= one.low <= one.value <= one.high <= 1


@pytest.mark.parametrize("n", [30, 60, 200])
def test_wilson_covers_over_the_range_of_rates(n):
    """Exact coverage from the binomial distribution, averaged over true rates from 5 to 95 %."""
    hits = np.arange(n + 1)
    found = wilson(hits, n)
    rates = np.linspace(0.05, 0.95, 181)
    covered = (found.low <= rates[:, None]) & (rates[:, None] <= found.high)
    coverage = (binom.pmf(hits, n, rates[:, None]) * covered).sum(1)
    assert 0.93 <= coverage.mean() <= 0.97


def at_ranks(negatives: np.ndarray, positives: np.ndarray) -> np.ndarray:
    """(..., 2, V) counts of scores (..., n) and (..., m) without ties."""
    order = np.argsort(np.concatenate([negatives, positives], axis=-1), axis=-1)
    is_positive = (order >= negatives.shape[-1]).astype(float)
    return np.stack([1 - is_positive, is_positive], axis=-2)


def test_auroc_interval_mirrors_and_has_a_width_at_one():
    perfect, turned = auroc(np.array([[20, 0], [0, 15]])), auroc(np.array([[0, 20], [15, 0]]))
    assert (perfect.value, turned.value) == (1, 0)
    assert perfect.low == pytest.approx(wilson(15, 15).low)
    assert turned.high == pytest.approx(1 - perfect.low)


@pytest.mark.parametrize(("shift", "spread"), [(0, 1), (1, 1), (1.5, 2), (2, 1)])
def test_auroc_interval_covers_with_thirty_of_each(shift, spread):
    rng = np.random.default_rng(0)
    truth = ndtr(shift / np.hypot(1, spread))
    found = auroc(at_ranks(rng.normal(0, 1, (4000, 30)), rng.normal(shift, spread, (4000, 30))))
    assert 0.93 <= ((found.low <= truth) & (truth <= found.high)).mean() <= 0.97


def test_delong_variance_is_the_jackknife_of_placements():
    """Placements written out row by row, as in the paper."""
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 6, 14), rng.integers(2, 8, 11)  # negatives, positives, with ties
    wins = (y[:, None] > x) + 0.5 * (y[:, None] == x)
    expected = wins.mean(1).var(ddof=1) / len(y) + wins.mean(0).var(ddof=1) / len(x)
    counts = np.stack([np.bincount(x, minlength=8), np.bincount(y, minlength=8)])
    assert delong_variance(counts) == pytest.approx(expected)
