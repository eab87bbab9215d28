"""The sign-in page: the cookie it sets, whom it lets in, and what a hostile form can make of it."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from backend.control.people import People
from backend.control.sessions import COOKIE
from workbench import signin

SECRET = "correct horse battery"


class Served:
    def __init__(self, people):
        self.people = people


@pytest.fixture
def people(store, workspace, quick_hashes):
    people = People(store, workspace)
    people.add("anna", "viewer", password=SECRET)
    return people


@pytest.fixture
def browser(people, monkeypatch):
    monkeypatch.setattr(signin, "server", lambda: Served(people))
    return TestClient(Starlette(routes=signin.sign_in_routes()), follow_redirects=False)


def send(browser, headers=None, **fields):
    return browser.post("/signin", data={"name": "anna", "password": SECRET, **fields}, headers=headers)


def test_the_right_password_sets_a_cookie_that_no_script_reads(browser, people):
    answer = send(browser, to="/run?run=done")
    assert (answer.status_code, answer.headers["location"]) == (303, "/run?run=done")
    attributes = answer.headers["set-cookie"].lower()
    assert all(word in attributes for word in ("httponly", "samesite=strict", "path=/", "max-age=43200"))
    assert people.by_cookie(answer.cookies[COOKIE]).name == "anna"


def test_over_https_the_cookie_stays_there(browser):
    browser.base_url = "https://testserver"
    assert "; secure" in send(browser).headers["set-cookie"].lower()


@pytest.mark.parametrize("fields", [{"password": "wrong"}, {"name": "nobody"}, {"name": "", "password": ""}])
def test_a_wrong_one_sets_none_and_repeats_no_password(browser, fields):
    answer = send(browser, **fields)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert "expected a user of this workspace" in answer.text
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    "to", ["//evil.org", "/\\evil.org", "https://evil.org", "javascript:x", "", "/a\r\nSet-Cookie: x=1", "\\\\evil.org"]
)
def test_nobody_is_led_elsewhere(browser, to):
    assert send(browser, to=to).headers["location"] == "/"
    assert 'name="to" value="/"' in browser.get("/signin", params={"to": to}).text


def test_a_form_of_another_site_is_refused(browser):
    for headers in ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://evil.org"}):
        answer = send(browser, headers)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
    assert send(browser, {"origin": "http://testserver"}).status_code == 303


def test_a_name_is_text_and_not_markup(browser):
    page = send(browser, name='"><script>alert(1)</script>', password="x").text
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert browser.get("/signin").headers["content-security-policy"].startswith("default-src 'none'")


def test_too_many_and_too_much_are_told(browser):
    assert send(browser, name="x" * 5_000).status_code == 413
    assert [send(browser, password="wrong").status_code for _ in range(6)][-1] == 429
    assert send(browser).status_code == 429
