"""The explorer in Chromium at a million generated points, beside a Plotly page on the same points.

    python -m tests.benchmarks.explorer [--points 1000000]

Measured on the wire and on the clock: from the address to the points on the screen, bytes of point data (once, and on a
run of the script), from the lasso's release to the new counts (histograms, error rate and group table, all three) and
until the points are drawn anew, the server's part of that, bytes sent, whether the drawn set is the server's set, and
the time until a hovered point shows its picture. What does not end within LIMIT is told as that.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from playwright.sync_api import Page

from backend.control.service import Service
from tests.benchmarks.explorer_plotly import plotly, plotly_page
from tests.benchmarks.pointing import LASSO, LIMIT, Wire, lasso
from tests.browser.chromium import browser_page, server
from tests.pages.conftest import add_run, register
from workbench.explorer import columns, facets, gesture, maps, paint
from workbench.explorer.grid import packed
from workbench.frame import session

MAP = "Pretrained · UMAP, 2-D"
GESTURE = re.compile(rb'\[\{"event":"gesture","value":.*?\}\]')
FEW = 8  # movements where each of them takes seconds

# What the page says of a selection, each as one text: how many, the error rate, the histograms and the group table.
COUNTS = """() => ({
  count: [...document.querySelectorAll('h4')].map((node) => node.textContent).find((t) => /points selected/.test(t)),
  errors: [...document.querySelectorAll('p')].map((node) => node.textContent).find((t) => /^The classifier/.test(t)),
  bars: JSON.stringify([...document.querySelectorAll('.ssl-bars-one path')].map((bars) => bars.getAttribute('d'))),
  groups: [...document.querySelectorAll('[data-testid=stExpander] canvas')].map((node) => node.textContent).join(),
})"""

# When all of these have changed and the frame with them is painted, and when the map's points are drawn anew; seconds
# since 1970 of this machine's clock, which is the benchmark's as well.
CHANGED = """async ([before, drawn, limit]) => {
  const frame = () => new Promise(requestAnimationFrame);
  const now = () => (performance.timeOrigin + performance.now()) / 1000;
  const counts = COUNTS;
  const until = now() + limit;
  let [counted, highlighted] = [null, null];
  while ((!counted || !highlighted) && now() < until) {
    await frame();
    const told = counts();
    if (!counted && Object.keys(before).every((name) => told[name] && told[name] !== before[name])) {
      await frame();
      counted = now();
    }
    if (!highlighted && document.querySelector('.ssl-map').dataset.drawn !== drawn) {
      await frame();
      highlighted = now();
    }
  }
  return [counted, highlighted];
}""".replace("COUNTS", COUNTS)


def build(root: Path, points: int) -> None:
    service = Service.open(root, start_supervisor=False)
    add_run(service, register(service, points, size=8), "done")
    service.close()


def view(address: str) -> tuple[dict[str, float | str], dict[str, Any], np.ndarray]:
    """Our own view's column of the table, the last gesture as it was sent, and the points that were drawn for it."""
    with browser_page() as page:
        page.set_default_timeout(1000 * LIMIT)
        wire, begun = Wire(page), time.perf_counter()
        page.goto(f"{address}/embeddings?run=done&map={MAP}")
        page.wait_for_selector(".ssl-map[data-drawn]")
        found: dict[str, float | str] = {
            "visible, s": time.perf_counter() - begun,
            "points down, MB": wire.points() / 1e6,
        }
        page.wait_for_timeout(3_000)
        wire.clear()
        page.keyboard.press("r")
        page.wait_for_timeout(3_000)
        found["points on a rerun, bytes"] = wire.points()
        found |= lassoed(page, wire)
        told = json.loads(GESTURE.search(b"".join(wire.sent)).group())[0]["value"]
        drawn = np.array(page.evaluate("() => document.querySelector('.ssl-map').highlighted()"))
        return found | {"hover, ms": hovered(page, wire)}, told, drawn


def lassoed(page: Page, wire: Wire) -> dict[str, float]:
    """Medians of three lassos, after a first one with whose counts the page shows its group table."""
    before = page.locator(".ssl-map").get_attribute("data-drawn")
    lasso(page, page.locator(".ssl-map-canvas").bounding_box(), 40)
    page.wait_for_function("(old) => document.querySelector('.ssl-map').dataset.drawn !== old", arg=before)
    page.get_by_text(re.compile("^Class x sex")).click()
    canvas = page.locator(".ssl-map-canvas")
    canvas.scroll_into_view_if_needed()
    page.wait_for_timeout(3_000)
    box = canvas.bounding_box()
    moves, counted, highlighted = [], [], []
    for radius in (60, 90, 120):
        drawn = page.locator(".ssl-map").get_attribute("data-drawn")
        told = page.evaluate(COUNTS)
        if len([text for text in told.values() if text]) < 4:
            raise AssertionError(f"expected the page to show all counts, found {told}")
        page.evaluate(f"(told) => {{ window.changed = ({CHANGED})(told) }}", [told, drawn, LIMIT])
        wire.clear()
        begun = time.time()
        released = lasso(page, box, radius)
        moves.append((released - begun) / LASSO)
        found = page.evaluate("() => window.changed")
        if None in found:
            raise TimeoutError(f"counts and drawing after a lasso: expected both within {LIMIT} s, found {found}")
        counted.append(found[0] - released)
        highlighted.append(found[1] - released)
        page.wait_for_timeout(1_500)
    return {
        "a lasso's movement, ms": 1000 * median(moves),
        "lasso to counts, s": median(counted),
        "lasso to the points drawn, s": median(highlighted),
        "lasso up, bytes": sum(map(len, wire.sent)),
    }


def hovered(page: Page, wire: Wire) -> float:
    """Median ms from the pointer's move to the picture; fails when a hover ran the script."""
    waits, box = [], page.locator(".ssl-map-canvas").bounding_box()
    wire.clear()
    for i in range(12):
        page.mouse.move(box["x"] + 5, box["y"] + 5)
        page.locator(".ssl-map-tip").wait_for(state="hidden")
        begun = time.perf_counter()
        page.mouse.move(box["x"] + box["width"] / 2 + 7 * (i - 6), box["y"] + box["height"] / 2 + 5 * (i % 3))
        page.locator(".ssl-map-tip img").wait_for(state="visible")
        waits.append(1000 * (time.perf_counter() - begun))
    if wire.sent:
        raise AssertionError("hovering ran the script")
    return median(waits)


def served(root: Path, told: dict[str, Any]) -> tuple[float, np.ndarray]:
    """Seconds that the server needs for a gesture (warm: membership, mask, counts), and the points it selects."""
    service = Service.open(root, start_supervisor=False)
    session.use(service)
    shown = next(one for one in maps.maps_of("done") if one.title == MAP)
    manifest = service.dataset("bars")
    source = columns.Source.of(manifest, maps.predictions_digest("done"))
    facets.warm(shown.sha256, source)
    codes, (grid, _) = paint.paint("label", shown.sha256, source).codes, paint.grid(shown.sha256)
    rows, before = columns.places(shown.sha256).rows, np.zeros(manifest["count"], dtype=bool)
    begun = time.perf_counter()
    after = gesture.selection(gesture.read(told, gesture.Gesture), before, rows, grid, codes)
    points = facets.points_of(shown.sha256, after)
    packed(points)
    facets.made_of(shown.sha256, source, points)
    facets.by_group(shown.sha256, source, points, "sex")
    seconds = time.perf_counter() - begun
    service.close()
    return seconds, np.flatnonzero(points)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--points", type=int, default=1_000_000)
    options.add_argument("--moves", type=int, default=FEW, help="movements of the lasso on Plotly's page")
    asked = options.parse_args()
    points = asked.points
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build(folder / "ws", points)
        with server(folder / "ws", folder / "server.log") as address:
            ours, told, drawn = view(address)
        seconds, chosen = served(folder / "ws", told)
        ours |= {"server's part, ms": 1000 * seconds, "drawn set is the server's": str(np.array_equal(drawn, chosen))}
        with plotly_page(folder, points) as address:
            theirs = plotly(address, asked.moves)
    print(f"{points:,} points\n\n| | the view | Plotly |\n|---|---|---|")
    for measure, value in ours.items():
        print(f"| {measure} | {_shown(value)} | {_shown(theirs.get(measure, '-'))} |")


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.4g}"


if __name__ == "__main__":
    main()
