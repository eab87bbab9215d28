"""Metrics of a number against scikit-learn and SciPy; their contributions' intervals in simulation; the constants."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import mean_absolute_error, mean_pinball_loss, mean_squared_error, r2_score

from backend.targets import target
from backend.targets.number import METRICS, QUANTILES

number = target("number")


def draw(seed: int, n: int = 60, ties: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """(truth, predictions N x 4) that agree in part."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(100, 20, n)
    point = truth + rng.normal(5, 15, n)
    if ties:
        truth, point = np.round(truth, -1), np.round(point, -1)
    return truth, np.column_stack([point, point - 10, point, point + 12])


@given(st.integers(0, 10_000), st.booleans())
def test_agrees_with_scikit_learn_and_scipy(seed, ties):
    truth, told = draw(seed, ties=ties)
    got = number.score(truth, told)
    assert got["mae"] == pytest.approx(mean_absolute_error(truth, told[:, 0]))
    assert got["rmse"] == pytest.approx(np.sqrt(mean_squared_error(truth, told[:, 0])))
    assert got["r2"] == pytest.approx(r2_score(truth, told[:, 0]))
    assert got["spearman"] == pytest.approx(spearmanr(truth, told[:, 0]).statistic)
    losses = [mean_pinball_loss(truth, told[:, 1 + k], alpha=q) for k, q in enumerate(QUANTILES)]
    assert got["pinball"] == pytest.approx(np.mean(losses))


@pytest.mark.parametrize("metric", METRICS)
def test_intervals_from_contributions_cover_the_truth(metric):
    """300 test sets of 80 rows from one distribution: the interval holds its metric in 95 % of them, give or take."""
    whole = number.score(*draw(1, n=400_000))[metric]
    held = []
    for seed in range(300):
        values = number.contributions(metric, *draw(seed + 2, n=80))
        held.append(abs(values.mean() - whole) <= 1.99 * values.std(ddof=1) / np.sqrt(len(values)))
    assert 0.91 <= np.mean(held) <= 0.985


@pytest.mark.parametrize("metric", ["rmse", "r2", "spearman"])
def test_a_contribution_is_what_leaving_the_example_out_changes(metric):
    """The influence function is the limit of the jackknife's pseudo-values."""
    truth, told = draw(3, n=400)
    values, whole = number.contributions(metric, truth, told), number.score(truth, told)[metric]
    left = [number.score(np.delete(truth, i), np.delete(told, i, 0))[metric] for i in range(0, 400, 20)]
    pseudo = 400 * whole - 399 * np.array(left)
    assert np.corrcoef(pseudo, values[::20])[0, 1] > 0.999
    assert np.abs(pseudo - values[::20]).max() < 0.05 * max(1.0, np.abs(values).max())


def test_perfect_answers_have_no_error_and_full_correlation():
    truth = np.array([1.0, 5.0, 2.0, 7.0])
    got = number.score(truth, np.repeat(truth[:, None], 4, 1))
    assert got == pytest.approx({"mae": 0, "rmse": 0, "pinball": 0, "r2": 1, "spearman": 1})


def test_what_cannot_be_computed_is_none():
    same, told = np.full(5, 3.0), np.arange(5.0)[:, None]
    assert number.contributions("r2", same, told) is None
    assert number.contributions("spearman", np.arange(5.0), same[:, None]) is None
    assert number.score(same, told)["mae"] == pytest.approx(np.mean(np.abs(np.arange(5) - 3)))


@pytest.mark.parametrize(
    ("truth", "told", "said"),
    [
        (np.zeros(0), np.zeros((0, 1)), "found 0 numbers"),
        (np.array([1.0, np.nan]), np.zeros((2, 1)), "finite"),
        (np.zeros(2), np.full((2, 1), np.inf), "finite"),
    ],
)
def test_nothing_and_nan_are_refused(truth, told, said):
    with pytest.raises(ValueError, match=said):
        number.contributions("mae", truth, told)


def test_unknown_metric_is_refused():
    with pytest.raises(ValueError, match="expected one of mae"):
        number.contributions("accuracy", np.arange(3.0), np.zeros((3, 1)))


def test_constants_come_from_the_training_rows():
    train, test = np.array([0.0, 0.0, 10.0]), np.array([0.0, 10.0])
    assert number.constant("mae", train, test) == pytest.approx(5)  # the median, 0
    assert number.constant("rmse", train, test) == pytest.approx(np.sqrt(((10 / 3) ** 2 + (20 / 3) ** 2) / 2))
    assert number.constant("r2", test, test) == pytest.approx(0)
    assert number.constant("spearman", train, test) is None


def test_quantiles_hold_their_share_of_the_validation_rows():
    truth, told = draw(0, n=1000)
    val, test = number.completed(told[:, :1], truth, told[:, :1] + 1)
    below = (truth[:, None] <= val[:, 1:] + 1e-3).mean(axis=0)
    assert below == pytest.approx(QUANTILES, abs=0.01)
    assert np.allclose(test[:, 1:] - test[:, :1], val[:, 1:] - val[:, :1], atol=1e-4)
    assert val.dtype == np.float32


def test_strata_are_equally_large_bins_and_leave_out_the_unknown():
    truth = np.r_[np.random.default_rng(0).lognormal(size=200), [np.nan] * 5]
    found = number.strata(truth)
    assert (found[-5:] == -1).all()
    assert np.bincount(found[:-5]).tolist() == [40] * 5
    assert (number.strata(np.arange(12.0)) == 0).all()  # too few rows for bins


def test_margins_of_errors_are_in_standard_deviations():
    train = np.array([0.0, 20.0])
    assert number.scale("mae", train) == 10
    assert number.scale("r2", train) == 1
