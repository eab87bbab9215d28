"""Names, titles and notes that would load something from elsewhere: no page and no report asks for it, or shows it.

Every page is opened here under the guard's policy, with names that are worse than those of other tests.
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

from .chromium import TITLES, server
from .watched import Watched

pytestmark = pytest.mark.browser
ELSEWHERE = "http://elsewhere.example"
PICTURE, TAG = f"![x]({ELSEWHERE}/md.png)", f"<img src={ELSEWHERE}/tag.png onerror=alert(1)>"
NAME = f"{PICTURE} {TAG}"
TEXT = (
    f"{NAME} [x]({ELSEWHERE}/link) <script src={ELSEWHERE}/a.js></script> <style>@import '{ELSEWHERE}/a.css';</style>"
)


def hostile_data(service: Service) -> dict[str, Any]:
    """The tiny data set with hostile classes, read from a hostile path."""
    made = make_dataset(service.artefacts)
    manifest = made.manifest | {"classes": [NAME, "upright"]}
    sheet = json.loads(json.dumps(loop.SHEET).replace('"level"', json.dumps(NAME)))
    return pages._register(service, Dataset(manifest, service.artefacts), sheet, f"{NAME}.npz")


@pytest.fixture(scope="module")
def site(chromium, tmp_path_factory):
    """(address, files): a server on a workspace of hostile names, and the run's reports."""
    root = tmp_path_factory.mktemp("hostile")
    with pages.told_runs(root, hostile_data, ()) as service:
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


@pytest.fixture
def watched(browser):
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    page.set_default_timeout(60_000)
    yield Watched(page)
    page.close()


def test_no_page_asks_elsewhere_for_what_a_name_holds(site, watched):
    address, _ = site
    watched.goes(f"{address}/?run=done&dataset=bars")
    for name in TITLES:
        watched.turns_to(name)
        assert watched.page.locator(f"img[src*='{ELSEWHERE}'], a[href*='{ELSEWHERE}']").count() == 0, name
    for name in ("embeddings", "bias", "explain"):
        watched.goes(f"{address}/{name}?run=done&selection={PICTURE}")
    watched.goes(f"{address}/run?run={NAME}")
    watched.goes(f"{address}/data?dataset={NAME}")
    assert (watched.said, watched.outside(address)) == ([], [])


def test_the_title_is_shown_as_it_is_written(site, watched):
    watched.goes(f"{site[0]}/run?run=done")
    shown = watched.page.locator("[data-testid=stMain]").inner_text()
    assert PICTURE in shown.replace("\u2060", "")  # which keeps an address from becoming a link


def test_no_report_asks_elsewhere(site, watched):
    for file in site[1]:
        assert ELSEWHERE in file.read_text(encoding="utf-8")  # as text
        watched.page.goto(file.as_uri())
        assert watched.page.locator(f"[src*='{ELSEWHERE}'], [href*='{ELSEWHERE}']").count() == 0
        watched.page.wait_for_timeout(500)
    assert [url for url in watched.asked if not url.startswith(("file:", "data:"))] == []
