"""The histograms of a selection in a real browser: what is told under the pointer is what a drag or the keys keep."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from .chromium import healthy, settle
from .explorer import drawn, opened, press

# the map's own selections are held by test_explorer.py, by a server of the same kind
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def page(chromium, tmp_path_factory):
    with opened(tmp_path_factory.mktemp("histograms")) as page:
        yield page


def counts(page: Page) -> tuple[int, list[str]]:
    """How many points are selected, and the outlines of the histograms."""
    told = page.locator("h2", has_text="points selected").first.inner_text()
    outlines = page.locator(".ssl-bars-one path").evaluate_all("all => all.map((one) => one.getAttribute('d'))")
    return int(told.split()[0].replace(",", "")), outlines


def select_all(page: Page) -> None:
    """Every point, whatever was selected and seen before."""
    page.locator(".ssl-map-stage").press("0")
    if len(drawn(page)) == 2_000:  # nothing or everything is selected, and the latter would change nothing
        page.locator(".ssl-map-stage").press("Escape")
        settle(page)
    press(page, "v")


def taken(page: Page) -> int:
    """The selected points of which the pointed-at histogram tells."""
    told = page.locator(".ssl-bars-reading", has_text="selection").inner_text()
    return int(re.search(r"selection ([\d,]+) ", told)[1].replace(",", ""))


def test_dragging_over_bars_keeps_the_points_that_are_told_there(page):
    select_all(page)
    before, outlines = counts(page)
    assert before == 2_000
    assert len(outlines) == 4
    plot = page.locator(".ssl-bars-plot").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    page.mouse.move(box["x"] + 0.31 * box["width"], box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.62 * box["width"], box["y"] + 40, steps=5)
    told = taken(page)
    assert 0 < told < before
    page.mouse.up()
    expect(page.get_by_text(re.compile(f"^{told:,} of 2,000 points selected")).first).to_be_visible()
    settle(page)
    left, narrowed = counts(page)
    assert left == told == len(drawn(page))
    assert narrowed[1] != outlines[1]
    expect(page.locator(".ssl-bars-over:visible")).to_have_count(0)
    healthy(page)


def test_bars_are_taken_by_keyboard_alone(page):
    select_all(page)
    plot = page.locator(".ssl-bars-plot").nth(1)
    plot.focus()
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight"):
        page.keyboard.press(key)
    told = taken(page)
    assert 0 < told < 2_000
    page.keyboard.press("Escape")
    expect(page.locator(".ssl-bars-over:visible")).to_have_count(0)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.wait_for_function("() => !document.querySelector('.ssl-bars-taken')")
    settle(page)
    last, _ = counts(page)
    assert 0 < last < 2_000
    select_all(page)
    page.locator(".ssl-bars-plot").nth(1).focus()
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_text(re.compile(f"^{told:,} of 2,000 points selected")).first).to_be_visible()
    healthy(page)
