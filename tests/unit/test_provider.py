"""Sign-in at an identity provider: which of Streamlit's cookies begin a session, and how often."""

from __future__ import annotations

import asyncio
import secrets
import time

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.testclient import TestClient
from streamlit.runtime.secrets import secrets_singleton
from streamlit.web.server.starlette import starlette_auth_routes as streamlit_auth

from backend.control.people.people import People
from backend.control.people.permissions import LOCAL
from backend.control.people.sessions import COOKIE
from tests.unit.test_signin import Served
from workbench.serve import provider, signin

ORIGIN = "http://testserver"
AUTH = {"redirect_uri": f"{ORIGIN}/oauth2callback", "cookie_secret": "s" * 32}
DORA = {"email": "dora@example.org", "email_verified": True, "nonce": "n1", "iat": 1_800_000_000}


@pytest.fixture(autouse=True)
def _configured(monkeypatch):
    """Streamlit's secrets hold a table [auth]."""
    monkeypatch.setattr(secrets_singleton, "_secrets", {"auth": AUTH})
    monkeypatch.setattr(secrets_singleton, "load_if_toml_exists", lambda: True)
    monkeypatch.setattr(provider, "configured", lambda: True)


@pytest.fixture
def people(store, workspace):
    people = People(store, workspace)
    people.add("root", "viewer", email="root@example.org")
    people.add("dora", "viewer", email="dora@example.org")
    return people


@pytest.fixture
def browser(people, monkeypatch):
    monkeypatch.setattr(signin, "server", lambda: Served(people))
    return TestClient(Starlette(routes=signin.sign_in_routes()), follow_redirects=False)


def left(claims, origin=ORIGIN) -> dict[str, str]:
    """The cookies that Streamlit sets when somebody comes back from the provider."""
    response = Response()
    told = {**claims, "origin": origin, "is_logged_in": True, "provider": "default"}
    asyncio.run(streamlit_auth._set_auth_cookie(response, told, {}))
    pairs = [v.decode().partition(";")[0].partition("=") for k, v in response.raw_headers if k == b"set-cookie"]
    return {name: value.strip('"') for name, _, value in pairs}


def come_back(browser, cookies, **kwargs):
    """From the provider, as the gate of the pages leads on."""
    browser.cookies.clear()
    for name, value in cookies.items():
        browser.cookies.set(name, value)
    return browser.get("/signin/provider", **kwargs)


def test_a_fresh_word_begins_a_session_and_leads_on(browser, people):
    answer = come_back(browser, left(DORA), params={"to": "/run?run=done"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/run?run=done")
    attributes = answer.headers["set-cookie"].lower()
    assert all(part in attributes for part in ("httponly", "samesite=strict", "path=/", "max-age=43200"))
    assert people.by_cookie(answer.cookies[COOKIE]).name == "dora"
    assert come_back(browser, left(DORA | {"nonce": "n2"}), params={"to": "//evil.org"}).headers["location"] == "/"


def test_a_word_that_streamlit_wrote_into_several_cookies_is_read(browser, people):
    cookies = left(DORA | {"about": secrets.token_hex(6_000)})
    assert len(cookies) > 2
    assert people.by_cookie(come_back(browser, cookies).cookies[COOKIE]).name == "dora"
    cookies.pop("_streamlit_user_2")
    assert refused(come_back(browser, cookies))


def refused(answer) -> bool:
    """No session, one line, and the word leaves the browser."""
    assert COOKIE not in answer.cookies
    assert "expected one at your organisation in the last 5 minutes that has not been used" in answer.text
    assert answer.headers["set-cookie"].startswith('_streamlit_user=""; ')
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    return answer.status_code == 401


def test_a_word_counts_once_and_a_copy_of_it_nothing(browser, people):
    cookies = left(DORA)
    session = come_back(browser, cookies).cookies[COOKIE]
    assert refused(come_back(browser, cookies))
    people.sessions.end(session)
    assert refused(come_back(browser, cookies))


def test_a_copy_that_only_reads_the_same_counts_no_more_either(browser):
    """The last sign of a signature has bits that mean nothing."""
    cookies = left(DORA)
    come_back(browser, cookies)
    value = cookies["_streamlit_user"]
    twins = [value[:-1] + sign for sign in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"]
    read = [twin for twin in twins if twin != value and provider.word({"_streamlit_user": twin})]
    assert read, "a signature is read in one way alone: this test has lost its subject"
    assert all(refused(come_back(browser, {"_streamlit_user": twin})) for twin in read)


@pytest.mark.parametrize(("later", "status"), [(provider.COUNTS - 1, 303), (provider.COUNTS + 1, 401)])
def test_a_word_counts_for_five_minutes(browser, monkeypatch, later, status):
    now, cookies = time.time(), left(DORA)
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: now + later)
    assert come_back(browser, cookies).status_code == status


@pytest.mark.parametrize(
    "cookies",
    [
        dict,
        lambda: {"_streamlit_user": ""},
        lambda: {"_streamlit_user": "x.y.z"},
        lambda: {"_streamlit_user": left(DORA)["_streamlit_user"][1:]},
        lambda: {"_streamlit_user": left(DORA)["_streamlit_user_tokens"]},
        lambda: left(DORA, origin="http://another.org"),
        lambda: left(DORA | {"email": "eve@example.org"}),
        lambda: left(DORA | {"email_verified": False}),
        lambda: left(DORA | {"email_verified": "false"}),
        lambda: left({"nonce": "n1"}),
    ],
)
def test_any_other_word_begins_none(browser, cookies):
    assert refused(come_back(browser, cookies()))


def test_one_signed_with_another_secret_begins_none(browser, monkeypatch):
    cookies = left(DORA)
    monkeypatch.setitem(AUTH, "cookie_secret", "t" * 32)
    assert refused(come_back(browser, cookies))


def test_who_is_let_in_no_more_gets_none(browser, people):
    people.disable("dora")
    assert refused(come_back(browser, left(DORA)))


def test_another_sites_link_begins_none_and_uses_nothing_up(browser):
    cookies = left(DORA)
    answer = come_back(browser, cookies, headers={"sec-fetch-site": "cross-site"})
    assert (answer.status_code, answer.headers.get("set-cookie")) == (403, None)
    assert come_back(browser, cookies, headers={"sec-fetch-site": "same-origin"}).status_code == 303


def test_who_is_signed_in_is_led_on_as_they_are(browser, people):
    mine = people.sessions.start("root")
    answer = come_back(browser, {COOKIE: mine})
    assert (answer.status_code, answer.headers.get("set-cookie")) == (303, None)


def test_with_a_provider_and_no_users_yet_nobody_is_anybody(store, workspace, monkeypatch):
    people = People(store, workspace)
    assert signin.whose(people, None) is None
    monkeypatch.setattr(provider, "configured", lambda: False)
    assert signin.whose(people, None) == LOCAL


def test_without_a_provider_there_is_no_word_and_no_way_to_one(browser, monkeypatch):
    assert "Sign in at your organisation" in browser.get("/signin").text
    cookies = left(DORA)
    monkeypatch.setattr(provider, "configured", lambda: False)
    assert refused(come_back(browser, cookies))
    assert "Sign in at your organisation" not in browser.get("/signin").text
