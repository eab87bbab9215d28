"""Figures of the run page: titled, labelled, thinned, with their reference lines."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.charts import run as charts

NUMBERS = {"effective_rank": 20.0, "participation_ratio": 9.0, "rankme": 30.0, "feature_std": 0.09}


def readings(n=5):
    places = {
        "backbone": {**NUMBERS, "dim": 64, "spectrum": [0.5, 0.3, 0.2, 0.0]},
        "projector": {**NUMBERS, "dim": 128, "spectrum": [0.9, 0.1]},
    }
    return [{"seed": 0, "step": 10 * i, "places": places, "alignment": 0.4, "uniformity": -2.0} for i in range(n)]


def metrics(n=5):
    return [{"step": i, "loss": 5.0 - i / n, "parts": {}} for i in range(n)]


@given(st.lists(st.integers(), max_size=2000), st.integers(2, 300))
def test_thinning_keeps_the_ends_and_the_limit(values, points):
    kept = charts.thin(values, points)
    assert len(kept) <= points + 1
    assert kept[:1] == values[:1]
    assert kept[-1:] == values[-1:]


def test_loss_shows_its_bound_by_name():
    bound = math.log(2 * 256 - 1)
    figure = charts.loss(metrics(), bound, 3, "simclr")
    texts = [a.text for a in figure.layout.annotations]
    assert any("ln(2B−1) = 6.24" in t for t in texts)
    assert any("collapsed since 3" in t for t in texts)
    assert bound in [s.y0 for s in figure.layout.shapes]


def test_each_task_names_its_own_bound():
    named = {
        task: charts.loss(metrics(), 0.7, None, task).layout.annotations[0].text for task in ("supervised", "none")
    }
    assert named == {"supervised": "chance level: ln K = 0.70", "none": "chance level: 0.70"}


def test_a_long_curve_travels_thin():
    assert len(charts.loss(metrics(50_000), None).data[0].x) <= charts.POINTS + 1


@pytest.mark.parametrize("metric", charts.watched(readings()))
def test_strip_tells_places_apart_without_colour(metric):
    figure = charts.strip(readings(), metric)
    assert [t.name for t in figure.data] == ["backbone (of 64)", "projector (of 128)"]
    assert len({(t.line.dash, t.marker.symbol) for t in figure.data}) == 2
    assert figure.layout.title.text
    assert figure.layout.xaxis.title.text == "step"
    assert figure.layout.yaxis.title.text


def test_feature_spread_shows_one_over_root_d_for_each_place():
    figure = charts.strip(readings(), "feature_std")
    assert sorted(s.y0 for s in figure.layout.shapes) == pytest.approx([1 / math.sqrt(128), 1 / math.sqrt(64)])


def test_spectrum_is_logarithmic_and_leaves_zero_shares_out():
    figure = charts.spectrum(readings())
    assert figure.layout.yaxis.type == "log"
    assert figure.data[0].y[-1] is None
    assert len(figure.data) == 4


def test_knn_is_in_percent_and_shows_chance():
    figure = charts.knn([{"step": 10, "k": 15, "accuracy": 0.8, "chance": 0.5}])
    assert figure.data[0].y[0] == pytest.approx(80)
    assert figure.layout.shapes[0].y0 == 50


def test_the_whole_strip_is_one_figure_that_names_each_place_once():
    figure = charts.health(readings(), since=20)
    headings = [a.text for a in figure.layout.annotations if a.text.startswith("<b>")]
    assert headings[:4] == [
        f"<b>{title}</b>" for title in ("Effective rank", "Participation ratio", "RankMe", "Feature spread")
    ]
    assert "Alignment and uniformity" in headings[4]
    assert "Spectrum at step 40" in headings[5]
    assert "faint: step 0" in headings[5]
    shown = [t.name for t in figure.data if t.showlegend]
    assert shown == ["backbone (of 64)", "projector (of 128)", "alignment", "uniformity"]
    assert len({t.xaxis for t in figure.data}) == 6


@pytest.mark.parametrize("metric", charts.watched(readings()))
def test_a_panel_shows_what_its_own_figure_shows(metric):
    single, panel = charts.strip(readings(), metric, since=20), charts.watched(readings()).index(metric)
    axis = f"y{panel + 1}" if panel else "y"
    whole = charts.health(readings(), since=20)
    drawn = [t for t in whole.data if t.yaxis == axis]
    assert [(t.name, t.x, t.y, t.line) for t in drawn] == [(t.name, t.x, t.y, t.line) for t in single.data]
    marks = [s for s in whole.layout.shapes if s.yref.split()[0] == axis]
    assert [(s.x0, s.y0, s.y1) for s in marks] == [(s.x0, s.y0, s.y1) for s in single.layout.shapes]


def test_panels_stand_apart_from_top_to_bottom():
    layout = charts.health(readings()).layout
    rows = [layout[f"yaxis{n}"].domain for n in ("", 3, 5)]
    assert rows[0][1] == 1
    assert rows[-1][0] == pytest.approx(0)
    assert all(above[0] - below[1] > 0.05 for above, below in pairwise(rows))


def test_loss_and_knn_stand_side_by_side():
    votes = [{"step": 10, "k": 15, "accuracy": 0.8, "chance": 0.5}]
    figure = charts.curves(metrics(), votes, 6.2, since=3)
    assert figure.layout.xaxis.domain[1] < figure.layout.xaxis2.domain[0]
    assert not any(t.showlegend for t in figure.data)  # one line each: the heading names it


def test_a_number_whose_file_says_nothing_is_shown_under_its_name():
    told = readings()
    for one in told:
        one["places"]["backbone"]["true_skill"] = 3.0
        one["view_skill"], one["places"]["projector"]["nesum"] = 0.5, 4.0
    headings = [a.text for a in charts.health(told).layout.annotations if a.text.startswith("<b>")]
    assert headings[4] == "<b>True skill</b>"
    assert "Alignment and uniformity" in headings[5]
    assert headings[6] == "<b>View skill</b>"
    assert [a.text for a in charts.folded(told).layout.annotations if a.text.startswith("<b>")] == ["<b>NESum</b>"]
    assert charts.folded(readings()) is None


def test_the_numbers_come_with_how_to_read_them():
    assert any(note.startswith("Feature spread: 1/√d") for note in charts.reading_notes(readings()))
