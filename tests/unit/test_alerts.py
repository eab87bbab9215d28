"""Recall at a budget, false alarms at a recall, costs and thresholds: by hand, and in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.statistics import alerts
from backend.statistics.costs import Costs, alert_threshold, outcomes

SCORE = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05])
EVENT = np.array([1, 0, 1, 1, 0, 0, 1, 0, 0, 0], dtype=bool)


def test_recall_and_precision_at_a_budget_by_hand():
    """Three of ten rows are looked at: two of the four events are among them."""
    assert alerts.recall_at(EVENT, SCORE, 0.3).mean() == pytest.approx(2 / 4)
    assert alerts.precision_at(EVENT, SCORE, 0.3).mean() == pytest.approx(2 / 3)


def test_false_alarms_at_a_recall_by_hand():
    """Three of four events lie above 0.6, and one other row; all four are found by a threshold of 0.3, with three."""
    assert alerts.false_alarms_at(EVENT, SCORE, 0.75).mean() == pytest.approx(1 / 10)
    assert alerts.false_alarms_at(EVENT, SCORE, 1.0).mean() == pytest.approx(3 / 10)


def test_tied_rows_share_the_alerts_that_are_left():
    score = np.array([1.0, 0.5, 0.5, 0.5, 0.0])
    assert alerts.flagged(score, 0.4).tolist() == pytest.approx([1, 1 / 3, 1 / 3, 1 / 3, 0])
    assert alerts.false_alarms_at(np.array([1, 1, 0, 0, 0], dtype=bool), score, 0.75).mean() == pytest.approx(1 / 5)


@pytest.mark.parametrize("of", [alerts.recall_at, alerts.precision_at, alerts.false_alarms_at])
def test_contributions_tell_the_sampling_error(of):
    """Their spread is the spread of the figure over test sets drawn anew."""
    rng = np.random.default_rng(0)
    values, told = [], []
    for _ in range(300):
        event = rng.random(1000) < 0.1
        y = of(event, rng.normal(size=1000) + 1.2 * event, 0.3)
        values.append(y.mean())
        told.append(y.var(ddof=1) / len(y))
    assert np.mean(told) == pytest.approx(np.var(values, ddof=1), rel=0.25)


@given(st.floats(0.1, 1e4), st.floats(0.1, 1e4))
def test_the_threshold_of_calibrated_scores_is_elkans(miss, false_alarm):
    assert Costs(miss, false_alarm, 0.0).threshold == pytest.approx(false_alarm / (false_alarm + miss))


@pytest.mark.parametrize("told", [(10, 1, 0), (5, 2, 1), (3, 0, 1)])
def test_no_other_threshold_is_cheaper_where_scores_are_calibrated(told):
    """Expected costs in closed form: the score itself is the chance of an event."""
    costs, chance = Costs(*told), np.linspace(0, 1, 2001)

    def expected(threshold: float) -> float:
        alert = chance >= threshold
        shares = np.stack([chance * ~alert, (1 - chance) * alert, chance * alert])
        return float(costs.of(shares).mean())

    own = expected(costs.threshold)
    assert own <= min(expected(t) for t in np.linspace(0.0005, 0.9995, 333)) + 1e-9
    assert own < expected(costs.threshold + 0.1) - 1e-4
    assert own < expected(costs.threshold - 0.05) - 1e-5


def test_what_each_outcome_costs():
    event, alert = np.array([1, 1, 0, 0], dtype=bool), np.array([0, 1, 1, 0], dtype=bool)
    assert Costs(100, 7, 3).of(outcomes(event, alert)).tolist() == [100, 3, 10, 0]
    assert Costs(1, 0, 2).threshold >= 1, "an inspection that costs more than a miss never pays"


def test_the_alert_threshold_fills_the_budget_and_does_not_pass_it():
    assert alert_threshold(SCORE, 0.3) == 0.7
    assert alert_threshold(SCORE, 0.35) == 0.7
    assert alert_threshold(np.array([0.5, 0.5, 0.5, 0.1]), 0.5) == 0.5, "ties at the top: there is no lower one"
