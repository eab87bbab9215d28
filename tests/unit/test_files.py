"""Files that pages hand to Streamlit: who gets them over HTTP."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit.web.server.starlette import starlette_routes

from backend.control.people import People
from backend.control.sessions import COOKIE
from tests.unit.test_signin import Served
from workbench import files

HERE = ("/media/a.zip", "/_stcore/upload_file/session/file")
OPEN = ("/", "/static/media/font.woff2", "/_stcore/health", "/mediated")


@pytest.fixture
def people(store, workspace):
    return People(store, workspace)


@pytest.fixture
def browser(people, monkeypatch):
    monkeypatch.setattr(files, "server", lambda: Served(people))
    every = Route("/{path:path}", lambda request: PlainTextResponse("here"), methods=["GET", "PUT"])
    return TestClient(Starlette(routes=[every], middleware=[Middleware(files.SignedInAlone)]))


def answers(browser, *paths) -> list[int]:
    return [browser.request(how, path).status_code for path in paths for how in ("GET", "HEAD", "PUT")]


def test_with_accounts_files_are_for_who_is_signed_in(browser, people):
    people.add("anna", "viewer", email="anna@example.org")
    assert set(answers(browser, *HERE)) == {403}
    assert browser.get(HERE[0]).json() == {"detail": "file: expected somebody who is signed in, found nobody"}
    assert set(answers(browser, *OPEN)) == {200}
    session = people.sessions.start("anna")
    browser.cookies.set(COOKIE, session)
    assert set(answers(browser, *HERE, *OPEN)) == {200}
    people.sessions.end(session)
    assert set(answers(browser, *HERE)) == {403}


def test_without_accounts_they_are_for_everybody(browser):
    assert set(answers(browser, *HERE, *OPEN)) == {200}


def test_under_a_prefix_of_the_server_they_are_guarded_too(browser, people, monkeypatch):
    people.add("anna", "viewer", email="anna@example.org")
    monkeypatch.setattr(files.st, "get_option", {"server.baseUrlPath": "lab/"}.get)
    assert set(answers(browser, *(f"/lab{path}" for path in HERE))) == {403}
    assert set(answers(browser, "/lab/", "/lab/_stcore/health")) == {200}


def test_these_are_the_paths_that_streamlit_serves_files_under():
    streamlits = (starlette_routes.BASE_ROUTE_MEDIA, starlette_routes.BASE_ROUTE_UPLOAD_FILE)
    assert [path.strip("/") for path in files.PATHS] == list(streamlits)
