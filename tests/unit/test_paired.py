"""The crossed interval against closed forms and its own coverage."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats

from backend.statistics.paired import collapse_groups, crossed_mean, quantile, tail


def test_subset_effects_alone_give_the_t_interval_over_subsets():
    """With no seed effect the interval is the textbook one over the S subset means, but for the example floor."""
    effects = np.array([0.1, 0.3, 0.2, 0.5])
    examples = 100_000
    estimate = crossed_mean(np.broadcast_to(effects[:, None, None], (4, 3, examples)))
    half = stats.t.ppf(0.975, 3) * effects.std(ddof=1) / 2
    assert estimate.value == pytest.approx(effects.mean())
    assert estimate.high - estimate.value == pytest.approx(half, rel=1e-4)
    assert estimate.p == pytest.approx(stats.ttest_1samp(effects, 0).pvalue, rel=1e-3)


def test_example_effects_alone_give_the_standard_error_of_the_mean():
    effects = np.random.default_rng(0).normal(size=400)
    estimate = crossed_mean(np.broadcast_to(effects, (3, 3, 400)))
    assert estimate.error == pytest.approx(effects.std(ddof=1) / 20)
    assert estimate.high - estimate.value == pytest.approx(stats.t.ppf(0.975, 399) * estimate.error)


def test_variance_terms_add():
    """Additive effects: var(mean) is the sum of the three factors' own variances of their means."""
    rng = np.random.default_rng(1)
    a, b, c = rng.normal(size=5), rng.normal(size=3), rng.normal(size=200)
    estimate = crossed_mean(a[:, None, None] + b[:, None] + c)
    expected = a.var(ddof=1) / 5 + b.var(ddof=1) / 3 + c.var(ddof=1) / 200
    assert estimate.error**2 == pytest.approx(expected)


@pytest.mark.parametrize("seeds", [1, 2])
def test_with_few_pretrainings_the_interval_speaks_of_these(seeds):
    """A shift of one pretraining moves the mean but not the width; with three pretrainings it widens it."""
    y = np.random.default_rng(4).normal(size=(4, 3, 50))
    shifted = y + 10 * np.arange(3)[:, None]
    few, few_shifted = crossed_mean(y[:, :seeds]), crossed_mean(shifted[:, :seeds])
    assert not few.seeds_random
    assert few_shifted.error == pytest.approx(few.error)
    assert crossed_mean(y).seeds_random
    assert crossed_mean(shifted).error > 2 * crossed_mean(y).error


def test_an_arm_without_seeds_may_be_broadcast_or_not():
    y = np.random.default_rng(5).normal(size=(4, 1, 50))
    assert crossed_mean(y).error == pytest.approx(crossed_mean(np.repeat(y, 2, axis=1)).error)


@settings(deadline=None)
@given(st.floats(-30, 30), st.integers(1, 9), st.floats(0.01, 100))
@example(1e-8, 1, 1.0)
def test_tail_inverts_the_quantile(statistic, df, weight):
    terms = ((1.0, df), (weight, 40))
    p = tail(statistic, terms)
    assert p == pytest.approx(1 - tail(-statistic, terms))
    if 1e-11 < p < 0.5:
        assert quantile(p, terms) == pytest.approx(statistic, rel=1e-6)


@pytest.mark.parametrize("df", [1, 2, 3, 9, 40, 1000])
def test_tail_and_quantile_are_exact_about_a_half(df):
    """Against the density at 0 and the closed forms of one and two degrees of freedom; p itself is exact to 6e-17."""
    terms = ((1.0, df),)
    for statistic in 10.0 ** np.arange(-13, 0.1, 0.25):
        p = tail(statistic, terms)
        assert quantile(p, terms) == pytest.approx(statistic, rel=1e-12, abs=2e-15)
        assert quantile(1 - p, terms) == pytest.approx(-statistic, rel=1e-12, abs=2e-15)
        if statistic < 1e-4:  # where scipy's own tail loses digits too
            assert 0.5 - p == pytest.approx(stats.t.pdf(0, df) * statistic, rel=1e-8, abs=6e-17)
        else:
            assert p == pytest.approx(stats.t.sf(statistic, df), rel=1e-13, abs=1e-13)
    for below in (10.0 ** np.arange(-15, -0.5, 0.25)).tolist():
        p = 0.5 - below
        closed = {1: np.tan(np.pi * (0.5 - p)), 2: (1 - 2 * p) / np.sqrt(2 * p * (1 - p))}
        if df in closed:
            assert quantile(p, terms) == pytest.approx(closed[df], rel=1e-12, abs=0)


def test_tail_falls_where_the_series_meets_the_quantile():
    """Across the seam and with mixed terms: strictly falling, without a step."""
    for terms in (((1.0, 1),), ((1.0, 1), (3.0, 40)), ((0.2, 4), (1.0, 2), (0.5, 199))):
        statistics = np.linspace(0.009, 0.011, 401)
        p = np.array([tail(s, terms) for s in statistics])
        steps = np.diff(p)
        assert (steps < 0).all()
        assert steps == pytest.approx(steps.mean(), rel=1e-4)


def test_interval_and_p_agree():
    for seed in range(40):
        estimate = crossed_mean(np.random.default_rng(seed).normal(size=(5, 3, 20)) + 0.15)
        assert (estimate.p < 0.05) == (estimate.low > 0 or estimate.high < 0)


def test_perfect_agreement_is_not_certainty():
    estimate = crossed_mean(np.zeros((5, 3, 50)))
    assert estimate.value == 0
    assert estimate.high > 1 / 50
    assert estimate.p == 1


def test_one_subset_gives_no_interval():
    estimate = crossed_mean(np.ones((1, 3, 50)))
    assert (estimate.value, estimate.low, estimate.high, estimate.p) == (1, None, None, None)


@pytest.mark.parametrize("bad", [np.zeros((3, 2)), np.full((3, 2, 4), np.nan), np.zeros((0, 2, 4))])
def test_bad_shapes_and_nan_are_refused(bad):
    with pytest.raises(ValueError, match="expected finite S x P x N"):
        crossed_mean(bad)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(-1, 1), st.permutations(range(4)))
def test_shift_and_relabelling_invariance(seed, shift, order):
    y = np.random.default_rng(seed).normal(size=(4, 3, 20))
    one, other = crossed_mean(y), crossed_mean(y[list(order)][:, ::-1, ::-1] + shift)
    assert other.value == pytest.approx(one.value + shift, abs=1e-9)
    assert other.error == pytest.approx(one.error)
    assert other.high - other.low == pytest.approx(one.high - one.low)


def test_groups_keep_the_mean_and_widen_the_interval():
    rng = np.random.default_rng(2)
    groups = np.repeat(np.arange(40), 5)
    y = rng.normal(size=(3, 2, 40))[:, :, groups]
    collapsed = collapse_groups(y, groups)
    assert collapsed.shape == (3, 2, 40)
    assert collapsed.mean() == pytest.approx(y.mean())
    assert crossed_mean(collapsed).error > crossed_mean(y).error


@pytest.mark.parametrize(
    ("subsets", "seeds", "scales"), [(5, 3, (1, 1, 1, 1)), (5, 3, (0, 1, 1, 1)), (3, 2, (1, 0, 0.5, 1))]
)
def test_interval_covers(subsets, seeds, scales):
    """600 simulated studies; the bounds are 93 % less three standard errors, and 1 for a conservative design."""
    rng = np.random.default_rng(3)
    sub, pre, both, ex = scales
    hits = 0
    for _ in range(600):
        y = (
            sub * rng.normal(size=(subsets, 1, 1))
            + pre * rng.normal(size=(1, seeds, 1))
            + both * rng.normal(size=(subsets, seeds, 1))
            + ex * 5 * rng.normal(size=(1, 1, 50))
            + 5 * rng.normal(size=(subsets, seeds, 50))
        )
        estimate = crossed_mean(y)
        hits += estimate.low <= 0 <= estimate.high
    assert hits / 600 > 0.93 - 3 * np.sqrt(0.95 * 0.05 / 600)


@pytest.mark.slow
@pytest.mark.parametrize("effects", ["subsets differ", "seeds differ", "both differ", "neither"])
def test_full_studies_cover_and_keep_the_family_wise_error(effects):
    """300 whole studies of binary answers, six fractions each; bounds three standard errors beyond 93 % and 5 %."""
    from tests.benchmarks.study_coverage import EFFECTS, simulate

    found = simulate(np.random.default_rng(7), (5, 3), EFFECTS[effects], studies=300)
    assert found["coverage"] >= 93 - 300 * np.sqrt(0.93 * 0.07 / 1800)
    assert found["family"] <= 5 + 300 * np.sqrt(0.05 * 0.95 / 300)
