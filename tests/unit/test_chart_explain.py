"""The figures of the explain page: scales, reference lines, intervals, controls set apart."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from workbench.charts import explain as charts
from workbench.verdicts.explain import CONTROLS

from .test_verdict_explain import bodies


def png(size=(8, 8), mode="L") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 40 if mode == "L" else (40, 80, 120)).save(out, "PNG")
    return out.getvalue()


def example(**changes):
    rng = np.random.default_rng(0)
    panels = [("Integrated Gradients", rng.normal(size=(8, 8))), ("Random map", 100 * rng.normal(size=(8, 8)))]
    return {"title": "Row 3", "png": png(), "panels": panels} | changes


def test_each_map_has_a_symmetric_scale_of_its_own_and_one_bar():
    figure = charts.maps([example(), example()])
    heat = [t for t in figure.data if t.type == "heatmap"]
    assert len(heat) == 4
    assert {(t.zmin, t.zmax) for t in heat} == {(-1, 1)}
    assert [t.showscale for t in heat] == [True, False, False, False]
    for trace in heat:
        assert 0.9 < np.quantile(np.abs(trace.z), 0.995) < 1.1
    assert [a.text for a in figure.layout.annotations][:3] == ["Row 3", "Integrated Gradients", "Random map"]
    assert figure.layout.title.text


@pytest.mark.parametrize("picture", [png((16, 16)), png((8, 8), "RGB")])
def test_a_picture_of_any_size_or_mode_lies_under_the_map(picture):
    figure = charts.maps([example(png=picture)])
    assert sum(t.type == "image" for t in figure.data) == 3


def test_an_empty_map_is_drawn_empty():
    figure = charts.maps([example(panels=[("Layer Grad-CAM", np.zeros((8, 8)))])])
    (heat,) = [t for t in figure.data if t.type == "heatmap"]
    assert not np.any(heat.z)


def test_the_tests_show_limits_intervals_and_open_controls():
    _, controls = bodies()
    figure = charts.tests(controls)
    same, lead = figure.data
    assert list(same.y) == ["Integrated Gradients", "Saliency", "Random map", "Input copy"]
    assert [s.endswith("-open") for s in same.marker.symbol] == [False, False, True, True]
    assert lead.error_x.array[0] == pytest.approx(0.1)
    assert lead.error_x.array[1] == 0
    assert [s.x0 for s in figure.layout.shapes] == [0.5, 0]


def test_shares_carry_intervals_their_area_and_hatched_controls():
    methods, controls = bodies()
    figure = charts.shares(methods, controls)
    signal = figure.data[0]
    assert signal.x[0] == pytest.approx(71)
    assert signal.error_x.array[0] == pytest.approx(7)
    assert list(signal.marker.pattern.shape) == ["", "", "/", "/"]
    assert [s.x0 for s in figure.layout.shapes] == [6, 2]
    controls["planted_area"]["shortcut"] = None
    assert len(charts.shares(methods, controls).data) == 1


def test_curves_name_every_map_once_and_tell_lines_apart_without_colour():
    _, controls = bodies()
    names = list(controls["verdict"])
    controls["curves"] = {"fractions": [0, 0.5, 1]} | {
        n: {"deletion": [0.9, 0.4, 0.1], "insertion": [0.1, 0.6, 0.9]} for n in names
    }
    figure = charts.curves(controls)
    assert len(figure.data) == 2 * len(names)
    assert sum(t.showlegend for t in figure.data) == len(names)
    assert len({(t.line.dash, t.marker.symbol) for t in figure.data}) == len(names)
    assert max(figure.data[0].y) == pytest.approx(90)
    assert all(t.line.dash == "dot" for t in figure.data if t.legendgroup in CONTROLS)
