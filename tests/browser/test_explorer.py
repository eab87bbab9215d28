"""The explorer in a real browser: the drawn set is the server's, hovering runs no script, the keyboard suffices."""

from __future__ import annotations

import os
import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from backend.control.service import Service
from tests.benchmarks.explorer import Wire, lasso
from tests.pages.conftest import add_run, register
from workbench.explorer import bundle

from .chromium import browser_page, find, healthy, server, settle

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    if find() is None:
        if os.environ.get("CI"):
            pytest.fail("CI is expected to have a Chromium, found none")
        pytest.skip("no Chromium or Chrome on this machine")
    assert bundle.FILE.is_file(), bundle.MISSING
    root = tmp_path_factory.mktemp("explorer")
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


def test_the_points_are_on_the_screen(page):
    assert len(drawn(page)) == 2_000
    colours = page.evaluate(
        "() => { const c = document.querySelector('.ssl-map-canvas');"
        " const { data } = c.getContext('2d').getImageData(0, 0, c.width, c.height);"
        " return new Set(Array.from({ length: data.length / 4 }, (_, i) => data.slice(4 * i, 4 * i + 3).join())).size }"
    )
    assert colours > 20, "the canvas is empty"
    healthy(page)


def test_a_lasso_draws_the_set_that_the_server_decided(page):
    before = page.locator(".ssl-map").get_attribute("data-drawn")
    lasso(page, page.locator(".ssl-map-canvas").bounding_box(), 120)
    page.wait_for_function("(old) => document.querySelector('.ssl-map').dataset.drawn !== old", arg=before)
    settle(page)
    count = len(drawn(page))
    assert 0 < count < 2_000
    expect(page.get_by_text(re.compile(f"^{count:,} of 2,000 points selected")).first).to_be_visible()
    press(page, "i")
    assert len(drawn(page)) == 2_000 - count
    healthy(page)


def test_a_run_of_the_script_fetches_no_point_data(page):
    page.wire.clear()
    page.get_by_text("Plotly, for print").focus()
    page.keyboard.press("r")
    settle(page)
    assert page.wire.points() == 0


def test_hovering_shows_a_picture_and_runs_no_script(page):
    box = page.locator(".ssl-map-canvas").bounding_box()
    page.wire.clear()
    picture = page.locator(".ssl-map-tip img")
    for i in range(60):
        page.mouse.move(box["x"] + box["width"] / 2 + 4 * (i - 30), box["y"] + box["height"] / 2)
        page.wait_for_timeout(20)
        if picture.is_visible():
            break
    expect(picture).to_be_visible()
    assert page.locator(".ssl-map-tip").inner_text().startswith("row ")
    assert not page.wire.sent


def test_the_keyboard_alone_selects_and_clears(page):
    press(page, "Escape")
    assert len(drawn(page)) == 2_000
    for key in ("+", "+", "ArrowLeft"):
        page.locator(".ssl-map-stage").press(key)
    page.wait_for_timeout(300)
    press(page, "v")
    assert 0 < len(drawn(page)) < 2_000
    page.keyboard.press("b")
    assert page.locator(".ssl-map-stage").get_attribute("data-tool") == "box"
    press(page, "Escape")
    assert "camera=" in page.url


def test_a_lasso_is_a_slice_on_bias_and_a_set_on_explain_in_three_clicks(page):
    address = page.url
    page.locator(".ssl-map-stage").press("l")
    before = page.locator(".ssl-map").get_attribute("data-drawn")
    lasso(page, page.locator(".ssl-map-canvas").bounding_box(), 120)
    page.wait_for_function("(old) => document.querySelector('.ssl-map').dataset.drawn !== old", arg=before)
    settle(page)
    page.get_by_label("Name of this selection").fill("corner")
    page.get_by_role("button", name="Keep selection").click()  # one
    page.get_by_text("Look at it on Bias").click()  # two
    expect(page.get_by_text(re.compile("drawn after looking at the map")).first).to_be_visible(timeout=90_000)
    settle(page)
    assert "selection=corner" in page.url
    healthy(page)
    page.get_by_text("Explain this slice").click()  # three
    page.wait_for_url("**/explain**")
    settle(page)
    assert "selection=corner" in page.url
    healthy(page)
    page.goto(address)
