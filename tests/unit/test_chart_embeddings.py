"""The map as a figure: every point carries its row, selections turn the rest grey, and it stays light."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from workbench.charts import embeddings as charts
from workbench.explorer.columns import MISSING, NAMED, OTHERS, Category, Places, Quantity, category


def places(count: int, dimensions: int = 2) -> Places:
    random = np.random.default_rng(0)
    rows = 2 * np.arange(count, dtype=np.int64)
    return Places(rows, random.normal(size=(count, dimensions)).astype(np.float32), random.random(count, np.float32))


def halves(count: int) -> Category:
    return Category("label", ("a", "b<i>"), (np.arange(count) % 2).astype(np.int16))


def scatter(here: Places, colour, **options) -> go.Figure:
    return charts.scatter(here, colour, "Map", "numbers", "UMAP", **options)


def test_every_point_carries_its_row_and_its_place():
    here = places(11)
    figure = scatter(here, halves(11))
    drawn = {int(row): (x, y) for t in figure.data for row, x, y in zip(t.customdata, t.x, t.y, strict=True)}
    assert drawn == {int(row): (x, y) for row, (x, y) in zip(here.rows, here.at, strict=True)}


def test_selected_points_keep_their_colour_and_the_others_stay_visible_in_grey():
    figure = scatter(places(10), halves(10), selected=[0, 2])
    assert [list(t.selectedpoints) for t in figure.data] == [[0], [0]]
    assert all(t.unselected.marker.color == charts.FADED and t.unselected.marker.opacity > 0 for t in figure.data)
    assert all(t.selectedpoints is None for t in scatter(places(10), halves(10)).data)


@pytest.mark.parametrize("colour", [halves(10), Quantity("age", np.arange(10, dtype=np.float32))])
def test_in_three_dimensions_the_rest_becomes_a_grey_cloud(colour):
    figure = scatter(places(10, 3), colour, selected=[0, 2])
    chosen = [t for t in figure.data if t.showlegend is not False]
    rest = [t for t in figure.data if t.showlegend is False]
    assert sum(len(t.x) for t in chosen) == 2
    assert sum(len(t.x) for t in rest) == 8
    assert all(t.marker.color == charts.FADED for t in rest)


def test_categories_differ_without_colour():
    names = tuple(f"c{i}" for i in range(NAMED))
    figure = scatter(places(64), Category("x", names, (np.arange(64) % NAMED).astype(np.int16)))
    assert len({(t.marker.color, t.marker.symbol) for t in figure.data}) == NAMED
    assert len({t.marker.symbol for t in figure.data[:8]}) == 8


def test_a_number_that_is_missing_is_drawn_apart():
    values = np.array([1, np.nan, 3], dtype=np.float32)
    figure = scatter(places(3), Quantity("age (years)", values))
    assert [t.name for t in figure.data] == ["age (years)", MISSING]
    assert figure.data[0].marker.colorbar.title.text == "age (years)"


def test_the_figure_says_what_it_shows_and_keeps_one_scale():
    figure = scatter(places(4), halves(4), ringed=[2])
    assert figure.layout.title.text == "Map"
    assert figure.layout.title.subtitle.text == "numbers"
    assert figure.layout.xaxis.title.text == "UMAP 1 (no unit)"
    assert figure.layout.yaxis.scaleanchor == "x"
    assert figure.data[-1].name == "true neighbours"


def test_names_do_not_become_markup():
    assert "b&lt;i&gt;" in scatter(places(4), halves(4)).data[1].hovertemplate


def test_ten_thousand_points_are_light_and_quick():
    here, colour = places(10_000), halves(10_000)
    scatter(here, colour)
    started = time.perf_counter()
    size = len(scatter(here, colour, selected=list(range(0, 4000, 2))).to_json())
    assert time.perf_counter() - started < 1
    assert size < 300_000


def test_rare_categories_share_a_name_and_missing_ones_have_theirs():
    values = pd.Series([f"v{i:02d}" for i in range(30)] + ["v00"] * 5 + [None])
    found = category("x", values)
    assert len(found.names) <= NAMED
    assert OTHERS in found.names
    assert found.codes.min() == 0
    few = category("x", pd.Series(["b", None, "a"]), order=("b", "a"))
    assert few.names == ("b", "a", MISSING)
    assert few.codes.tolist() == [0, 2, 1]
