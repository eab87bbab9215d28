"""What one column alone predicts: closed forms, coverage of the interval, nothing gained from values seen once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

from backend.statistics import alone

COVERED = 0.90  # of 200 intervals of 95 %, less than this share happens once in 600 times


def test_the_auroc_of_a_shifted_normal_is_known():
    rng = np.random.default_rng(0)
    positive = rng.random(20_000) < 0.3
    values = pd.Series(rng.standard_normal(20_000) + 1.0 * positive)
    found = alone.auroc(alone.bins(values), positive, alone.folds(20_000))
    assert found.value == pytest.approx(ndtr(1 / np.sqrt(2)), abs=0.01)
    assert found.low < ndtr(1 / np.sqrt(2)) < found.high + 0.003  # bins lose a little


def test_the_auroc_does_not_ask_for_a_direction():
    rng = np.random.default_rng(1)
    values = pd.Series(rng.uniform(-1, 1, 4_000))
    positive = (values.abs() > 0.5).to_numpy()
    assert alone.auroc(alone.bins(values), positive, alone.folds(4_000)).value > 0.97


def test_intervals_of_a_column_that_says_nothing_cover_one_half():
    rng = np.random.default_rng(2)
    covered = 0
    for _ in range(200):
        positive = rng.random(600) < 0.3
        values = pd.Series(rng.choice(list("abcdef"), 600))
        found = alone.auroc(alone.bins(values), positive, alone.folds(600))
        covered += found.low <= 0.5 <= found.high
    assert covered >= COVERED * 200


def test_values_that_stand_once_predict_nothing():
    rng = np.random.default_rng(3)
    positive = rng.random(3_000) < 0.5
    names = pd.Series([f"n{i}" for i in range(3_000)])
    assert alone.auroc(alone.bins(names), positive, alone.folds(3_000)).value == pytest.approx(0.5, abs=0.03)


def test_the_share_explained_is_known():
    rng = np.random.default_rng(4)
    group = rng.integers(0, 4, 8_000)
    numbers = group + rng.standard_normal(8_000)
    found = alone.r_squared(alone.bins(pd.Series(group.astype(str))), numbers, alone.folds(8_000))
    assert found.low < 1.25 / 2.25 < found.high  # variance of the group means over all of it
    assert found.high - found.low < 0.05


def test_rows_of_a_unit_share_their_fold():
    unit = np.repeat(np.arange(100), 7)
    fold = alone.folds(700, unit=unit)
    assert all(len(set(fold[unit == u])) == 1 for u in range(100))
    assert set(np.bincount(fold)) == {140}


def test_missing_values_are_a_bin_of_their_own():
    found = alone.bins(pd.Series([1.0, np.nan, 2.0, np.nan]))
    assert found[1] == found[3] not in (found[0], found[2])
    days = alone.bins(pd.Series(pd.to_datetime(["2020-01-01", None, "2021-01-01"])))
    assert len(set(days)) == 3


def test_few_of_a_class_give_no_figure():
    positive = np.arange(200) < 6
    assert np.isnan(alone.auroc(np.zeros(200, dtype=np.int64), positive, alone.folds(200)).value)


def test_the_ratio_of_two_risks_by_hand():
    found = alone.risk_ratio(50, 100, 10, 100)
    assert found.value == pytest.approx((50.5 / 100.5) / (10.5 / 100.5))
    assert found.low == pytest.approx(
        found.value * np.exp(-1.96 * np.sqrt(1 / 50.5 - 1 / 100.5 + 1 / 10.5 - 1 / 100.5)), rel=1e-3
    )
