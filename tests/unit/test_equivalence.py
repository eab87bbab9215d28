import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from backend.statistics.equivalence import tost


def test_closed_form():
    assert tost(0.0, 1.0, 10, 2.0) == pytest.approx(stats.t.sf(2.0, 10))
    assert tost(0.5, 1.0, 10, 2.0) == pytest.approx(stats.t.sf(1.5, 10))
    assert tost(2.0, 1.0, 10, 2.0) == pytest.approx(0.5)


@given(st.floats(-3, 3), st.floats(0.05, 2), st.floats(1, 100), st.floats(0.1, 3))
def test_agrees_with_the_90_percent_interval(value, error, df, margin):
    half = stats.t.ppf(0.95, df) * error
    inside = -margin < value - half and value + half < margin
    p = tost(value, error, df, margin)
    assert (p <= 0.05) == inside or p == pytest.approx(0.05)
    assert p == pytest.approx(tost(-value, error, df, margin))


@pytest.mark.parametrize(("error", "margin"), [(0, 0.1), (0.1, 0), (float("nan"), 1)])
def test_refuses_nonsense(error, margin):
    with pytest.raises(ValueError, match="above 0"):
        tost(0, error, 5, margin)
