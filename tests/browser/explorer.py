"""The embeddings page of 2,000 generated points in Chromium, for the tests of the map and of the histograms."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Page

from backend.control.service import Service
from tests.benchmarks.pointing import Wire
from tests.pages.conftest import add_run, register
from workbench.explorer import bundle

from .chromium import browser_page, server, settle


@contextmanager
def opened(root: Path) -> Iterator[Page]:
    """The page with its map drawn; `page.wire` is what travels."""
    assert bundle.FILE.is_file(), bundle.MISSING
    service = Service.open(root / "ws", start_supervisor=False)
    add_run(service, register(service, 2_000, size=8), "done")
    service.close()
    with server(root / "ws", root / "server.log") as address, browser_page() as page:
        page.set_default_timeout(60_000)
        page.wire = Wire(page)
        page.goto(f"{address}/embeddings?run=done")
        page.wait_for_selector(".ssl-map[data-drawn]")
        settle(page)
        yield page


def drawn(page: Page) -> np.ndarray:
    """The points that are not faded, as the plot draws them."""
    return np.array(page.evaluate("() => document.querySelector('.ssl-map').highlighted()"))


def press(page: Page, key: str) -> None:
    """A key on the map, and the answer of the server drawn."""
    page.locator(".ssl-map-stage").focus()
    before = page.locator(".ssl-map").get_attribute("data-drawn")
    page.keyboard.press(key)
    page.wait_for_function("(old) => document.querySelector('.ssl-map').dataset.drawn !== old", arg=before)
    settle(page)
