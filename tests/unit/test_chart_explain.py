"""The figures of the explain page: scales, reference lines, intervals, controls set apart."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from workbench.charts import explain as charts
from workbench.modality.image import charts as image_charts

from .test_verdict_explain import IMAGE, bodies


def png(size=(8, 8), mode="L") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 40 if mode == "L" else (40, 80, 120)).save(out, "PNG")
    return out.getvalue()


def example(**changes):
    rng = np.random.default_rng(0)
    panels = [("Integrated Gradients", rng.normal(size=(8, 8))), ("Random map", 100 * rng.normal(size=(8, 8)))]
    return {"title": "Row 3", "png": png(), "panels": panels} | changes


def overlay(figure) -> np.ndarray:
    (heat,) = [t for t in figure.data if t.type == "heatmap"]
    return np.array(heat.z, dtype=float)


def picture(figure) -> np.ndarray:
    (image,) = [t for t in figure.data if t.type == "image"]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(image.source.split(",")[1]))))


def test_each_map_has_a_symmetric_scale_of_its_own():
    figure = image_charts.maps([example(), example(title="Row 4")])
    (heat,) = [t for t in figure.data if t.type == "heatmap"]
    assert (heat.zmin, heat.zmax) == (-1, 1)
    z = overlay(figure)
    drawn = np.isfinite(z)
    assert drawn.sum() == 4 * 64
    columns = np.flatnonzero(drawn.any(axis=0))
    assert columns[0] > 8  # the first panel is the image alone
    for panel in (columns[:8], columns[8:]):
        upper = z[: len(z) // 2, panel]
        assert 0.9 < np.nanquantile(np.abs(upper), 0.995) < 1.1
    assert [a.text for a in figure.layout.annotations] == [
        *("Row 3", "Integrated<br>Gradients", "Random map"),
        "Row 4",
    ]
    assert figure.layout.title.text


def test_a_map_lies_on_its_pixels_over_the_faded_image():
    values = np.zeros((8, 8))
    values[2, 5] = -3.0
    image = np.full((8, 8), 10, dtype=np.uint8)
    image[2, 5] = 255
    out = io.BytesIO()
    Image.fromarray(image).save(out, "PNG")
    figure = image_charts.maps([example(png=out.getvalue(), panels=[("Occlusion", values)])])
    z, shown = overlay(figure), picture(figure)
    assert z.shape == shown.shape[:2]
    bright = np.argwhere((shown[..., 0] == 255) & np.isfinite(z))
    assert z[tuple(np.argwhere(z < 0)[0])] <= -1
    assert bright.tolist() == np.argwhere(z < 0).tolist()


@pytest.mark.parametrize("png_of", [png((16, 16)), png((8, 8), "RGB")])
def test_a_picture_of_any_size_or_mode_lies_under_the_map(png_of):
    assert image_charts.maps([example(png=png_of)]).data[0].type == "image"


def test_a_panel_whose_title_differs_from_the_row_above_says_so():
    panels = example()["panels"]
    uncertain = [("Integrated Gradients (not certified)", panels[0][1]), panels[1]]
    figure = image_charts.maps([example(), example(title="Row 4", panels=uncertain)])
    assert [a.text for a in figure.layout.annotations][3:] == ["Row 4", "Integrated<br>Gradients (not<br>certified)"]


def test_the_legend_names_the_ends_of_the_colour_scale():
    legend = {t.name: t.marker.color for t in image_charts.maps([example()]).data if t.type == "scatter"}
    assert legend == {"for the predicted class": "rgb(200,70,0)", "against it": "rgb(0,84,166)"}
    ends = [image_charts.SCALE[-1][1], image_charts.SCALE[0][1]]
    assert [c.replace("rgb", "rgba").replace(")", ",1)") for c in legend.values()] == ends


def test_an_empty_map_is_drawn_empty():
    z = overlay(image_charts.maps([example(panels=[("Layer Grad-CAM", np.zeros((8, 8)))])]))
    assert not np.any(z[np.isfinite(z)])


def test_the_tests_show_limits_intervals_and_open_controls():
    _, controls = bodies()
    figure = charts.tests(controls, IMAGE)
    same, lead = figure.data
    assert list(same.y) == ["Integrated Gradients", "Saliency", "Random map", "Input copy"]
    assert [s.endswith("-open") for s in same.marker.symbol] == [False, False, True, True]
    assert lead.error_x.array[0] == pytest.approx(0.1)
    assert lead.error_x.array[1] == 0
    assert [s.x0 for s in figure.layout.shapes] == [0.5, 0]


def test_shares_carry_intervals_their_area_and_hatched_controls():
    methods, controls = bodies()
    figure = charts.shares(methods, controls, IMAGE)
    signal = figure.data[0]
    assert signal.x[0] == pytest.approx(71)
    assert signal.error_x.array[0] == pytest.approx(7)
    assert list(signal.marker.pattern.shape) == ["", "", "/", "/"]
    assert [s.x0 for s in figure.layout.shapes] == [6, 2]
    controls["planted_area"]["shortcut"] = None
    assert len(charts.shares(methods, controls, IMAGE).data) == 1


def test_curves_name_every_map_once_and_tell_lines_apart_without_colour():
    _, controls = bodies()
    names = list(controls["verdict"])
    controls["curves"] = {"fractions": [0, 0.5, 1]} | {
        n: {"deletion": [0.9, 0.4, 0.1], "insertion": [0.1, 0.6, 0.9]} for n in names
    }
    figure = charts.curves(controls, IMAGE)
    assert len(figure.data) == 2 * len(names)
    assert sum(t.showlegend for t in figure.data) == len(names)
    assert len({(t.line.dash, t.marker.symbol) for t in figure.data}) == len(names)
    assert max(figure.data[0].y) == pytest.approx(90)
    assert all(t.line.dash == "dot" for t in figure.data if t.legendgroup in IMAGE.controls)
