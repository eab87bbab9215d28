"""What windows are asked for: an event, time left, a later value, a class; and what pretraining may see."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from backend.workspace.layout import BadInput
from tests.unit.test_series_register import LENGTH, UNITS, WINDOW, drawn, made

EVENT = {"target": "event", "horizon": 3, "label": None, "unit": "hours"}


def test_the_last_reading_is_the_event(tmp_path):
    found = made(tmp_path, drawn(), **EVENT)
    left = LENGTH - 1 - found.table.window_age
    assert found.table.target.tolist() == left.tolist()
    assert found.table.label.tolist() == (left <= 3).astype(int).tolist()
    assert "The last reading of a unit counts as its event: 12 units end in it." in found.said


def test_units_that_were_not_seen_to_fail_are_censored(tmp_path):
    frame = drawn()
    frame["failed"] = (frame.machine != "M4").astype(int)
    table = made(tmp_path, frame, observed="failed", **EVENT).table
    own = table[table.group == "M4"]
    assert own.label.tolist() == [0] * 5 + [-1] * 4
    assert (table[table.group == "M5"].label >= 0).all()
    number = made(tmp_path, frame, observed="failed", target="number", label=None)
    assert number.table.target[number.table.group == "M4"].isna().all()


def test_a_mark_of_whole_units_says_which_ended_in_the_event(tmp_path):
    frame = drawn()
    frame["failed"] = (frame.machine != "M4").astype(int)
    (tmp_path / "other").mkdir()
    marked = made(tmp_path, frame, **(EVENT | {"label": "failed"}))
    named = made(tmp_path / "other", frame, observed="failed", **EVENT)
    assert marked.table.label.tolist() == named.table.label.tolist()
    assert "11 units end in it, 1 were followed up to there alone" in marked.said


def test_events_on_the_way_are_waited_for(tmp_path):
    frame = drawn().assign(trip=lambda frame: ((frame.machine < "M5") & (frame.hour == 8)).astype(int))
    found = made(tmp_path, frame, **(EVENT | {"label": "trip"}))
    one = found.table[found.table.group == "M0"]
    assert one.label.tolist() == [0, 0, 1, 1, 1, 1, -1, -1, -1]  # ages 3 to 11; behind the event followed for 3 hours
    other = found.table[found.table.group == "M9"]
    assert other.label.tolist() == [0] * 5 + [-1] * 4
    assert "trip" not in [one["name"] for one in found.series.channels]


def test_a_number_may_be_capped_and_may_lie_ahead(tmp_path):
    frame = drawn().assign(left=lambda frame: LENGTH - 1 - frame.hour)
    capped = made(tmp_path, frame, label="left", target="number", cap=5).table
    assert capped.target.max() == 5
    ahead = made(tmp_path, drawn(), label="heat", target="number", ahead=2)
    assert "heat" in [one["name"] for one in ahead.series.channels]
    row = ahead.table.index[(ahead.table.group == "M2") & (ahead.table.window_age == 6)][0]
    assert ahead.table.target[row] == frame[frame.machine == "M2"].heat.iloc[8]
    assert ahead.table.target[ahead.table.window_age > LENGTH - 3].isna().all()


def test_a_class_that_stands_once_in_a_unit_is_the_units(tmp_path):
    kind = np.where(np.arange(UNITS) % 2, "pump", "fan")
    frame = drawn()
    frame["kind"] = pd.Series(np.repeat(kind, LENGTH)).where(frame.hour == 0)
    found = made(tmp_path, frame, label="kind")
    assert found.manifest["classes"] == ["fan", "pump"]
    assert found.table.label.tolist() == [int(group[1:]) % 2 for group in found.table.group]


def test_pretraining_follows_failing_units_up_to_a_drawn_age(tmp_path):
    frame = drawn(length=40)
    found = made(tmp_path, frame, **EVENT).table
    until = found[found.pretraining].groupby("group").window_age.max()
    assert len(until) == UNITS
    assert until.min() >= WINDOW - 1
    train = found[found.split == "train"]
    seen = f"Pretraining sees {train.pretraining.sum()} of the {len(train)} training windows"
    assert seen in made(tmp_path, frame, **EVENT).said
    assert until.nunique() > UNITS / 2
    assert (until < 39).all()
    whole = made(tmp_path, frame, whole_lives=True, **EVENT).table
    assert whole.pretraining.all()
    assert made(tmp_path, frame).table.pretraining.all()
    censored = made(tmp_path, frame.assign(failed=0 * frame.hour + (frame.machine != "M3")), observed="failed", **EVENT)
    assert censored.table.pretraining[censored.table.group == "M3"].all()


def test_no_target_of_an_earlier_split_is_known_by_later_time_alone(tmp_path):
    frame = drawn(units=1, length=120).assign(trip=lambda frame: (frame.hour % 10 == 9).astype(int))
    found = made(tmp_path, frame, **(EVENT | {"label": "trip"}), split_time="hour").table
    begins = found[found.split != "train"].groupby("split").window_time.min() - WINDOW + 1
    assert (found[found.split == "train"].window_time + 3 < begins["val"]).all()
    assert (found[found.split == "val"].window_time + 3 < begins["test"]).all()


def test_static_and_sensitive_columns_are_of_the_table(tmp_path):
    frame = drawn()
    number = frame.machine.str[1:].astype(int)
    frame = frame.assign(site=np.where(number % 3, "north", "south"), age=30 + number)
    found = made(tmp_path, frame, sensitive=["site", {"column": "age", "cuts": [36]}])
    assert [one["name"] for one in found.series.channels] == ["heat", "hum"]
    assert found.manifest["sensitive"] == ["site", "age"]
    assert set(found.table.age) == {"36 or more", "below 36"} or found.table.age.nunique() == 2
    assert found.table.window_age.max() == LENGTH - 1


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ({"target": "event"}, "expected a horizon with target event"),
        ({"cap": 4}, "expected a time ahead and a cap only with target number"),
        ({"kind": "table", "window": 3}, "expected no window with rows"),
        ({"unit": "weeks", **EVENT, "time_column": "at"} | {"unit": "weeks"}, "expected one of microseconds"),
    ],
)
def test_what_does_not_fit_is_one_line(tmp_path, asked, line):
    frame = drawn().assign(at=lambda frame: pd.Timestamp("2025-01-01") + pd.to_timedelta(frame.hour, unit="h"))
    with pytest.raises(BadInput, match=line):
        made(tmp_path, frame, **({"label": None} | asked))
