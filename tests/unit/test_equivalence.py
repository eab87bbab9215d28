import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from backend.statistics.equivalence import tost
from backend.statistics.paired import Estimate, crossed_mean


def estimate(value: float, error: float, df: int) -> Estimate:
    return Estimate(value, None, None, error, None, 15, True, ((error**2, df),))


def test_closed_form():
    assert tost(estimate(0.0, 1.0, 10), 2.0) == pytest.approx(stats.t.sf(2.0, 10))
    assert tost(estimate(0.5, 1.0, 10), 2.0) == pytest.approx(stats.t.sf(1.5, 10))
    assert tost(estimate(2.0, 1.0, 10), 2.0) == pytest.approx(0.5)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.floats(-0.5, 0.5), st.floats(0.05, 1))
def test_agrees_with_the_90_percent_interval(seed, shift, margin):
    y = np.random.default_rng(seed).normal(size=(4, 3, 30)) + shift
    at_90, p = crossed_mean(y, level=0.9), tost(crossed_mean(y), margin)
    inside = -margin < at_90.low and at_90.high < margin
    assert (p <= 0.05) == inside or p == pytest.approx(0.05)
    assert p == pytest.approx(tost(crossed_mean(-y), margin))


def test_no_error_no_verdict():
    assert tost(crossed_mean(np.ones((1, 3, 5))), 0.1) is None


@pytest.mark.parametrize("margin", [0, -1, float("nan")])
def test_refuses_a_margin_that_is_none(margin):
    with pytest.raises(ValueError, match="above 0"):
        tost(estimate(0.0, 1.0, 5), margin)
