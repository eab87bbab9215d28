"""What is said of alarms, lead times and remaining lives, and the thresholds and costs that it rests on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from backend.stages._maintenance_measures import Watched, counts_down, curve, span_of, threshold
from backend.statistics.costs import Costs
from backend.statistics.maintenance import Lives
from backend.statistics.unit_resampling import draws
from workbench import modality
from workbench.charts import maintenance as charts
from workbench.verdicts import maintenance as words

OF = modality.shown("series").words


def told(value, low=None, high=None):
    return {"value": value, "low": low, "high": high}


def entry(arm="ssl", method="linear", best=True, **figures):
    known = {
        "accuracy": told(0.93, 0.92, 0.94),
        "alarms": told(0.5, 0.4, 0.6),
        "false_alarms": told(0.2, 0.1, 0.3),
        "found": told(0.8, 0.7, 0.9),
        "lead": told(40.0, 35.0, 45.0),
        "precision": told(0.6, 0.5, 0.7),
    }
    return {"arm": arm, "method": method, "fraction": 0.1, "best": best, **known, **figures}


def body(*entries):
    return {
        "kind": "event", "horizon": 72.0, "per": 168.0, "share": 0.05, "failures": 24, "never": told(0.92, 0.9, 0.93),
        "unit": "hours", "windows": 1849, "units": 48, "headline_fraction": 0.1, "table": list(entries),
    }  # fmt: skip


@pytest.fixture
def watched():
    """Ten units, every other one fails at 20 hours; a window every two hours."""
    time, unit = np.tile(np.arange(0, 21, 2.0), 10), np.repeat(np.arange(10), 11)
    left = np.where(unit % 2 == 0, 20 - time, np.nan)
    event = (unit % 2 == 0) & (left <= 6)
    return Watched(Lives(unit, time, left, event, 6.0, 2.0), 168.0, draws(10, 0, 200))


def test_the_sentence_names_what_is_found_raised_and_left():
    first, second, accuracy = words.sentences(body(entry(), entry("classical", "lightgbm_boosting")), OF)
    assert first == (
        "With 10 % of the labels, pretraining (linear probe) finds 80.0 % [70.0, 90.0] of the 24 failures in the 72 "
        "hours before them; those found leave 40.0 hours [35.0, 45.0] on average. It raises 0.50 [0.40, 0.60] alarms "
        "a unit and week, of which 60.0 % [50.0, 70.0] are right."
    )
    assert second.startswith("LightGBM on window statistics finds 80.0 %")
    assert accuracy.startswith("Accuracy of pretraining (linear probe): 93.0 % [92.0, 94.0]; never alarming has 92.0 %")


def test_an_accuracy_that_never_alarming_has_as_well_says_nothing():
    same = body(entry(accuracy=told(0.92, 0.91, 0.93)))
    assert words.sentences(same, OF)[-1].endswith("So this accuracy says nothing of the failures that are found.")


def test_a_model_without_alarms_finds_nothing():
    none = entry(alarms=told(0.0, 0.0, 0.0), found=told(0.0, 0.0, 0.0), lead=told(None), precision=told(None))
    assert words.sentences(body(none), OF)[0] == (
        "With 10 % of the labels, pretraining (linear probe) raises no alarm at this threshold and finds none of the "
        "24 failures."
    )


def test_never_alarming_always_stands_in_the_table():
    rows = words.table(body(entry(), entry("classical", "never", False)), OF)
    assert [row["Model"] for row in rows] == ["Pretrained (SSL), linear probe", "Never alarming"]
    assert rows[-1]["Accuracy (%)"] == "92.0 [90.0, 93.0]"
    assert rows[0]["Alarms a unit and week"] == "0.50 [0.40, 0.60]"


def test_time_that_is_no_week_is_counted_by_a_hundred():
    cycles = body(entry()) | {"unit": "cycles", "per": 100.0}
    assert words.per(cycles) == "a unit and 100 cycles"
    assert [span_of(unit) for unit in ("hours", "days", "cycles", None)] == [168, 7, 100, 100]


def test_a_remaining_life_is_said_at_the_end_and_over_the_life():
    figures = {name: told(14.0, 12.0, 16.0) for name in ("rmse", "mae", "score", "pinball")}
    one = {"arm": "ssl", "method": "linear", "fraction": 0.1, "best": True}
    one |= {"life": {**figures, "bias": told(1.0)}, "last": {**figures, "bias": told(-3.0)}}
    life = body(one) | {"kind": "number", "cap": 125.0, "last": 20, "unit": "cycles"}
    (sentence,) = words.sentences(life, OF)
    assert sentence.endswith("at the last window of 20 units, there 3.00 cycles too early on average.")
    (row,) = words.table(life, OF)
    assert row["RMSE, last window (cycles)"] == "14.0 [12.0, 16.0]"
    assert "above 125 cycles count as that" in words.evidence(life)


def test_a_threshold_lets_no_more_windows_alarm_than_asked():
    score = np.arange(100) / 100
    assert threshold(score, 0.05) == pytest.approx(0.95)
    assert threshold(np.full(10, 0.3), 0.5) == np.inf, "whoever says the same of every window never alarms"
    assert threshold(np.repeat([0.1, 0.9], [90, 10]), 0.05) == np.inf


def test_a_perfect_model_finds_every_failure_and_raises_no_false_alarm(watched):
    lives = watched.lives
    score = lives.event + 0.0
    counts = watched.counts([(score, score), (score, score)], lives.event.mean())
    found = watched.figures(counts)
    assert found["found"]["value"] == found["precision"]["value"] == 1
    assert found["lead"]["value"] == 6
    assert found["alarms"]["value"] == pytest.approx(168 * 10 / (110 * 2))  # two alarms of 6 hours for each failure
    assert found["false_alarms"]["value"] == 0
    assert watched.accuracy((~lives.event).astype(float))["value"] == pytest.approx(90 / 110)


def test_costs_and_figures_follow_from_the_curve(watched):
    score = np.random.default_rng(0).random(110)
    rows = [{"arm": arm, "method": method, "fraction": 0.1, "best": True, **row}
            for arm, method in (("ssl", "linear"), ("classical", "never"))
            for row in curve(watched, [(score, score if arm == "ssl" else np.zeros(110))])]  # fmt: skip
    told = words.costs_at(rows, Costs(100, 5, 1), body())
    nothing = [one["value"] for one in told if one["method"] == "never"]
    assert nothing == pytest.approx([100 * 5 * 168 / 220] * len(nothing))  # five failures missed in 220 hours
    least, never = words.cheapest(told, body(), OF, "EUR")
    assert least["Model"].startswith("Pretrained")
    assert (never["Model"], never["Costs least at"]) == ("Never alarming", "no alarm")
    assert never["Cost a unit and week (EUR)"].startswith("382 [")
    table = pd.DataFrame(rows)
    assert len(charts.found(table, body(), 0.1, OF).data) == 1
    assert len(charts.costs(told, body(), "EUR", OF).data) == 1


def test_a_number_is_a_remaining_life_where_it_falls_with_time():
    unit, time = np.repeat([0, 1], 5), np.tile(np.arange(5.0), 2)
    life = np.minimum(np.where(unit == 0, 9 - time, 4 - time), 7)
    assert counts_down(unit, time, life)
    shuffled = np.random.default_rng(0).permutation(10)
    assert counts_down(unit[shuffled], time[shuffled], life[shuffled])
    assert not counts_down(unit, time, life[::-1])
