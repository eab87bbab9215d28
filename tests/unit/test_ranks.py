"""Rank correlation and repeated trainings: values by closed forms, intervals by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from backend.statistics.ranks import spearman
from backend.statistics.repeats import difference, mean


class TestSpearman:
    def test_values(self):
        assert spearman([1, 2, 3, 4, 5], [2, 1, 4, 3, 5])["value"] == pytest.approx(0.8)
        assert spearman([1, 2, 2, 4], [1, 3, 2, 4])["value"] == pytest.approx(
            stats.spearmanr([1, 2, 2, 4], [1, 3, 2, 4])[0]
        )

    def test_the_interval_is_that_of_bonett_and_wright(self):
        found = spearman([1, 2, 3, 4, 5, 6, 7], [2, 1, 4, 3, 5, 7, 6])
        r = found["value"]
        half = 1.959963985 * math.sqrt((1 + r**2 / 2) / 4)
        assert found["low"] == pytest.approx(math.tanh(math.atanh(r) - half))
        assert found["high"] == pytest.approx(math.tanh(math.atanh(r) + half))

    def test_where_all_agree_something_is_still_unknown(self):
        found = spearman(range(6), range(6))
        assert (found["value"], found["high"]) == (1.0, 1.0)
        assert 0 < found["low"] < 0.8
        turned = spearman(range(6), range(0, -6, -1))
        assert (turned["value"], turned["low"]) == (-1.0, -1.0)
        assert turned["high"] == pytest.approx(-found["low"])

    def test_what_cannot_be_said(self):
        assert spearman([1, 1, 1, 1, 1], [1, 2, 3, 4, 5]) == {"value": None, "low": None, "high": None}
        assert spearman([1, 2, 3], [1, 2, 3]) == {"value": 1.0, "low": None, "high": None}
        with pytest.raises(ValueError, match="of one length, found 2 and 3"):
            spearman([1, 2], [1, 2, 3])

    @pytest.mark.parametrize("rho", [0.0, 0.6])
    @pytest.mark.parametrize("n", [9, 24])
    def test_coverage(self, rho, n):
        """Of the rank correlation of a binormal population, 6 / pi asin(rho / 2)."""
        draw, truth = np.random.default_rng(n), 6 / math.pi * math.asin(rho / 2)
        both = draw.multivariate_normal([0, 0], [[1, rho], [rho, 1]], (1000, n))
        found = [spearman(one[:, 0], one[:, 1]) for one in both]
        covered = np.mean([one["low"] <= truth <= one["high"] for one in found])
        assert 0.93 <= covered <= 0.97


class TestRepeats:
    def test_mean_and_interval(self):
        found = mean([1.0, 2.0, 3.0])
        half = 4.302652729 / math.sqrt(3)
        assert (found["value"], found["low"], found["high"]) == pytest.approx((2.0, 2 - half, 2 + half))

    def test_too_few(self):
        assert mean([1.0, 2.0]) == {"value": 1.5, "low": None, "high": None}
        assert mean([]) == {"value": None, "low": None, "high": None}

    def test_a_difference_is_paired_by_seed(self):
        first, second = {1: 0.9, 2: 0.5, 3: 0.7, 9: 0.0}, {3: 0.6, 1: 0.8, 2: 0.4}
        found = difference(first, second)
        assert (found["value"], found["low"], found["high"]) == pytest.approx((0.1, 0.1, 0.1))

    def test_differences_of_all_pairs_hold_together(self):
        """Four tasks that are alike: the largest gap of six is called one in at most 5 % of the sets."""
        draw, called = np.random.default_rng(0), 0
        for _ in range(400):
            tasks = [dict(enumerate(draw.normal(size=5))) for _ in range(4)]
            pairs = [difference(tasks[a], tasks[b], 6) for a in range(4) for b in range(a)]
            called += any(one["low"] > 0 or one["high"] < 0 for one in pairs)
        assert called / 400 <= 0.05
