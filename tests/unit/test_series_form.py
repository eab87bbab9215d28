"""The picture of a window before anything is registered, sparklines, and the sheet's rows."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from workbench.modality.series import form_charts, sheet_charts, sheet_words, sparkline
from workbench.modality.series import form_words as words
from workbench.modality.series.alike import alike

UNIT = ["a"] * 60 + ["b"] * 60
WAVE = [round(float(v), 4) for v in np.sin(np.arange(120) / 3)]


def look(**more):
    columns = {"unit": UNIT, "cycle": [float(k) for k in range(60)] * 2, "flat": [1.0] * 120, "wave": WAVE, "rul": WAVE}
    return {"columns": [{"name": name, "first": first} for name, first in (columns | more).items()], "split": None}


def scene(asked=None, told=None, label=None, **more):
    return words.scene(look(**more), {"time_column": "cycle", **(asked or {})}, told or {}, label)


def test_the_picture_shows_the_first_unit_s_first_channel_that_moves():
    found = scene()
    assert (found.channel, found.unit, len(found.values)) == ("wave", "a", 60)
    assert found.values.tolist() == WAVE[:60]
    assert (found.length, found.guessed) == (32, True)


def test_a_channel_that_goes_with_time_is_shown_before_one_that_does_not():
    worn = [value + 0.1 * (at % 60) for at, value in enumerate(WAVE)]
    assert scene(worn=worn).channel == "worn"


def test_window_stride_and_horizon_are_those_that_were_typed():
    told = {"target": "event", "horizon": "12,5", "split_by": "unit"}
    found = scene({"window": 10, "stride": 4, "step": 0.5}, told, "rul")
    assert (found.length, found.stride, found.horizon) == (10, 4, 25.0)
    figure = form_charts.picture(found)
    window, horizon = (shape for shape in figure.layout.shapes if shape.type == "rect")
    assert window.x1 - window.x0 == 10
    assert (horizon.x0, horizon.x1 - horizon.x0) == (window.x1, 25.0)
    assert "shaded time behind its end" in words.said(found)
    assert len([shape for shape in figure.layout.shapes if shape.type == "line"]) == words.EARLIER


@pytest.mark.parametrize(
    ("told", "label", "says"),
    [
        ({"target": "number", "ahead": "3"}, "rul", "the value of rul so much behind its end"),
        ({"target": "number"}, "rul", "the value of rul at its end"),
        ({"target": "class"}, "rul", "Its class is the value of rul at its end"),
        ({"target": "event", "horizon": "soon"}, "rul", "Say a horizon"),
        ({}, None, "Without a label"),
    ],
)
def test_what_a_window_is_asked_for_is_said(told, label, says):
    found = scene(told=told, label=label)
    assert says in words.said(found)
    assert form_charts.picture(found).data


def test_a_unit_with_a_number_for_a_name_is_called_by_it():
    assert scene(unit=[7.0] * 60 + [8.0] * 60).unit == "7"


def test_without_a_channel_that_moves_there_is_no_picture():
    assert words.scene({"columns": [{"name": "a", "first": [1.0, 1.0]}], "split": None}, {}, {}, None) is None
    assert words.scene({"columns": [{"name": "a"}], "split": None}, {}, {}, None) is None


def test_a_sparkline_breaks_at_gaps_and_holds_nothing_that_acts():
    values = np.array([[0.0, 1, np.nan, np.nan, 2, np.nan, 1], [np.nan] * 7])
    svg = sparkline.picture(values, ["<b>", "gone"], "M1 & M2").decode()
    root = ET.fromstring(svg)
    lines = root.findall("{http://www.w3.org/2000/svg}polyline")
    assert [len(line.get("points").split()) for line in lines] == [2, 2, 2]
    assert "<b>" not in svg


def test_a_sparkline_shows_the_channels_that_lie_furthest_from_their_means():
    values = np.zeros((9, 5))
    values[7] = 3
    assert 7 in sparkline.strongest(values)
    assert len(sparkline.strongest(values)) == sparkline.MOST


def test_windows_that_look_alike_are_of_other_units_and_each_unit_counts_once():
    features = np.array([[1, 0], [1, 0.01], [2, 0.1], [1, 0.3], [0, 1], [-1, 0]], dtype=np.float32)
    units = np.array([0, 0, 1, 1, 2, 3])
    found = alike(features, units, 0)
    assert [row for row, _ in found] == [2, 4, 5]
    assert [cosine for _, cosine in found] == pytest.approx([2 / np.hypot(2, 0.1), 0, -1], abs=1e-6)
    assert [row for row, _ in alike(features, units, 4, most=1)] == [3]


TOLD = {
    "units": {"train": 8, "val": 1, "test": 1}, "readings": 90, "rows": 100, "lives": [5, 6, 7, 8, 9.0],
    "per_unit": [5, 6, 7, 8, 9], "step": 1.0, "window": 4, "stride": 1, "gaps": 2, "longest_gap": 3.0, "merged": 10,
    "back": 0, "static": ["site"], "time": {"column": "t", "kind": "stamp", "unit": "hours"},
    "channels": [
        {"name": "a", "low": 0.0, "high": 1.0, "mean": 0.5, "std": 0.1, "missing": 0.25, "drift": 1.5, "stuck": 2},
        {"name": "dead", "low": 1.0, "high": 1.0, "mean": 1.0, "std": 0.0, "missing": 0.0, "drift": None, "stuck": 0},
    ],
    "left_out": [{"name": "dead", "why": "does not vary in the training readings"}],
    "leaks": [{"channel": "a", "what": "time", "value": 0.999}], "same_units": {"groups": [["u1", "u2"]]},
}  # fmt: skip


def test_the_sheet_says_what_is_left_out_and_what_leaks():
    rows = {row["What"]: row["Found"] for row in sheet_words.sampling_rows(TOLD)}
    assert rows["Gaps"] == "2, the longest 3 hours"
    assert (rows["A step"], sheet_words.lasting(2, "hours")) == ("1 hour", "2 hours")
    assert rows["In the same step"] == "10 rows, averaged"
    used, dead = sheet_words.channel_rows(TOLD)
    assert (used["Drift (deviations)"], used["Stands still"], used["Missing"]) == ("+1.50", "in 2 units", "25.0 %")
    assert (dead["Channel"], dead["Left out"]) == ("dead", "does not vary in the training readings")
    assert [row["What"] for row in sheet_words.leak_rows(TOLD)] == ["Channel a", "Units u1, u2"]
    near = sheet_words.leak_rows(TOLD | {"near_units": [["u3", "u4"]]})
    assert (near[-1]["What"], near[-1]["Found"]) == ("Units u3 and u4", "have nearly the same readings")
    assert list(sheet_charts.drift(TOLD).data[0].x) == [1.5]


def test_a_clean_sheet_says_what_was_looked_for():
    assert sheet_words.clean(TOLD).endswith("no two units have the same readings.")
    assert sheet_words.clean(TOLD | {"near_units": []}).endswith("the same or nearly the same readings.")
