"""What alarms are worth, and errors of a remaining life, against answers worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from math import exp

import numpy as np
import pytest

from backend.statistics.costs import Costs
from backend.statistics.maintenance import COUNTS, Lives, Moments, alarms, counted
from backend.statistics.remaining_life import challenge, figures
from backend.statistics.unit_resampling import draws, interval, quotient


@pytest.fixture
def lives() -> Lives:
    """Two units, a window every 2 hours from 0 to 20: the first fails at 20, the second is followed without a failure.
    The horizon is 6 hours."""
    time = np.tile(np.arange(0, 21, 2.0), 2)
    unit = np.repeat([0, 1], 11)
    left = np.where(unit == 0, 20 - time, np.nan)
    return Lives(unit, time, left, (unit == 0) & (left <= 6), horizon=6.0, span=2.0)


def raised(lives: Lives, *at: tuple[int, float]) -> np.ndarray:
    """Windows by unit and time."""
    return np.array([(unit, time) in at for unit, time in zip(lives.unit, lives.time, strict=True)])


def told(lives: Lives, *at: tuple[int, float]) -> list[dict[str, float]]:
    return [dict(zip(COUNTS, row, strict=True)) for row in counted(lives, raised(lives, *at))]


def test_an_alarm_stands_for_a_horizon():
    time = np.arange(0, 21, 2.0)
    assert time[alarms(time, time >= 0, 6)].tolist() == [0, 6, 12, 18]
    assert time[alarms(time, np.isin(time, [2, 4, 14, 20]), 6)].tolist() == [2, 14, 20]
    assert len(alarms(time, time < 0, 6)) == 0


def test_a_failure_is_found_by_windows_within_the_horizon_alone(lives):
    first, second = told(lives, (0, 16), (0, 18))
    assert first == {"alarms": 1, "false_alarms": 0, "failures": 1, "found": 1, "lead": 4, "time": 22}
    assert second == {"alarms": 0, "false_alarms": 0, "failures": 0, "found": 0, "lead": 0, "time": 22}
    early, _ = told(lives, (0, 12))  # 8 hours before: too early for an alarm of 6
    assert (early["alarms"], early["false_alarms"], early["found"], early["lead"]) == (1, 1, 0, 0)


def test_an_alarm_of_a_unit_that_does_not_fail_is_false(lives):
    first, second = told(lives, (1, 0), (1, 2), (1, 8), (0, 14))
    assert (first["alarms"], first["false_alarms"], first["found"], first["lead"]) == (1, 0, 1, 6)
    assert (second["alarms"], second["false_alarms"]) == (2, 2)


def test_alarming_all_the_time_finds_everything_at_an_alarm_a_horizon(lives):
    first, second = (row for row in told(lives, *zip(lives.unit, lives.time, strict=True)))
    assert (first["found"], first["lead"]) == (1, 6)
    assert first["alarms"] == second["alarms"] == 4
    assert first["false_alarms"] == 3  # at 0, 6 and 12; the one at 18 is right
    assert second["false_alarms"] == 4


def test_the_order_of_the_windows_does_not_matter(lives):
    some = raised(lives, (0, 16), (1, 4), (1, 20))
    shuffled = np.random.default_rng(0).permutation(len(some))
    other = replace(lives, **{name: getattr(lives, name)[shuffled] for name in ("unit", "time", "left", "event")})
    assert (counted(lives, some) == counted(other, some[shuffled])).all()


def test_a_unit_may_fail_twice():
    time = np.arange(0, 20, 1.0)
    left = np.where(time <= 9, 9 - time, 19 - time)
    lives = Lives(np.zeros(20, dtype=int), time, left, left <= 3, horizon=3.0, span=1.0)
    (only,) = told(lives, (0, 7), (0, 12))
    assert (only["failures"], only["found"], only["lead"]) == (2, 1, 2)
    assert (only["alarms"], only["false_alarms"]) == (2, 1)


def test_quotients_of_resampled_units_are_those_of_their_sums():
    per_unit = np.array([[1.0, 2.0], [3.0, 2.0], [0.0, 4.0]])
    drawn = draws(3, 0)
    assert (drawn.sum(1) == 3).all()
    found = interval(per_unit, quotient(0, 1), drawn)
    assert found["value"] == pytest.approx(4 / 8)
    by_hand = [(row @ per_unit[:, 0]) / (row @ per_unit[:, 1]) for row in drawn]
    assert [found["low"], found["high"]] == pytest.approx(np.quantile(by_hand, [0.025, 0.975]).tolist())
    assert interval(per_unit[:1], quotient(0, 1), draws(1, 0)) == {"value": 0.5, "low": None, "high": None}
    nothing = interval(np.zeros((3, 2)), quotient(0, 1), drawn)
    assert nothing == {"value": None, "low": None, "high": None}


def test_an_interval_over_units_covers_what_it_says():
    rng, covered = np.random.default_rng(1), 0
    for seed in range(200):
        rate = rng.gamma(2, 0.5, 40)  # units differ: rows of one unit share its rate
        counts = np.stack([rng.poisson(rate * 10), np.full(40, 10.0)], axis=1)
        found = interval(counts, quotient(0, 1), draws(40, seed, 400))
        covered += found["low"] <= 1.0 <= found["high"]
    assert 0.88 <= covered / 200 <= 0.99


def test_costs_of_any_price_follow_from_the_moments(lives):
    counts = counted(lives, raised(lives, (0, 0), (1, 0), (1, 2), (1, 8)))
    costs = Costs(miss=100, false_alarm=5, inspection=1)
    found = Moments.of(counts).cost(costs, per=44)
    assert found["value"] == pytest.approx(100 + 3 * 5 + 3 * 1)  # one failure missed, three alarms, all of them false
    each = 22 * np.array([[106 / 22], [12 / 22]])[:, 0]
    rest = each - 118 / 44 * 22
    error = 1.96 * np.sqrt(2 * np.square(rest).sum()) / 44
    assert found["high"] == pytest.approx(44 * (118 / 44 + error))
    assert found["low"] == pytest.approx(max(0, 44 * (118 / 44 - error)))


def test_the_challenge_s_score_is_worse_for_late_than_for_early():
    assert challenge(np.array([0, -13, 10])).tolist() == pytest.approx([0, exp(1) - 1, exp(1) - 1])
    assert challenge(np.array([20.0])) > challenge(np.array([-20.0]))


def test_figures_of_a_remaining_life_by_hand():
    truth = np.array([200.0, 100.0, 10.0, 0.0])
    outputs = np.array([[300, 290, 300, 310], [110, 100, 110, 120], [7, 7, 7, 7], [4, 4, 4, 4]], dtype=float)
    found = figures(truth, outputs, np.array(["a", "a", "b", "b"]), cap=125, seed=0)
    error = np.array([0, 10, -3, 4])  # both of the first are above the cap
    assert found["rmse"]["value"] == pytest.approx(np.sqrt(np.square(error).mean()))
    assert found["mae"]["value"] == pytest.approx(17 / 4)
    assert found["bias"]["value"] == pytest.approx(11 / 4)
    assert found["score"]["value"] == pytest.approx(np.mean([0, exp(1) - 1, exp(3 / 13) - 1, exp(0.4) - 1]))
    lost = [0, (0 + 0.5 * 10 + 0.1 * 20) / 3, (0.1 + 0.5 + 0.9) * 3 / 3, (0.9 + 0.5 + 0.1) * 4 / 3]
    assert found["pinball"]["value"] == pytest.approx(np.mean(lost))
    ends = np.sqrt([np.square(error[:2]).mean(), np.square(error[2:]).mean()])
    assert [found["rmse"]["low"], found["rmse"]["high"]] == pytest.approx(sorted(ends.tolist()))
    whole = figures(truth, outputs, np.arange(4), cap=None, seed=0)
    assert whole["mae"]["value"] == pytest.approx((100 + 17) / 4)
    two = figures(truth, np.stack([outputs, outputs + 2]), np.arange(4), cap=None, seed=0)
    assert two["bias"]["value"] == pytest.approx(whole["bias"]["value"] + 1)
