"""The figures of the bias page: intervals drawn, arms told apart without colour, small groups in grey."""

from __future__ import annotations

import pytest

from workbench.charts import bias as charts
from workbench.charts.theme import GREY


def fairness(arm: str, shift: float = 0.0) -> dict:
    groups = []
    for name, value, n, enough in (("a", 0.8, 100, True), ("b", 0.6, 80, True), ("c", 0.7, 9, False)):
        rate = {"value": value + shift, "low": value + shift - 0.1, "high": value + shift + 0.05}
        rate |= {"trials": n // 2, "enough": enough, "versus_rest": None}
        groups.append({"group": name, "n": n, "n_positive": n // 2, "enough": enough, "metrics": {"tpr": rate}})
    overall = {"tpr": {"value": 0.7, "low": 0.6, "high": 0.8}}
    return {"arm": arm, "attribute": "sex", "groups": groups, "overall": overall}


@pytest.fixture
def figure():
    return charts.groups({"ssl": fairness("ssl"), "scratch_aug": fairness("scratch_aug", 0.02)}, "tpr")


def test_worst_group_is_on_top_and_small_ones_at_the_bottom(figure):
    assert list(figure.layout.yaxis.ticktext) == ["c (n = 9), too few", "a (n = 100)", "b (n = 80)"]


def test_every_dot_carries_its_own_interval_in_percent(figure):
    ssl = figure.data[0]
    assert list(ssl.x) == pytest.approx([80, 60])
    assert list(ssl.error_x.array) == pytest.approx([5, 5])
    assert list(ssl.error_x.arrayminus) == pytest.approx([10, 10])


def test_arms_differ_by_marker_as_well_as_colour_and_small_groups_are_grey(figure):
    tested = [t for t in figure.data if "too few" not in t.name]
    small = [t for t in figure.data if "too few" in t.name]
    assert len({t.marker.symbol for t in tested}) == len({t.marker.color for t in tested}) == 2
    assert {t.marker.color for t in small} == {GREY}
    assert all(t.marker.symbol.endswith("-open") for t in small)


def test_title_and_axis_say_what_is_shown(figure):
    assert figure.layout.title.text == "Cases found (TPR) by sex, with 95 % intervals"
    assert figure.layout.xaxis.title.text == "TPR (%); thin lines: over all rows"


def test_a_rate_that_is_not_known_is_left_out():
    body = fairness("ssl")
    body["groups"][1]["metrics"]["tpr"]["value"] = None
    assert list(charts.groups({"ssl": body}, "tpr").data[0].x) == pytest.approx([80])


def test_contrast_draws_the_differences_that_are_known():
    known = {"difference": {"value": 0.02, "low": -0.01, "high": 0.05}}
    figure = charts.contrast({"attribute": "sex", "metrics": {"tpr": known, "fpr": {"difference": None}}})
    assert list(figure.data[0].x) == pytest.approx([2])
    assert list(figure.data[0].error_x.arrayminus) == pytest.approx([3])
    assert list(figure.layout.yaxis.ticktext) == ["Cases found (TPR)"]
