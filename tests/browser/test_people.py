"""Two browsers with different roles: what they see, what they may do, and that one cannot use the other's addresses."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from .chromium import find, healthy, server, settle

pytestmark = pytest.mark.browser
SECRET = "correct horse battery"
PEOPLE = {"vera": "viewer", "rita": "reviewer"}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A server whose workspace has one finished run, started by `local`, and two users."""
    if find() is None:
        pytest.skip("no Chromium or Chrome on this machine")
    from tests.pages.conftest import register, told_runs

    root = tmp_path_factory.mktemp("people")
    with told_runs(root, register, ("done",)) as service:
        for name, role in PEOPLE.items():
            service.people.add(name, role, password=SECRET)
    with server(root / "ws", root / "server.log") as address:
        yield address


def sign_in(browser: Browser, address: str, name: str, password: str = SECRET, page: str = "") -> Page:
    """A browser of one's own (its cookies are nobody else's), led through the sign-in."""
    opened = browser.new_context(viewport={"width": 1300, "height": 900}).new_page()
    opened.set_default_timeout(60_000)
    opened.goto(f"{address}/{page}")
    opened.wait_for_url(re.compile("/signin"))
    opened.get_by_label("Name").fill(name)
    opened.get_by_label("Password").fill(password)
    opened.get_by_role("button", name="Sign in").click()
    return opened


def test_a_wrong_password_is_one_line_and_no_way_in(browser, address):
    page = sign_in(browser, address, "vera", "not her password")
    expect(page.get_by_role("alert")).to_contain_text("expected a user of this workspace and their password")
    assert page.context.cookies() == [c for c in page.context.cookies() if c["name"] != "workbench_session"]
    page.context.close()


@pytest.mark.slow  # what each may do: tests/unit/test_authorisation.py
def test_two_roles_see_and_may_do_different_things(browser, address, tmp_path: Path):
    vera = sign_in(browser, address, "vera", page="run?run=done")
    vera.wait_for_url(re.compile(r"/run\?run=done"))
    healthy(vera)
    expect(vera.get_by_text("vera · viewer")).to_be_visible()
    expect(vera.get_by_text("Nobody has reviewed this run.")).to_be_visible()
    assert vera.get_by_text("Decide", exact=True).count() == 0
    (cookie,) = [c for c in vera.context.cookies() if c["name"] == "workbench_session"]
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"
    vera.reload()
    healthy(vera)
    expect(vera.get_by_text("vera · viewer")).to_be_visible()

    rita = sign_in(browser, address, "rita", page="run?run=done")
    rita.wait_for_url(re.compile("/run"))
    settle(rita)
    rita.get_by_text("Decide", exact=True).click()
    rita.get_by_label("Your password, it signs").fill(SECRET)
    rita.get_by_role("button", name="Sign the decision").click()
    expect(rita.get_by_text(re.compile("Approved by rita on"))).to_be_visible(timeout=60_000)

    vera.reload()
    healthy(vera)
    expect(vera.get_by_text(re.compile("Approved by rita on"))).to_be_visible()
    vera.goto(f"{address}/new_run?dataset=bars")
    settle(vera)
    expect(vera.get_by_role("button", name="Start the run")).to_be_disabled(timeout=60_000)
    vera.goto(f"{address}/audit")
    settle(vera)
    expect(vera.get_by_text(re.compile("expected the role auditor"))).to_be_visible()

    tokens(vera, address)
    theirs(vera, rita, address)
    rita.get_by_role("button", name="Sign out").click()
    rita.wait_for_url(re.compile("/signin"))
    vera.reload()
    settle(vera)
    expect(vera.get_by_text("vera · viewer")).to_be_visible()


def tokens(vera: Page, address: str) -> None:
    """A token is made on the page, shown, opens the API in her name, and is gone when the page is loaded again."""
    vera.goto(f"{address}/people")
    healthy(vera)
    vera.get_by_role("button", name="Make a token").click()
    settle(vera)
    shown = vera.locator("[data-testid='stCode']")
    expect(shown).to_be_visible()
    token = shown.inner_text().strip()
    given = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{address}/api/runs", headers=given, trust_env=False).status_code == 200
    vera.reload()
    healthy(vera)
    assert shown.count() == 0


def theirs(vera: Page, rita: Page, address: str) -> None:
    """What the map of one person's page fetches opens nothing in another's browser, nor without one."""
    with vera.expect_response(re.compile("/explorer/bytes/")) as fetched:
        vera.goto(f"{address}/embeddings?run=done")
    assert fetched.value.status == 200
    assert rita.request.get(fetched.value.url).status == 403
    assert httpx.get(fetched.value.url, trust_env=False).status_code == 403


def test_without_signing_in_there_is_nothing(browser, address):
    page = browser.new_context().new_page()
    for name in ("", "run?run=done", "audit"):
        page.goto(f"{address}/{name}")
        page.wait_for_url(re.compile("/signin"), timeout=60_000)
    page.context.close()
    for path in ("runs", "ledger", "people", "datasets"):
        assert httpx.get(f"{address}/api/{path}", trust_env=False).status_code == 401
