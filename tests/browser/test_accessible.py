"""axe-core finds nothing serious or critical on any page, light or dark, and every chart has a name."""

from __future__ import annotations

import pytest

from backend.control.service import Service
from tests.pages.conftest import add_run, register, register_texts

from .chromium import TITLES, server, settle, turn_to

axe_playwright = pytest.importorskip("axe_playwright_python.sync_playwright")

pytestmark = pytest.mark.browser
GRAVE = {"serious", "critical"}
AT_REST = "() => document.getAnimations().every(one => one.playState !== 'running')"  # of colours
OF_TEXTS = ("data", "run", "embeddings", "explain", "bias")


@pytest.fixture(scope="module")
def address(chromium, tmp_path_factory):
    """A server on a workspace with images and texts, a run through every stage of each, and one that failed."""
    root = tmp_path_factory.mktemp("accessible")
    service = Service.open(root / "ws", start_supervisor=False)
    images = register(service)
    add_run(service, images, "failed")
    add_run(service, register_texts(service), "texts", state="done")
    add_run(service, images, "images", state="done")
    service.catalogue()
    service.close()
    with server(root / "ws", root / "server.log") as address:
        yield address


def grave(page) -> list[str]:
    """What axe-core calls serious or critical on the page as it stands: "rule: the element"."""
    found = axe_playwright.Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found if one["impact"] in GRAVE for node in one["nodes"]]


def nameless(page) -> list[str]:
    """Charts without a name."""
    charts = page.locator("[data-testid='stPlotlyChart']").all()
    return [
        chart.inner_html()[:200]
        for chart in charts
        if not chart.locator("[aria-label]").count() and not chart.get_attribute("aria-label")
    ]


@pytest.fixture(scope="module")
def visit(address, browser):
    """A page that goes from link to link: loading an address takes twice the time."""
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    page.set_default_timeout(60_000)
    page.goto(f"{address}/run?run=images")
    settle(page)
    yield page
    page.close()


@pytest.mark.parametrize("name", TITLES)
def test_nothing_keeps_anybody_out(visit, name):
    """Every page light and, as it stands, dark."""
    turn_to(visit, name)
    look(visit)


@pytest.mark.slow  # most of what these pages hold was looked at on images
@pytest.mark.parametrize("name", OF_TEXTS)
def test_nothing_keeps_anybody_out_of_what_a_text_changes(visit, address, name):
    if "run=texts" not in visit.url:
        visit.goto(f"{address}/run?run=texts")
        settle(visit)
    turn_to(visit, name)
    look(visit)


def test_nothing_keeps_anybody_from_a_chosen_run(visit, address):
    visit.goto(f"{address}/runs?runs=failed")
    look(visit)


def look(page) -> None:
    settle(page, quiet=0.3)
    wrong = {}
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(AT_REST)
        wrong[scheme] = grave(page) + nameless(page)
    assert wrong == {"dark": [], "light": []}


def test_a_page_that_is_opened_dark_stays_readable(address, browser):
    """Its charts are drawn for the dark, and the buttons that Streamlit's theme leaves too faint are mended."""
    page = browser.new_context(viewport={"width": 1440, "height": 1000}, color_scheme="dark").new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{address}/bias?run=images")
    settle(page)
    assert grave(page) == []
    ground = page.locator(".js-plotly-plot .main-svg").first.evaluate("it => it.style.background")
    assert ground == "rgb(20, 23, 31)"
