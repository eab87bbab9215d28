"""The sign-in page: the cookie it sets, whom it lets in, and what a hostile form can make of it."""

from __future__ import annotations

import asyncio
import re
import threading

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from backend.control.people import passwords
from backend.control.people.people import People
from backend.control.people.sessions import COOKIE
from backend.control.pools import Pool
from tests.asgi import ask
from workbench.serve import signin

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


# Many attempts


def from_(people, monkeypatch, address: str) -> TestClient:
    """A browser at this address."""
    monkeypatch.setattr(signin, "server", lambda: Served(people))
    routes = Starlette(routes=signin.sign_in_routes())
    return TestClient(routes, follow_redirects=False, client=(address, 50_000))


def test_who_guesses_from_elsewhere_locks_nobody_out(people, monkeypatch):
    elsewhere, owner = from_(people, monkeypatch, "203.0.113.9"), from_(people, monkeypatch, "192.0.2.1")
    assert [send(elsewhere, password="wrong").status_code for _ in range(20)].count(429) > 15
    assert send(owner).status_code == 303
    assert send(elsewhere).status_code == 429
    assert send(from_(people, monkeypatch, "::ffff:203.0.113.9")).status_code == 429
    inside = [from_(people, monkeypatch, f"2001:db8::{n}") for n in range(1, 9)]  # one client's network
    assert [send(one, password="wrong").status_code for one in inside][-1] == 429
    assert send(from_(people, monkeypatch, "2001:db8:0:1::1")).status_code == 303


def test_a_name_that_nobody_has_is_treated_like_one_that_somebody_has(people, monkeypatch):
    """By what is said, by how often it may be tried, and by the work that it takes."""
    people.add("mail", "viewer", email="m@example.org")
    people.add("gone", "viewer", password=SECRET)
    people.disable("gone")
    work, told = [], []
    real = passwords.HASHER

    class Counted:
        def verify(self, known, password):
            work.append(known.rpartition("$")[0].rpartition("$")[0])  # the cost, without the salt
            return real.verify(known, password)

        hash = real.hash

    passwords._nobody.cache_clear()
    monkeypatch.setattr(passwords, "HASHER", Counted())
    for n, name in enumerate(("anna", "gone", "mail", "nobody", "x" * 64, "../x", "", "local")):
        browser = from_(people, monkeypatch, f"192.0.2.{n + 1}")
        work.clear()
        answers = [send(browser, name=name, password="wrong") for _ in range(7)]
        page = [re.sub(r'name="name" value="[^"]*"', "", answer.text) for answer in answers]
        told.append((tuple(answer.status_code for answer in answers), page[0], tuple(work)))
    passwords._nobody.cache_clear()
    assert len(set(told)) == 1
    assert told[0][0] == (401,) * 4 + (429,) * 3
    assert len(told[0][2]) == 4


def test_two_hundred_names_at_once_hold_up_nothing(people, monkeypatch):
    """They wait in a room of their own, a few of one address; another address still comes in."""
    monkeypatch.setattr(signin, "server", lambda: Served(people))
    room = Pool("sign-in", signin.ROOM.at_once, signin.ROOM.most - signin.ROOM.at_once, signin.ROOM.each)
    monkeypatch.setattr(signin, "ROOM", room)
    app, go, running, most = Starlette(routes=signin.sign_in_routes()), threading.Event(), [], []
    real = passwords.HASHER.verify

    class Slow:
        def verify(self, known, password):
            running.append(1)
            most.append(len(running))
            go.wait(30)
            running.pop()
            return real(known, password)

        hash = passwords.HASHER.hash

    monkeypatch.setattr(passwords, "HASHER", Slow())
    form = {"content-type": "application/x-www-form-urlencoded"}

    def post(name, password, address):
        body = f"name={name}&password={password}".encode()
        return asyncio.create_task(ask(app, "POST", "/signin", form, body, client=(address, 1)))

    async def crowd():
        tasks = [post(f"nobody{n}", "x", "203.0.113.9") for n in range(200)]
        owner = post("anna", SECRET.replace(" ", "+"), "192.0.2.1")
        for _ in range(300):
            await asyncio.sleep(0)
        assert (await ask(app, "GET", "/signin")).status == 200
        early = [task.result().status for task in tasks if task.done()]
        go.set()
        return early, [answer.status for answer in await asyncio.gather(*tasks)], (await owner).status

    early, told, owner = asyncio.run(crowd())
    assert (set(early), len(early)) == ({503}, 200 - room.each)
    assert told.count(401) == room.each
    assert owner == 303
    assert max(most) == room.at_once
