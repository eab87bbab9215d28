"""Sensor series in the words of the shell, and what a new run on them begins with."""

from __future__ import annotations

import numpy as np
import pytest

from backend.data.spec import parse
from backend.modality import modality
from backend.workspace.layout import BadInput
from tests.unit.test_series_register import LENGTH, UNITS, WINDOW, drawn, made
from workbench.cli.data_words import data_spec

GIVEN = {
    "split_by": "machine",
    "time_column": '"at, UTC"',
    "window": 30,
    "stride": 2,
    "target": "event",
    "horizon": 72.0,
}


def test_the_options_of_readings_become_a_spec():
    told = parse(data_spec("readings.csv", "pumps", None, **GIVEN, whole_lives=True, unit="hours"))
    assert told.kind == "series"
    assert (told.time_column, told.window, told.stride, told.whole_lives) == ("at, UTC", 30, 2, True)


OPTIONS = (
    ({"split_time": "day"}, "table"),
    ({"split_time": "day", "step": 1.0}, "series"),
    ({"columns": ["a=date"]}, "table"),
    ({"cap": 125.0}, "series"),
    ({"label": "y"}, "image"),
)


@pytest.mark.parametrize(("words", "kind"), OPTIONS)
def test_options_that_several_kinds_of_data_take_do_not_decide(words, kind):
    assert data_spec("readings.csv", "pumps", None, **words)["kind"] == kind


def test_readings_that_are_told_to_be_unlabelled_are_pretrained_on_alone(tmp_path):
    frame = drawn().assign(kind=lambda frame: np.where(frame.machine < "M5", "pump", "fan"))
    name = {"M10": "unlabeled", "M2": "val", "M9": "val", "M3": "test", "M8": "test"}
    found = made(
        tmp_path, frame.assign(part=frame.machine.map(name).fillna("train")), label="kind", split_column="part"
    )
    own = found.table[found.table.group == "M10"]
    assert set(own.split) == {"train"}
    assert set(own.label) == {-1}
    assert found.sheet["counts"]["val"] == 2 * (LENGTH - WINDOW + 1)


def test_a_split_that_changes_within_a_unit_parts_its_windows(tmp_path):
    frame = drawn()
    part = np.where(frame.hour < 6, "train", np.where(frame.hour < 9, "val", "test"))
    found = made(tmp_path, frame.assign(part=part), split_column="part", window=3)
    ends = found.table.groupby("split").window_age.agg(["min", "max"])
    assert ends.loc["train"].tolist() == [2, 5]
    assert ends.loc["val"].tolist() == [8, 8]
    assert ends.loc["test"].tolist() == [11, 11]
    assert found.told["divided"] == 4 * UNITS


def test_very_many_windows_are_fewer_of_each_unit(tmp_path, monkeypatch):
    from backend.modality.series import windows

    monkeypatch.setattr(windows, "MOST", 40)
    found = made(tmp_path, drawn())
    assert found.told["stride"] == 3
    assert found.table.window_last.sum() == UNITS
    assert made(tmp_path, drawn(), stride=1).manifest["count"] == UNITS * (LENGTH - WINDOW + 1)


def test_a_new_run_counts_minutes_by_the_number_of_windows():
    room = modality("series")
    minutes = [room.suggest({"count": count}, {})["train"]["minutes"] for count in (300, 20_000, 10**6)]
    assert minutes == [2, 4, 10]


def test_a_time_to_split_by_must_be_the_readings_own(tmp_path):
    with pytest.raises(BadInput, match="split_time: expected the time of the readings, 'hour', found 'heat'"):
        made(tmp_path, drawn(), time_column="hour", split_time="heat")
