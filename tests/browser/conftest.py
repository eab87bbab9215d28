"""A server on an empty workspace and a browser's page, one of each a module."""

from __future__ import annotations

import os

import pytest

from backend.control.client.client import Client
from backend.workspace.layout import Workspace

from .chromium import browser_page, find, fresh_browser, server


@pytest.fixture(scope="session")
def chromium():
    """Skips where there is no browser, except on CI."""
    if find() is None:
        if os.environ.get("CI"):
            pytest.fail("CI is expected to have a Chromium, found none")
        pytest.skip("no Chromium or Chrome on this machine")


@pytest.fixture(scope="module")
def browser(chromium):
    """One browser a module; `new_page` and `new_context` open pages that know nothing of each other."""
    with fresh_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def workbench(chromium, tmp_path_factory):
    """(address, client) of a server on an empty workspace."""
    root = tmp_path_factory.mktemp("journey")
    with server(root / "ws", root / "server.log") as address:
        yield address, Client(Workspace.open(root / "ws"), int(address.rsplit(":", 1)[1]))


@pytest.fixture(scope="module")
def page(workbench):
    with browser_page() as page:
        page.set_default_timeout(60_000)
        yield page
