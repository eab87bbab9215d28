import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.statistics.isotonic import label_efficiency, reaches

FRACTIONS = np.array([0.01, 0.1, 1.0])


def test_interpolates_on_the_log_axis():
    assert reaches(FRACTIONS, np.array([0.5, 0.7, 0.9]), 0.8) == pytest.approx(10**-0.5)
    assert reaches(FRACTIONS, np.array([0.5, 0.7, 0.9]), 0.7) == pytest.approx(0.1)


def test_dips_are_pooled_before_interpolation():
    """0.8 then 0.6 pool to 0.7 at both fractions, so 0.75 is reached a quarter of the way from 0.1 to 1."""
    assert reaches(FRACTIONS, np.array([0.8, 0.6, 0.9]), 0.75) == pytest.approx(10**-0.75)


def test_censoring_at_both_ends():
    assert reaches(FRACTIONS, np.array([0.5, 0.7, 0.9]), 0.4) == 0.01
    assert reaches(FRACTIONS, np.array([0.5, 0.7, 0.9]), 0.95) == np.inf


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3), st.floats(0, 1), st.floats(0, 0.5))
def test_a_higher_target_needs_no_fewer_labels(curve, target, more):
    assert reaches(FRACTIONS, np.array(curve), target) <= reaches(FRACTIONS, np.array(curve), target + more)


def test_interval_holds_the_known_crossing():
    rng = np.random.default_rng(0)
    noise = 0.02 * rng.normal(size=(3, 5, 3, 200)) + 0.01 * rng.normal(size=(1, 5, 1, 1))
    ssl = np.array([0.5, 0.7, 0.9])[:, None, None, None] + noise
    target = np.full((5, 3, 200), 0.8) + 0.02 * rng.normal(size=(5, 3, 200))
    crossing = label_efficiency(FRACTIONS, ssl, target)
    assert crossing.low < 10**-0.5 < crossing.high
    assert crossing.high / crossing.low < 1.5
    assert label_efficiency(FRACTIONS, ssl, target) == crossing


def test_never_reached_is_infinite_in_value_and_interval():
    crossing = label_efficiency(FRACTIONS, np.zeros((3, 2, 2, 9)), np.ones((2, 2, 9)))
    assert (crossing.value, crossing.low, crossing.high) == (np.inf, np.inf, np.inf)
