"""What a person asked for is what a page shows, and what a form shows is what runs: links, Back, deep links, fields."""

from __future__ import annotations

import re
import tomllib
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, TimeoutError, expect

from backend.control.client.client import Client
from backend.control.service import Service
from backend.workspace.layout import Workspace
from tests.pages.conftest import add_run, register

from .chromium import browser_page, choose, healthy, server, settle, side

pytestmark = pytest.mark.browser
OF_A_RUN = ("run", "study", "embeddings", "explain", "bias", "report")


@pytest.fixture(scope="module")
def opened(chromium, tmp_path_factory):
    """(page, address, client) on a workspace with two runs through every stage: `older` and `newer`."""
    root = tmp_path_factory.mktemp("visit")
    service = Service.open(root / "ws", start_supervisor=False)
    manifest = register(service)
    for name in ("older", "newer"):
        add_run(service, manifest, name, state="done")
    service.save_selection("older", "odd ones", list(range(180, 200)), {})
    service.catalogue()
    service.close()
    with server(root / "ws", root / "server.log") as address, browser_page() as page:
        page.set_default_timeout(60_000)
        yield page, address, Client(Workspace.open(root / "ws"), int(address.rsplit(":", 1)[1]))


def at(page: Page) -> tuple[str, str]:
    """(page, run) of the address."""
    parts = urlsplit(page.url)
    return parts.path.strip("/"), parse_qs(parts.query).get("run", [""])[0]


def box(page: Page) -> Locator:
    """Where the page says which run it shows."""
    return page.get_by_role("combobox", name="Run", exact=True)


def arrive(page: Page, name: str, run: str = "older") -> None:
    """What was asked is shown. Until the server answers a click, the page before it goes on standing."""
    with suppress(TimeoutError):
        page.wait_for_url(lambda _: at(page) == (name, run), timeout=20_000, wait_until="commit")
    settle(page, quiet=0.2)
    assert at(page) == (name, run)
    if name in OF_A_RUN:
        expect(box(page)).to_have_value(re.compile(f" {run} "), timeout=20_000)  # Back turns the address at once


def test_every_link_back_and_forward_keep_the_run_that_was_opened(opened):
    page, address, _ = opened
    page.goto(address)
    settle(page)
    main = page.get_by_test_id("stMain")
    main.locator("a[href*='run=older']").first.click()
    arrive(page, "run")
    expect(page).to_have_title("Run · Bars, older · SSL Workbench")
    for name in OF_A_RUN[1:]:
        main.locator(f"a[href*='{name}?']").first.click()
        arrive(page, name)
        page.go_back()
        arrive(page, "run")
    page.go_forward()
    arrive(page, "report")
    for name, title in (("bias", "Bias"), ("audit", "Audit"), ("data", "Data"), ("embeddings", "Embeddings")):
        side(page, title)
        arrive(page, name)
    page.get_by_label("Kept selections").scroll_into_view_if_needed()  # a list that opens closes when its page scrolls
    settle(page)
    choose(page, "Kept selections", re.compile("^odd ones"))
    main.get_by_text("Look at it on Bias").click()
    arrive(page, "bias")
    assert parse_qs(urlsplit(page.url).query)["selection"] == ["odd ones"]
    page.go_back()
    arrive(page, "embeddings")
    page.go_back()
    page.go_back()
    arrive(page, "data")


@pytest.mark.slow  # each tab is a session of its own: tests/pages/test_visit.py
def test_a_link_in_a_new_tab_shows_what_it_names_and_the_other_tab_stays(opened):
    page, address, _ = opened
    page.goto(f"{address}/run?run=newer")
    arrive(page, "run", "newer")
    with page.context.expect_page() as made:
        page.get_by_test_id("stMain").locator("a[href*='bias?']").first.click(button="middle")
    tab = made.value
    arrive(tab, "bias", "newer")
    tab.goto(f"{address}/study?run=older")
    arrive(tab, "study")
    side(tab, "Explain")
    arrive(tab, "explain")
    tab.goto(f"{address}/bias?run=gone")
    settle(tab)
    expect(tab.get_by_text("run: expected one of this workspace, found 'gone'")).to_be_visible()
    assert tab.get_by_test_id("stMain").locator(".js-plotly-plot").count() == 0
    tab.close()
    side(page, "Report")
    arrive(page, "report", "newer")


@pytest.mark.slow  # links and Back are walked above, the box by tests/pages/test_visit.py
def test_the_box_is_one_way_among_others_and_back_undoes_it(opened):
    page, address, _ = opened
    page.goto(f"{address}/bias?run=newer")
    arrive(page, "bias", "newer")
    choose(page, "Run", re.compile("older"))
    arrive(page, "bias")
    side(page, "Did it help?")
    arrive(page, "study")
    page.go_back()
    arrive(page, "bias")
    page.go_back()
    arrive(page, "bias", "newer")


def write(page: Page, label: str, text: str) -> None:
    """Type into a field and leave it, as a person does who goes on to the next one."""
    field = page.get_by_label(label, exact=True)
    field.fill(text)
    field.press("Tab")
    settle(page, quiet=0.2)


def recipe(page: Page) -> str:
    """The whole form, as the page writes it out."""
    return page.get_by_test_id("stCode").text_content()


def said(value: Any) -> Any:
    """What TOML can say of a section: it has no word for nothing."""
    return {k: v for k, v in value.items() if v is not None} if isinstance(value, dict) else value


def test_nothing_starts_on_a_number_that_is_not_shown(opened):
    page, address, client = opened
    before = len(client.runs())
    page.goto(f"{address}/new_run?dataset=bars")
    settle(page)
    page.get_by_text("Training in detail").click()
    start, line = page.get_by_role("button", name="Start the run"), page.get_by_test_id("stAlert")
    for text in ("1e9", "0", "", "nan", "1,234"):
        page.get_by_label("Learning rate", exact=True).fill(text)
        start.click()  # with the text just typed: the click itself takes it along
        expect(line.filter(has_text="Learning rate: expected a number above 0 and at most 10")).to_be_visible()
        settle(page, quiet=0.2)
        assert len(client.runs()) == before, text
    write(page, "Epochs", "1.5")
    expect(page.get_by_text("Epochs: expected a whole number from 0 to 10000, found '1.5'").first).to_be_visible()
    write(page, "Epochs", "3")
    write(page, "Learning rate", "0,01")
    write(page, "Title", "Typed by hand")
    choose(page, "Pretext task", "VICReg")
    choose(page, "Optimizer", "lars")
    page.get_by_text("Compile", exact=True).click()
    page.get_by_role("button", name="Parameters").first.click()
    write(page, "Variance", "12,5")
    page.keyboard.press("Escape")
    before_leaving = recipe(page)
    side(page, "Home")
    arrive(page, "", "newer")
    side(page, "New run")
    arrive(page, "new_run", "newer")
    healthy(page)
    assert recipe(page) == before_leaving
    start.dblclick()
    page.wait_for_url(re.compile("/run"))
    expect(box(page)).to_have_value(
        re.compile(" Typed by hand|Typed by hand ")
    )  # a page of a live run is never calm for long
    (made,) = client.runs()[:-before]
    client.cancel(made["run"])
    assert at(page) == ("run", made["run"])
    shown_there = tomllib.loads(before_leaving)
    assert shown_there["title"] == "Typed by hand"
    assert {name: shown_there["train"][name] for name in ("lr", "epochs", "optimizer", "compile")} == {
        "lr": 0.01, "epochs": 3, "optimizer": "lars", "compile": True
    }  # fmt: skip
    assert (shown_there["pretext"]["name"], shown_there["pretext"]["variance"]) == ("vicreg", 12.5)
    assert {name: said(made["recipe"][name]) for name in shown_there} == shown_there
    client.wait(made["run"], timeout=60)


def mark(page: Page, row: int) -> None:
    """Click a row's mark: the column of marks is narrow and stands first; a row is as high as the head."""
    at_left = page.get_by_test_id("stDataFrame").first.bounding_box()
    page.mouse.click(at_left["x"] + 15, at_left["y"] + 17 + 35 * row)


@pytest.mark.slow  # tests/pages/test_runs_page.py does it without a browser
def test_runs_are_found_marked_compared_labelled_and_run_again(opened):
    page, address, client = opened
    page.goto(f"{address}/runs")
    settle(page)
    main = page.get_by_test_id("stMain")
    page.get_by_label("Search", exact=True).fill("bars, no")
    page.keyboard.press("Enter")
    expect(main.get_by_text("No run passes these filters.")).to_be_visible(timeout=30_000)
    page.get_by_label("Search", exact=True).fill("bars")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible(timeout=30_000)
    settle(page)
    assert parse_qs(urlsplit(page.url).query)["q"] == ["bars"]
    # runs that other tests began are newer, and stand above the two
    above = sum(run["kind"] == "run" and run["run"] not in ("older", "newer") for run in client.runs())
    for row in (1, 2):
        mark(page, above + row)
        expect(main.get_by_text(re.compile("· (older|newer)$"))).to_have_count(row, timeout=30_000)
        settle(page)
    expect(main.get_by_text("What their recipes differ in")).to_be_visible(timeout=30_000)
    expect(main.locator(".js-plotly-plot").first).to_be_visible(timeout=30_000)
    page.goto(f"{address}/runs?runs=older")
    settle(page)
    page.get_by_label("Title", exact=True).fill("Larger crops")
    page.get_by_label("Note", exact=True).fill("Look again")
    page.keyboard.press("Tab")
    settle(page)
    page.get_by_role("button", name="Save").click()
    expect(main.locator("strong", has_text="Larger crops")).to_be_visible(timeout=30_000)
    settle(page)
    assert client.run("older")["title"] == "Larger crops"
    assert client.labels.notes() == {"older": "Look again"}
    main.get_by_text("Run again with changes").click()
    page.wait_for_url(re.compile("/new_run"))
    start = page.get_by_role("combobox", name="Start from")
    expect(start).to_have_value(re.compile("Larger crops.*older"), timeout=30_000)
    client.labels.set("older", title="", note="")
