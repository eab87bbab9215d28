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


@pytest.mark.parametrize("subsets", [5, 12])
def test_intervals_hold_the_true_crossing_of_simulated_curves(subsets):
    """Three pretrainings, 150 test examples; the truth lies between two fractions. At least 95 % of the intervals."""
    fractions, curve, gain = np.array([0.01, 0.05, 0.1, 0.3, 1.0]), np.linspace(0.5, 0.8, 5), 0.13
    truth, rng, hits = reaches(fractions, curve + gain, curve[-1]), np.random.default_rng(subsets), 0

    def noisy(mean: float, example: np.ndarray) -> np.ndarray:
        cells = 0.02 * rng.normal(size=(subsets, 1, 1)) + 0.01 * rng.normal(size=(1, 3, 1))
        return mean + cells + example + 0.3 * rng.normal(size=(subsets, 3, 150))

    assert 0.05 < truth < 0.3
    for _ in range(100):
        example = 0.3 * rng.normal(size=150)
        ssl = np.stack([noisy(m + gain, example) for m in curve])
        found = label_efficiency(fractions, ssl, noisy(curve[-1], example), resamples=200)
        hits += found.low <= truth <= found.high
    assert hits >= 91, "fewer than chance lets 95 in 100 be"


def test_never_reached_is_infinite_in_value_and_interval():
    crossing = label_efficiency(FRACTIONS, np.zeros((3, 2, 2, 9)), np.ones((2, 2, 9)))
    assert (crossing.value, crossing.low, crossing.high) == (np.inf, np.inf, np.inf)
