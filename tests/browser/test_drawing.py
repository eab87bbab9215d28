"""What the map's painter leaves out is not missed: the picture of the points on top is the picture of all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from .chromium import browser_page

SOURCES = Path(__file__).parents[2] / "workbench" / "explorer" / "view" / "src"
HERE = "http://view.test/"

# Pixels that differ, pixels with a colour, and points drawn, from afar and near; a random colour a point.
PICTURES = """async (count) => {
  const [{ createPainter }, { uncovered }] = await Promise.all(['painter', 'uncovered'].map((n) => import(`/${n}.js`)));
  const [width, height] = [407, 259];
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const [painter, gl] = [createPainter(canvas, true), canvas.getContext('webgl2')];
  let state = 5;
  const random = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
  const steps = new Uint16Array(2 * count).map(() => (65535 * (random() + random() + random())) / 3);
  painter.place(steps);
  painter.code(new Uint16Array(count).map(() => 257 * random()));
  painter.paint(new Uint8Array(4 * 257).map(() => 256 * random()));
  const picture = (lens, size, points) => {
    painter.draw(lens, [size, size], points);
    const pixels = new Uint32Array(width * height);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(pixels.buffer));
    return pixels;
  };
  const all = new Uint32Array(count).map((_, i) => i);
  return [[[0, 0, 1], 2], [[0.013, -0.27, 0.31], 3], [[0.4, 0.1, 4], 1]].map(([camera, size]) => {
    const lens = { camera, width, height };
    const seen = uncovered(steps, lens, size);
    const [whole, some] = [picture(lens, size, all), picture(lens, size, seen)];
    const differ = whole.filter((pixel, i) => pixel !== some[i]).length;
    return [differ, whole.filter((pixel) => pixel !== 0xffffffff).length, seen.length];
  });
}"""

pytestmark = pytest.mark.browser


def test_the_picture_of_the_points_on_top_is_that_of_all_points(chromium):
    with browser_page() as page:
        page.route(f"{HERE}*.js", lambda route: route.fulfill(path=SOURCES / route.request.url.removeprefix(HERE)))
        page.route(HERE, lambda route: route.fulfill(body="<p>a page</p>", content_type="text/html"))
        page.goto(HERE)
        for differ, ink, drawn in page.evaluate(PICTURES, 60_000):
            assert ink > 1_000
            assert drawn < 40_000
            assert differ <= ink / 1_000  # the processor's sums have fewer digits than the script's
