"""Some rows against the others, column by column: closed forms, what varies, what belongs together; cluster words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from backend.stages.modality.table.telling import cluster_columns
from backend.statistics.contrasts import NO_VALUE, contrasts
from backend.statistics.proportions import newcombe
from tests.contract.test_table_attribution import category, number


def halves(n: int) -> np.ndarray:
    return np.arange(n) < n // 2


def test_a_number_is_compared_by_its_standardised_mean_difference():
    rng = np.random.default_rng(0)
    column, inside = rng.normal(size=400), halves(400)
    column[inside] = 2 * column[inside] + 1
    (one,) = contrasts(column[:, None], [False], inside)
    a, b = column[inside], column[~inside]
    d = (a.mean() - b.mean()) / np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
    half = stats.norm.ppf(0.975) * np.sqrt(1 / 200 + 1 / 200 + d**2 / 800)
    np.testing.assert_allclose(one.effect, (d, d - half, d + half))
    welch = stats.ttest_ind(a, b, equal_var=False)
    np.testing.assert_allclose([one.p, *one.difference[1:]], [welch.pvalue, *welch.confidence_interval(0.95)])


def test_a_category_is_compared_by_the_value_that_differs_most():
    counts = np.array([[60, 30, 10], [40, 30, 30]])
    codes = np.concatenate([np.repeat([0, 1, 2], row) for row in counts])
    (one,) = contrasts(codes[:, None].astype(float), [True], halves(200))
    assert (one.code, one.inside, one.outside) == (2, 0.1, 0.3)
    told = newcombe(10, 100, 30, 100, 1 - 0.05 / 3)
    np.testing.assert_allclose(one.difference, told)
    np.testing.assert_allclose(one.effect[0], -0.2 / np.sqrt((0.1 * 0.9 + 0.3 * 0.7) / 2))
    np.testing.assert_allclose(one.p, stats.chi2_contingency(counts, correction=False).pvalue)


def test_missing_values_are_a_value_and_a_contrast_of_their_own():
    rng = np.random.default_rng(1)
    values, inside = rng.normal(size=(300, 2)), halves(300)
    values[:, 1] = rng.integers(0, 2, 300)
    values[inside & (rng.random(300) < 0.6)] = np.nan
    found = {(one.place, one.code): one for one in contrasts(values, [False, True], inside)}
    assert set(found) == {(0, None), (0, NO_VALUE), (1, NO_VALUE)}
    assert found[0, NO_VALUE].inside > 0.5
    assert found[0, NO_VALUE].outside == 0
    assert found[0, None].counts == (np.isfinite(values[inside, 0]).sum(), 150)


def test_what_does_not_vary_is_left_out_and_the_largest_effect_comes_first():
    rng = np.random.default_rng(2)
    inside = halves(200)
    values = np.column_stack([np.ones(200), rng.normal(size=200) + 0.3 * inside, rng.normal(size=200) + 2 * inside])
    assert [one.place for one in contrasts(values, [False] * 3, inside)] == [2, 1]
    assert contrasts(np.full((200, 1), np.nan), [False], inside) == []
    assert contrasts(inside[:, None] * 1.0, [True], inside)[0].effect[0] == pytest.approx(2), "all against none"


def test_rows_that_belong_together_widen_intervals_and_tests():
    rng = np.random.default_rng(3)
    values, inside = rng.normal(size=(100, 2)), halves(100)
    values[:, 1] = rng.integers(0, 2, 100)
    values[:, 0] += 0.5 * inside
    alone = contrasts(values, [False, True], inside)
    copied = contrasts(np.repeat(values, 4, 0), [False, True], np.repeat(inside, 4), np.repeat(np.arange(100), 4))
    for one, other in zip(alone, copied, strict=True):
        np.testing.assert_allclose(other.effect, one.effect, atol=0.02)
        np.testing.assert_allclose(other.p, one.p, atol=0.03)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31))
def test_p_holm_is_never_below_p_and_turning_the_sides_turns_the_signs(seed):
    rng = np.random.default_rng(seed)
    values, inside = rng.normal(size=(60, 4)), rng.random(60) < 0.4
    values[:, 2:] = rng.integers(0, 3, (60, 2))
    if not 3 < inside.sum() < 57:
        return
    found, turned = (contrasts(values, [False, False, True, True], which) for which in (inside, ~inside))
    assert all(one.p is None or one.p_holm >= one.p for one in found)
    assert all(one.effect[1] <= one.effect[0] <= one.effect[2] for one in found)
    sides = {one.place: one.effect[0] for one in turned}
    assert all(sides[one.place] == pytest.approx(-one.effect[0]) for one in found)


def test_clusters_are_named_by_the_columns_that_tell_them():
    rng = np.random.default_rng(4)
    described = [number("age"), category("job", ["clerk", "nurse"]), {**number("since"), "date": True}, number("noise")]
    cluster = rng.integers(-1, 2, 900)
    values = rng.normal(size=(900, 4)).astype(np.float32)
    values[:, 0] += 2 * (cluster == 0)
    values[:, 1] = np.where((cluster == 1) & (rng.random(900) < 0.8), 2, 1)
    values[:, 2] -= 2 * (cluster == 1)
    values[rng.random(900) < 0.1, 3] = np.nan
    assert cluster_columns(values, described, cluster, 3) == [
        ["age high", "job: clerk 100 %", "since late"],
        ["job: nurse 81 %", "since early", "age low"],
        [],
    ]
    assert cluster_columns(values, described, cluster, 0) == []
