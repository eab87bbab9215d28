"""Sign-in at an identity provider in a real browser: what a map fetches is its reader's alone, until they sign out."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from .chromium import healthy, server, settle
from .identity import provider

# tests/unit/test_provider.py holds the answers at every step; here they are joined in a browser
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def identity():
    with provider("dora@example.org") as found:
        yield found


@pytest.fixture(scope="module")
def address(chromium, identity, tmp_path_factory):
    """A server with a finished run and two users of the provider."""
    from tests.pages.conftest import register, told_runs

    root = tmp_path_factory.mktemp("provider")
    with told_runs(root, register, ("done",)) as service:
        for name in ("dora", "emil"):
            service.people.add(name, "viewer", email=f"{name}@example.org")
    (root / ".streamlit").mkdir()
    (root / ".streamlit" / "secrets.toml").write_text(identity.secrets_toml())
    with server(root / "ws", root / "server.log", root) as address:
        yield address


def sign_in(browser: Browser, address: str, identity, name: str) -> Page:
    """A browser of one's own, in which `name` has signed in at the provider."""
    identity.email = f"{name}@example.org"
    page = browser.new_context(viewport={"width": 1300, "height": 900}).new_page()
    page.set_default_timeout(60_000)
    page.goto(address)
    page.get_by_role("button", name="Sign in at your organisation").click()
    expect(page.get_by_text(f"{name} · viewer")).to_be_visible(timeout=60_000)
    return page


def fetched(page: Page, address: str) -> str:
    """An address that the map of this person's page fetched."""
    with page.expect_response(re.compile("/explorer/bytes/")) as answer:
        page.goto(f"{address}/embeddings?run=done")
    assert answer.value.status == 200
    healthy(page)
    return answer.value.url


def test_a_maps_address_is_its_readers_alone_and_ends_with_sign_out(browser, address, identity):
    dora = sign_in(browser, address, identity, "dora")
    emil = sign_in(browser, address, identity, "emil")
    url = fetched(dora, address)
    (cookie,) = [c for c in dora.context.cookies() if c["name"] == "workbench_session"]
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    hers = {"Cookie": f"workbench_session={cookie['value']}"}
    assert httpx.get(url, headers=hers, trust_env=False).status_code == 200
    assert httpx.get(url, trust_env=False).status_code == 403
    assert emil.request.get(url).status == 403

    word = {c["name"]: c["value"] for c in dora.context.cookies() if c["name"].startswith("_streamlit_user")}
    tab = dora.context.new_page()
    tab.goto(f"{address}/embeddings?run=done")
    healthy(tab)
    dora.bring_to_front()  # a page behind another tab is slow to draw what it is told
    settle(dora)
    with dora.expect_request(re.compile(f"{identity.address}/end")):
        dora.get_by_role("button", name="Sign out").click()
    expect(dora.get_by_role("button", name="Sign in at your organisation")).to_be_visible(timeout=60_000)
    settle(dora)
    assert identity.ended == 1
    for given in (hers, {}):
        assert httpx.get(url, headers=given, trust_env=False).status_code == 403
    assert dora.request.get(url).status == 403
    again = httpx.get(f"{address}/signin/provider", cookies=word, trust_env=False)
    assert (again.status_code, "workbench_session" in again.cookies) == (401, False)
    ended(tab)
    assert httpx.get(fetched(emil, address), trust_env=False).status_code == 403


def ended(tab: Page) -> None:
    """The other tab of a browser in which somebody has signed out: its next click finds no session."""
    tab.get_by_text("Plotly, for print").focus()
    tab.keyboard.press("r")
    expect(tab.get_by_role("alert")).to_contain_text("expected one at your organisation in the last 5 minutes")
    tab.get_by_role("link", name="Sign in at your organisation").click()
    expect(tab.get_by_role("button", name="Sign in at your organisation")).to_be_visible(timeout=60_000)


def test_whom_the_workspace_does_not_know_gets_no_session(browser, address, identity):
    identity.email = "eve@example.org"
    page = browser.new_context().new_page()
    page.goto(address)
    page.get_by_role("button", name="Sign in at your organisation").click()
    expect(page.get_by_text(re.compile("expected the address of a user of this workspace"))).to_be_visible(
        timeout=60_000
    )
    assert "workbench_session" not in {c["name"] for c in page.context.cookies()}


def test_a_file_of_a_page_is_for_who_is_signed_in(browser, address, identity):
    dora = sign_in(browser, address, identity, "dora")
    with dora.expect_response(lambda answer: answer.url.startswith(f"{address}/media/")) as answer:
        dora.goto(f"{address}/explain?run=done")
    assert answer.value.status == 200
    assert httpx.get(answer.value.url, trust_env=False).status_code == 403
