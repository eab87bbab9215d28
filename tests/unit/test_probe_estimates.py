"""What probes estimate: closed forms of the intervals, and that items of one unit do not count twice."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from backend.probes import _estimates as estimates
from backend.statistics.proportions import wilson


def test_a_share_of_independent_items_is_wilsons_interval():
    hits = np.arange(100) < 63
    found = estimates.share(hits, np.arange(100))
    assert (found.low, found.high) == pytest.approx((0.5324, 0.7182), abs=2e-4)
    assert found.p == pytest.approx(2 * stats.norm.sf(0.13 / 0.05))


@pytest.mark.parametrize("hits", range(40, 61, 2))
def test_the_interval_leaves_out_one_half_exactly_when_the_test_rejects(hits):
    found = estimates.share(np.arange(100) < hits, np.arange(100))
    assert (found.low > 0.5 or found.high < 0.5) == (found.p < 0.05)


def test_twins_count_once():
    hits = np.arange(100) < 63
    twins = estimates.share(hits.repeat(2), np.arange(100).repeat(2))
    trials = 200 / (2 * (100 / 99) / (200 / 199))  # as good as 100
    once = wilson(0.63 * trials, trials)
    assert (twins.low, twins.high) == pytest.approx((float(once.low), float(once.high)), abs=1e-6)


def test_one_unit_is_one_item_however_often_it_agrees():
    alone = estimates.share(np.ones(50, dtype=bool), np.zeros(50))
    assert (alone.low, alone.high) == pytest.approx(tuple(map(float, wilson(1, 1)[1:])))


def test_a_mean_over_units_is_students_interval_of_their_means():
    values, units = np.array([1.0, 3, 2, 4, 6, 8]), ["a", "a", "b", "b", "c", "c"]
    found = estimates.mean(values, units)
    low, high = stats.t.interval(0.95, 2, 4, stats.sem([2, 3, 7]))
    assert (found.value, found.low, found.high) == pytest.approx((4, low, high))
    assert found.p == pytest.approx(stats.ttest_1samp([2, 3, 7], 0).pvalue)


def test_nothing_to_estimate_is_not_known():
    assert estimates.share(np.array([], dtype=bool), np.array([])).value is None
    assert estimates.correlation(np.ones(9), np.arange(9.0)).value is None
    assert estimates.difference(np.array([1.0]), np.arange(4.0)).value is None
    assert estimates.mean(np.array([2.0])).low is None
