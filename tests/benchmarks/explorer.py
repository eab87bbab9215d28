"""The explorer in Chromium at a million generated points, beside a Plotly page on the same points.

    python -m tests.benchmarks.explorer [--points 1000000]

Measured on the wire and on the clock: from the address to the points on the screen, bytes of point data (once, and on a
run of the script), from the lasso's release to the new counts, the server's part of that, bytes sent, whether the drawn
set is the server's set, and the time until a hovered point shows its picture.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import numpy as np
from playwright.sync_api import Page

from backend.control.service import Service
from tests.browser.chromium import browser_page, free_port, server
from tests.pages.conftest import add_run, register
from workbench import session
from workbench.explorer import columns, facets, gesture, maps, paint
from workbench.explorer.grid import packed

MAP = "Pretrained · UMAP, 2-D"
SELECTED = re.compile(r"^([\d,]+) of ([\d,]+) points selected")
GESTURE = re.compile(rb'\[\{"event":"gesture","value":.*?\}\]')
TIMEOUT = 180_000  # ms

PLOTLY = """
import sys
import numpy as np, plotly.graph_objects as go, streamlit as st
at = np.load(sys.argv[1])
figure = go.Figure(go.Scattergl(x=at[:, 0], y=at[:, 1], mode="markers", marker={"color": at[:, 2], "size": 2}))
figure.update_layout(dragmode="lasso", height=560, showlegend=False)
event = st.plotly_chart(figure, on_select="rerun", key="map", theme=None, config={"plotGlPixelRatio": 1})
st.write(f"{len(event.selection.points)} points selected")
"""


class Wire:
    """What goes over the wire: requests for point data, and frames of the page's socket."""

    def __init__(self, page: Page):
        self.fetched: list[tuple[str, int]] = []
        self.sent: list[bytes] = []
        self.received = 0
        page.on("requestfinished", self._finished)
        page.on("websocket", self._opened)

    def _finished(self, request: Any) -> None:
        if "/explorer/" in request.url and "/view-" not in request.url:
            self.fetched.append((request.url, request.sizes()["responseBodySize"]))

    def _opened(self, socket: Any) -> None:
        socket.on("framesent", lambda frame: self.sent.append(_bytes(frame)))
        socket.on("framereceived", lambda frame: setattr(self, "received", self.received + len(_bytes(frame))))

    def clear(self) -> None:
        self.fetched, self.sent, self.received = [], [], 0

    def points(self) -> int:
        return sum(size for address, size in self.fetched if "/bytes/" in address)


def _bytes(frame: str | bytes) -> bytes:
    return frame.encode() if isinstance(frame, str) else frame


def build(root: Path, points: int) -> None:
    service = Service.open(root, start_supervisor=False)
    add_run(service, register(service, points, size=8), "done")
    service.close()


def lasso(page: Page, box: dict[str, float], radius: float) -> float:
    """Draw a lasso around the middle of `box`; returns when the button was released."""
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for i in range(61):
        angle = 2 * math.pi * i / 60
        r = radius * (1 + 0.2 * math.sin(5 * angle))
        page.mouse.move(x + r * math.cos(angle), y + r * math.sin(angle))
        if i == 0:
            page.mouse.down()
    released = time.perf_counter()
    page.mouse.up()
    return released


def view(address: str) -> tuple[dict[str, float | str], dict[str, Any], np.ndarray]:
    """Our own view's column of the table, the last gesture as it was sent, and the points that were drawn for it."""
    with browser_page() as page:
        page.set_default_timeout(TIMEOUT)
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
        box = page.locator(".ssl-map-canvas").bounding_box()
        waits = []
        for radius in (60, 90, 120):
            before = page.locator(".ssl-map").get_attribute("data-drawn")
            wire.clear()
            released = lasso(page, box, radius)
            page.wait_for_function("(old) => document.querySelector('.ssl-map').dataset.drawn !== old", arg=before)
            count = page.locator(".ssl-map-status").inner_text().split(" of ")[0]
            page.get_by_text(re.compile(f"^{count} of .* points selected")).nth(1).wait_for()
            waits.append(time.perf_counter() - released)
        found |= {"lasso, s": median(waits), "lasso up, bytes": sum(map(len, wire.sent))}
        told = json.loads(GESTURE.search(b"".join(wire.sent)).group())[0]["value"]
        drawn = np.array(page.evaluate("() => document.querySelector('.ssl-map').highlighted()"))
        return found | {"hover, ms": hovered(page, box, wire)}, told, drawn


def hovered(page: Page, box: dict[str, float], wire: Wire) -> float:
    """Median ms from the pointer's move to the picture; fails when a hover ran the script."""
    waits = []
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
    after = gesture.selection(gesture.read(told), before, rows, grid, codes)
    points = facets.points_of(shown.sha256, after)
    packed(points)
    facets.made_of(shown.sha256, source, points)
    facets.by_group(shown.sha256, source, points, "sex")
    seconds = time.perf_counter() - begun
    service.close()
    return seconds, np.flatnonzero(points)


@contextmanager
def plotly_page(folder: Path, points: int) -> Iterator[str]:
    """A plain Streamlit page with the same number of points in Plotly, colours and lasso."""
    random = np.random.default_rng(2)
    label = random.integers(0, 2, points)
    at = np.column_stack([random.normal(size=(points, 2)) + 3 * label[:, None], label]).astype(np.float32)
    np.save(folder / "at.npy", at)
    (folder / "page.py").write_text(PLOTLY)
    port = free_port()
    flags = ["--server.port", str(port), "--server.headless", "true", "--server.address", "127.0.0.1"]
    command = [sys.executable, "-m", "streamlit", "run", str(folder / "page.py"), *flags, "--", str(folder / "at.npy")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                httpx.get(f"http://127.0.0.1:{port}/_stcore/health", trust_env=False)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def plotly(address: str) -> dict[str, float | str]:
    """Plotly's column of the table."""
    with browser_page() as page:
        page.set_default_timeout(TIMEOUT)
        wire, begun = Wire(page), time.perf_counter()
        page.goto(address)
        page.wait_for_function("() => document.querySelector('.js-plotly-plot')?._fullLayout?._plots?.xy")
        page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        found: dict[str, float | str] = {
            "visible, s": time.perf_counter() - begun,
            "points down, MB": wire.received / 1e6,
        }
        wire.clear()
        released = lasso(page, page.locator(".nsewdrag").first.bounding_box(), 90)
        page.wait_for_function("() => /^[1-9]\\d* points selected/m.test(document.body.innerText)")
        return found | {"lasso, s": time.perf_counter() - released, "lasso up, bytes": sum(map(len, wire.sent))}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--points", type=int, default=1_000_000)
    points = options.parse_args().points
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build(folder / "ws", points)
        with server(folder / "ws", folder / "server.log") as address:
            ours, told, drawn = view(address)
        seconds, chosen = served(folder / "ws", told)
        ours |= {"server's part, ms": 1000 * seconds, "drawn set is the server's": str(np.array_equal(drawn, chosen))}
        with plotly_page(folder, points) as address:
            theirs = plotly(address)
    print(f"{points:,} points\n\n| | the view | Plotly |\n|---|---|---|")
    for measure, value in ours.items():
        print(f"| {measure} | {_shown(value)} | {_shown(theirs.get(measure, '-'))} |")


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.4g}"


if __name__ == "__main__":
    main()
