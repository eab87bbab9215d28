"""The explorer in a real browser: the drawn set is the server's, hovering runs no script, the keyboard suffices."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.benchmarks.pointing import lasso

from .chromium import healthy, settle
from .explorer import drawn, opened, press

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(chromium, tmp_path_factory):
    with opened(tmp_path_factory.mktemp("explorer")) as page:
        yield page


def picture(page: Page) -> np.ndarray:
    """What a person sees of the map: uint8, height x width x 3."""
    page.mouse.move(5, 5)  # off the map: nothing is ringed
    page.wait_for_timeout(200)  # the frame that was drawn last is shown
    shot = page.locator(".ssl-map-canvas").screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"))


def coloured(seen: np.ndarray) -> int:
    """Pixels with a colour; white and the grey of faded points have none."""
    return int((np.ptp(seen.astype(int), axis=2) > 40).sum())


def test_the_points_are_on_the_screen(page):
    assert len(drawn(page)) == 2_000
    assert coloured(picture(page)) > 2_000, "the canvas is empty"
    healthy(page)


def test_a_lasso_draws_the_set_that_the_server_decided(page):
    before = page.locator(".ssl-map").get_attribute("data-drawn")
    lasso(page, page.locator(".ssl-map-canvas").bounding_box(), 120)
    page.wait_for_function("(old) => document.querySelector('.ssl-map').dataset.drawn !== old", arg=before)
    settle(page)
    count = len(drawn(page))
    assert 0 < count < 2_000
    seen = picture(page)
    grey = (np.ptp(seen.astype(int), axis=2) < 20) & (seen.max(axis=2) < 245)
    assert coloured(seen) > count
    assert grey.sum() > 2_000 - count, "what is not selected has to stay visible in grey"
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


def pointed(page: Page) -> tuple[float, float] | None:
    """Where the point is ringed that the keyboard stands on, in px of the canvas."""
    return page.evaluate(
        "() => { const c = document.querySelector('.ssl-map-overlay g:nth-of-type(4) circle');"
        " return c && [+c.getAttribute('cx'), +c.getAttribute('cy')] }"
    )


def told(page: Page) -> str:
    """What the point is that the keyboard stands on: its picture is there, and its row and class are said."""
    expect(page.locator(".ssl-map-tip img")).to_be_visible()
    return page.get_by_role("status").filter(has_text=re.compile(r"^row \d+ · ")).inner_text()


def test_the_keyboard_alone_looks_at_a_point_and_selects_it(page):
    if len(drawn(page)) < 2_000:
        press(page, "Escape")
    page.locator(".ssl-map-stage").press("0")
    page.mouse.move(5, 5)
    assert pointed(page) is None
    page.wire.clear()
    page.keyboard.press("Shift+ArrowRight")
    box = page.locator(".ssl-map-canvas").bounding_box()
    first, what = pointed(page), told(page)
    middle = (box["width"] / 2, box["height"] / 2)
    assert np.hypot(*np.subtract(first, middle)) < 100, "the point nearest to the middle of the map"
    page.keyboard.press("Shift+ArrowRight")
    right = pointed(page)
    assert right[0] > first[0]
    assert right[0] - first[0] >= abs(right[1] - first[1])
    page.wait_for_function("(old) => document.querySelector('.ssl-map-tip').innerText !== old", arg=what)
    page.keyboard.press("Shift+ArrowUp")
    assert pointed(page)[1] < right[1]
    for _ in range(4):
        page.keyboard.press("+")
    for _ in range(60):
        page.keyboard.press("n")
    at = pointed(page)
    assert 0 <= at[0] <= box["width"], "the map follows"
    assert 0 <= at[1] <= box["height"], "the map follows"
    page.keyboard.press("p")
    before = told(page)
    assert not page.wire.sent, "looking at points runs no script"

    press(page, "Enter")
    (chosen,) = drawn(page)
    assert told(page) == before
    page.keyboard.press("n")
    press(page, "Shift+Enter")
    assert len(two := drawn(page)) == 2
    assert chosen in two
    press(page, "Escape")
    assert pointed(page) is None
    assert page.locator(".ssl-map-tip").is_hidden()


def test_the_browsers_way_back_is_left_to_the_browser(page):
    page.locator(".ssl-map-stage").focus()
    heard = "(event) => { window.passed = !event.defaultPrevented }"
    page.evaluate(f"() => addEventListener('keydown', {heard}, {{once: true}})")
    page.locator(".ssl-map-stage").dispatch_event("keydown", {"key": "ArrowLeft", "altKey": True, "bubbles": True})
    assert page.evaluate("() => window.passed") is True


def test_the_wheel_zooms_where_the_pointer_is_and_the_hand_moves_the_map(page):
    page.locator(".ssl-map-stage").press("0")
    page.locator(".ssl-map-stage").press("h")
    whole, box = picture(page), page.locator(".ssl-map-canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.wheel(0, -600)
    near = picture(page)
    assert coloured(near) > 1.5 * coloured(whole)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 80, y + 40, steps=5)
    page.mouse.up()
    moved = picture(page)
    middle = (slice(150, -150), slice(200, -200))
    assert np.abs(np.roll(near, (40, 80), (0, 1))[middle].astype(int) - moved[middle]).mean() < 2
    page.locator(".ssl-map-stage").press("0")
    assert np.abs(picture(page).astype(int) - whole).mean() < 1


def test_a_drawing_context_that_was_lost_is_drawn_again(page):
    before = picture(page)
    lost = "c.getContext('webgl2').getExtension('WEBGL_lose_context')"
    page.evaluate(
        f"() => {{ const c = document.querySelector('.ssl-map-canvas'); c.lost = {lost}; c.lost.loseContext() }}"
    )
    page.wait_for_timeout(300)
    page.evaluate("() => document.querySelector('.ssl-map-canvas').lost.restoreContext()")
    page.wait_for_timeout(500)
    assert np.abs(picture(page).astype(int) - before).mean() < 1


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
