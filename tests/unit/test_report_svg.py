"""Plotly figures as static SVG: values land where they belong, text stays text, the unknown is refused."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.documents import axes, svg
from workbench.documents.render import ranges, whole
from workbench.documents.series import rgba, shades

NS = {"s": "http://www.w3.org/2000/svg"}


def drawn(figure):
    return ET.fromstring(svg.draw(figure))


def points(root, color):
    """Corners of the polylines of that colour."""
    paths = [p.get("d") for p in root.iter(f"{{{NS['s']}}}path") if p.get("stroke") == color]
    return [tuple(map(float, xy)) for d in paths for xy in re.findall(r"[ML]([\d.]+),([\d.]+)", d)]


def test_a_line_keeps_its_proportions():
    figure = go.Figure(go.Scatter(x=[0, 1, 4], y=[0, 1, 4], mode="lines", line_color="#123456"))
    (x0, y0), (x1, y1), (x2, y2) = points(drawn(figure), "#123456")
    assert (x1 - x0) / (x2 - x0) == pytest.approx(0.25, abs=2e-3)
    assert (y0 - y1) / (y0 - y2) == pytest.approx(0.25, abs=2e-3)
    assert y2 < y0


def test_decades_are_equally_long_on_a_logarithmic_axis():
    figure = go.Figure(go.Scatter(x=[0.01, 0.1, 1], y=[1, 2, 3], mode="lines", line_color="#123456"))
    figure.update_xaxes(type="log")
    xs = [x for x, _ in points(drawn(figure), "#123456")]
    assert xs[1] - xs[0] == pytest.approx(xs[2] - xs[1], abs=0.2)


def test_a_gap_in_the_data_is_a_gap_in_the_line():
    figure = go.Figure(go.Scatter(x=[0, 1, 2, 3], y=[1, None, 2, float("nan")], mode="lines", line_color="#123456"))
    path = next(p for p in drawn(figure).iter(f"{{{NS['s']}}}path") if p.get("stroke") == "#123456")
    assert path.get("d").count("M") == 2


def test_stacked_bars_stand_on_each_other():
    figure = go.Figure([go.Bar(x=["a"], y=[3], marker_color="#111111"), go.Bar(x=["a"], y=[1], marker_color="#222222")])
    figure.update_layout(barmode="stack")
    rects = {r.get("fill"): r for r in drawn(figure).iter(f"{{{NS['s']}}}rect")}
    lower, upper = rects["#111111"], rects["#222222"]
    assert float(upper.get("y")) + float(upper.get("height")) == pytest.approx(float(lower.get("y")), abs=0.2)
    assert float(lower.get("height")) == pytest.approx(3 * float(upper.get("height")), abs=0.4)


def test_text_from_data_is_escaped():
    figure = go.Figure(go.Bar(x=["<script>alert(1)</script>&"], y=[1], name='"><b>', text=["<i>x</i>"]))
    figure.update_layout(title="a < b & c")
    text = svg.draw(figure)
    assert "<script" not in text
    assert "a &lt; b &amp; c" in text
    ET.fromstring(text)


def test_a_map_of_many_points_stays_small_and_complete():
    rng = np.random.default_rng(0)
    n = 10_000
    figure = go.Figure(go.Scattergl(x=rng.normal(size=n), y=rng.normal(size=n), mode="markers"))
    text = svg.draw(figure)
    assert text.count("h0") == n
    assert len(text) < 200_000


def test_equal_units_keep_a_maps_shape():
    figure = go.Figure(go.Scatter(x=[0, 1, 1], y=[0, 0, 1], mode="lines", line_color="#123456"))
    figure.update_yaxes(scaleanchor="x")
    a, b, c = points(drawn(figure), "#123456")
    assert b[0] - a[0] == pytest.approx(b[1] - c[1], abs=0.2)


def test_a_fine_heatmap_is_one_picture_and_a_coarse_one_has_its_numbers():
    fine = go.Figure(go.Heatmap(z=np.zeros((64, 64))))
    assert len(list(drawn(fine).iter(f"{{{NS['s']}}}image"))) == 1
    coarse = svg.draw(go.Figure(go.Heatmap(z=[[0.125, 1]], x=["a", "b"], y=["c"], texttemplate="%{z:.2f}")))
    assert "0.12" in coarse


def test_what_has_no_form_on_paper_is_refused_and_not_drawn_wrongly():
    with pytest.raises(svg.Unsupported, match="scatter3d"):
        svg.draw(go.Figure(go.Scatter3d(x=[1], y=[1], z=[1])))


def test_a_bound_above_all_data_is_on_the_sheet_and_its_label_under_the_title():
    figure = go.Figure(go.Scatter(x=[0, 1], y=[4, 6], mode="lines"), {"title": {"text": "Loss"}})
    figure.add_hline(y=9, line_color="#123456", annotation_text="bound", annotation_position="top right")
    root = drawn(figure)
    line = next(e for e in root.iter(f"{{{NS['s']}}}line") if e.get("stroke") == "#123456")
    at = {t.text: float(t.get("y")) for t in root.iter(f"{{{NS['s']}}}text")}
    assert float(line.get("y1")) > 44
    assert at["Loss"] + 12 < at["bound"] < float(line.get("y1"))


def test_a_named_band_is_in_the_legend():
    figure = go.Figure(go.Scatter(x=[0, 1], y=[4, 6], mode="lines", name="line"))
    figure.add_hrect(y0=4, y1=5, fillcolor="#123456", name="band", showlegend=True)
    root = drawn(figure)
    assert len([r for r in root.iter(f"{{{NS['s']}}}rect") if r.get("fill") == "#123456"]) == 2
    assert {"line", "band"} <= {t.text for t in root.iter(f"{{{NS['s']}}}text")}


def test_a_sheet_of_pictures_is_as_high_as_they_are():
    figure = go.Figure(go.Image(z=np.zeros((10, 40, 3), dtype=np.uint8)))
    figure.update_xaxes(visible=False).update_yaxes(visible=False, scaleanchor="x", constraintoward="top")
    root = drawn(figure)
    picture = next(root.iter(f"{{{NS['s']}}}image"))
    width, height = float(picture.get("width")), float(picture.get("height"))
    assert width == pytest.approx(4 * height, abs=0.5)
    assert float(root.get("viewBox").split()[3]) < 1.2 * height + 40


def test_an_empty_figure_is_still_a_sheet():
    assert drawn(go.Figure()).tag.endswith("svg")


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_round_and_inside(low, span):
    ticks = axes.nice(low, low + span)
    assert 2 <= len(ticks) <= 12
    assert all(low - 1e-6 * span <= t <= low + span * (1 + 1e-6) for t in ticks)


@given(st.sets(st.integers(0, 200)))
def test_ranges_name_every_leaf_once(leaves):
    said = []
    for span in ranges(sorted(leaves)):
        first, _, last = span.partition("–")
        said += range(int(first), int(last or first) + 1)
    assert said == sorted(leaves)


def test_no_line_break_divides_an_interval_a_p_value_or_a_percentage():
    said = whole("a gap of 22.0 points (61 % [52 %, 69 %] of rows, p = 0.018)")
    assert said.replace("\u00a0", " ") == "a gap of 22.0 points (61 % [52 %, 69 %] of rows, p = 0.018)"
    assert {"(61\u00a0%", "[52\u00a0%,\u00a069\u00a0%]", "p\u00a0=\u00a00.018)"} <= set(said.split(" "))


def test_colour_scales_keep_their_ends_and_their_transparency():
    found = shades([[0, "rgba(0,84,166,1)"], [0.5, "rgba(255,255,255,0)"], [1, "#C84600"]], 3)
    assert found[0].tolist() == [0, 84, 166, 1]
    assert found[1][3] == 0
    assert found[2].tolist() == [200, 70, 0, 1]
    assert rgba("rgb(1, 2, 3)") == (1, 2, 3, 1)


def test_a_line_that_is_named_stands_in_the_legend_as_a_line():
    figure = go.Figure(go.Scatter(x=[0, 1], y=[0, 1], name="curve", mode="lines"))
    figure.add_vline(x=0.5, line={"color": "#123456", "dash": "dot"}, name="chosen", showlegend=True)
    text = svg.draw(figure)
    assert "chosen" in text
    assert text.count("#123456") == 2, "in the plot and in the legend"
