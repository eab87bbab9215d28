"""Every page, on a workspace whose names are worse than those of other tests, in one walk from link to link.

Names, titles and notes that would load something from elsewhere: no page and no report asks for it, or shows it.
Nothing keeps anybody out: axe-core finds nothing serious or critical, light or dark, and every chart has a name.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from backend.control.service import Service
from backend.data.dataset import Dataset
from backend.workspace.layout import BadInput
from tests.conftest import make_dataset
from tests.pages import conftest as pages
from tests.pages import loop

from .chromium import TITLES, server, settle, turn_to
from .watched import Watched

axe_playwright = pytest.importorskip("axe_playwright_python.sync_playwright")

pytestmark = pytest.mark.browser
ELSEWHERE = "http://elsewhere.example"
PICTURE, TAG = f"![x]({ELSEWHERE}/md.png)", f"<img src={ELSEWHERE}/tag.png onerror=alert(1)>"
NAME = f"{PICTURE} {TAG}"
TEXT = (
    f"{NAME} [x]({ELSEWHERE}/link) <script src={ELSEWHERE}/a.js></script> <style>@import '{ELSEWHERE}/a.css';</style>"
)
GRAVE = {"serious", "critical"}
AT_REST = "() => document.getAnimations().every(one => one.playState !== 'running')"  # of colours
OF_TEXTS = ("data", "run", "embeddings", "explain", "bias")


def hostile_data(service: Service) -> dict[str, Any]:
    """The tiny data set with hostile classes, read from a hostile path."""
    made = make_dataset(service.artefacts)
    manifest = made.manifest | {"classes": [NAME, "upright"]}
    sheet = json.loads(json.dumps(loop.SHEET).replace('"level"', json.dumps(NAME)))
    return pages._register(service, Dataset(manifest, service.artefacts), sheet, f"{NAME}.npz")


@pytest.fixture(scope="module")
def site(chromium, tmp_path_factory):
    """(address, files): a server on a workspace of hostile names, and the run's reports; one run failed."""
    root = tmp_path_factory.mktemp("hostile")
    with pages.told_runs(root, hostile_data, ("failed",)) as service:
        pages.add_run(service, pages.register_texts(service), "texts", state="done")
        pages.add_run(service, service.dataset("bars"), "done", title=NAME)
        for bad in (f"{NAME}\x1b[31m", f"{NAME}\r\n", f"{NAME}\x00"):
            with pytest.raises(BadInput):
                service.save_selection("done", bad, [1], {})
        service.save_selection("done", TAG, list(range(180, 200)), {})
        service.save_selection("done", PICTURE, list(range(180, 190)), {})
        service.dossiers.answer("done", "3.risks", TEXT)
        scenario = {"id": "one", "group": NAME, "hazard": TEXT, "measure": NAME, "threshold": NAME}
        service.dossiers.scenario("done", {**scenario, "mitigation": TEXT, "review_trigger": TEXT})
        service.reviews.ask("run:done", TEXT)
        files = write(service, root)
    with server(root / "ws", root / "server.log") as address:
        yield address, files


def write(service: Service, root: Path) -> list[Path]:
    """The reports that a browser draws."""
    from workbench.cli.report import write_report

    files = [root / "dossier.html"]
    for file in files:
        write_report(service, "done", file.suffix[1:], file)
    return files


@pytest.fixture(scope="module")
def watched(browser, site):
    """A page that goes from link to link: loading an address takes twice the time."""
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    page.set_default_timeout(60_000)
    found = Watched(page)
    found.goes(f"{site[0]}/?run=done&dataset=bars")
    yield found
    page.close()


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


def look(page) -> None:
    """The page light and, as it stands, dark."""
    settle(page, quiet=0.3)
    wrong = {}
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(AT_REST)
        wrong[scheme] = grave(page) + nameless(page)
    assert wrong == {"dark": [], "light": []}


@pytest.mark.parametrize("name", TITLES)
def test_a_page_asks_nothing_elsewhere_and_keeps_nobody_out(site, watched, name):
    watched.turns_to(name)
    assert watched.page.locator(f"img[src*='{ELSEWHERE}'], a[href*='{ELSEWHERE}']").count() == 0
    assert (watched.said, watched.outside(site[0])) == ([], [])
    look(watched.page)


def test_an_address_that_holds_such_a_name_asks_nothing_elsewhere(site, watched):
    address, _ = site
    for name in ("embeddings", "bias", "explain"):
        watched.goes(f"{address}/{name}?run=done&selection={PICTURE}")
    watched.goes(f"{address}/run?run={NAME}")
    watched.goes(f"{address}/data?dataset={NAME}")
    assert (watched.said, watched.outside(address)) == ([], [])


def test_the_title_is_shown_as_it_is_written(site, watched):
    watched.goes(f"{site[0]}/run?run=done")
    shown = watched.page.locator("[data-testid=stMain]").inner_text()
    assert PICTURE in shown.replace("\u2060", "")  # which keeps an address from becoming a link


def test_nothing_keeps_anybody_from_a_chosen_run(site, watched):
    watched.goes(f"{site[0]}/runs?runs=failed")
    look(watched.page)


@pytest.mark.slow  # most of what these pages hold was looked at on images
@pytest.mark.parametrize("name", OF_TEXTS)
def test_nothing_keeps_anybody_out_of_what_a_text_changes(site, watched, name):
    if "run=texts" not in watched.page.url:
        watched.goes(f"{site[0]}/run?run=texts")
    turn_to(watched.page, name)
    look(watched.page)


def test_a_page_that_is_opened_dark_stays_readable(site, browser):
    """Its charts are drawn for the dark, and the buttons that Streamlit's theme leaves too faint are mended."""
    page = browser.new_context(viewport={"width": 1440, "height": 1000}, color_scheme="dark").new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{site[0]}/bias?run=done")
    settle(page)
    assert grave(page) == []
    ground = page.locator(".js-plotly-plot .main-svg").first.evaluate("it => it.style.background")
    assert ground == "rgb(20, 23, 31)"


def test_no_report_asks_elsewhere(site, browser):
    page = browser.new_page()
    watched = Watched(page)
    for file in site[1]:
        assert ELSEWHERE in file.read_text(encoding="utf-8")  # as text
        page.goto(file.as_uri())
        assert page.locator(f"[src*='{ELSEWHERE}'], [href*='{ELSEWHERE}']").count() == 0
        page.wait_for_timeout(500)
    page.close()
    assert [url for url in watched.asked if not url.startswith(("file:", "data:"))] == []
