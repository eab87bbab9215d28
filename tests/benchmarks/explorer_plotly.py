"""The page that the explorer is held against: the same number of points in Plotly, with its own lasso."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.benchmarks.pointing import LIMIT, Wire, lasso
from tests.browser.chromium import browser_page, free_port

PLOTLY = """
import sys
import numpy as np, plotly.graph_objects as go, streamlit as st
at = np.load(sys.argv[1])
figure = go.Figure(go.Scattergl(x=at[:, 0], y=at[:, 1], mode="markers", marker={"color": at[:, 2], "size": 2}))
figure.update_layout(dragmode="lasso", height=560, showlegend=False)
event = st.plotly_chart(figure, on_select="rerun", key="map", theme=None, config={"plotGlPixelRatio": 1})
st.write(f"{len(event.selection.points)} points selected")
"""


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


def plotly(address: str, moves: int) -> dict[str, float | str]:
    """Plotly's column of the table, as far as it ends."""
    with browser_page() as page:
        page.set_default_timeout(1000 * LIMIT)
        found: dict[str, float | str] = {}
        wire, begun = Wire(page), time.time()
        try:
            page.goto(address)
            page.wait_for_function("() => document.querySelector('.js-plotly-plot')?._fullLayout?._plots?.xy")
            page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
            found |= {"visible, s": time.time() - begun, "points down, MB": wire.received / 1e6}
            wire.clear()
            begun = time.time()
            released = lasso(page, page.locator(".nsewdrag").first.bounding_box(), 90, moves)
            found["a lasso's movement, ms"] = 1000 * (released - begun) / moves
            page.wait_for_function("() => /^[1-9]\\d* points selected/m.test(document.body.innerText)")
            found |= {"lasso to counts, s": time.time() - released, "lasso up, bytes": sum(map(len, wire.sent))}
        except (TimeoutError, PlaywrightTimeout):
            missing = ("visible, s", "a lasso's movement, ms", "lasso to counts, s")
            found[next(name for name in missing if name not in found)] = f"over {LIMIT} s"
        return found
