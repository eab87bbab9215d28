"""A real Chromium for tests and screenshots: Debian's or the user's own, never a download."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--force-prefers-reduced-motion",
    "--disable-smooth-scrolling",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

TITLES = {
    "": "Home",
    "data": "Data",
    "new_run": "New run",
    "sweep": "Sweep",
    "runs": "Runs",
    "run": "Run",
    "study": "Did it help?",
    "embeddings": "Embeddings",
    "explain": "Explain",
    "bias": "Bias",
    "report": "Report",
    "audit": "Audit",
    "people": "People",
}  # of the links at the side


def find() -> str | None:
    """Path of a browser on this machine, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def fresh_browser() -> Iterator[Browser]:
    """A headless browser."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=find(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def browser_page(width: int = 1440, height: int = 1000) -> Iterator[Page]:
    """A page of a fresh headless browser."""
    with fresh_browser() as browser:
        yield browser.new_page(viewport={"width": width, "height": height})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def server(workspace: Path, log: Path, folder: Path | None = None) -> Iterator[str]:
    """`workbench serve` on a free port; yields its address once it answers, and ends it afterwards.

    folder: where it is started; Streamlit reads its .streamlit/secrets.toml there.
    """
    port = free_port()
    command = [sys.executable, "-m", "workbench.cli", "serve", "--workspace", str(workspace), "--port", str(port)]
    with open(log, "ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, cwd=folder)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_up(address, process, log)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def wait_until_up(address: str, process: subprocess.Popen, log: Path, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            if httpx.get(f"{address}/api/health", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise RuntimeError(f"the server did not come up:\n{log.read_text()[-2000:]}")


# Whether the page has been calm for `quiet` milliseconds; asked by the browser itself, which costs less than asking it
CALM = """
({ token, quiet }) => {
  const calm = document.querySelector('[data-test-script-state=notRunning]')
    && document.querySelector('[data-testid=stMain]')?.innerText.trim()
    && !document.querySelector('[data-testid=stSkeleton], [data-testid=stSpinner], [data-stale=true]');
  const last = window.__calm;
  if (!calm) { window.__calm = undefined; return false; }
  if (last?.token !== token) { window.__calm = { token, since: performance.now() }; return false; }
  return performance.now() - last.since > quiet;
}
"""


def settle(page: Page, quiet: float = 0.6, seconds: float = 60) -> None:
    """Wait until Streamlit has finished its script run, has drawn something and shows no skeleton or spinner."""
    asked = {"token": time.monotonic(), "quiet": 1000 * quiet}
    try:
        page.wait_for_function(CALM, arg=asked, polling=50, timeout=1000 * seconds)
    except TimeoutError:
        raise AssertionError(f"{page.url} was still busy after {seconds} s") from None


def side(page: Page, title: str) -> None:
    """The link of a page at the side, as a person uses it: the program in the browser stays."""
    page.locator(".st-key-navigation").get_by_text(title, exact=True).click()


def turn_to(page: Page, name: str) -> None:
    """Go to a page by its link at the side and wait until it begins; loading its address takes twice the time."""
    side(page, TITLES[name])
    page.wait_for_url(lambda url: urlsplit(url).path.strip("/") == name, wait_until="commit")


def choose(page: Page, label: str, option: str | re.Pattern) -> None:
    """Pick from a Streamlit select box."""
    page.get_by_label(label, exact=True).first.click()
    page.get_by_role("option", name=option).first.click()
    settle(page)


def part(page: Page, name: str) -> None:
    """Press one button of a segmented control."""
    page.locator("[data-testid='stButtonGroup'] button").filter(has_text=re.compile(f"^{name}$")).first.click()
    settle(page)


def healthy(page: Page) -> None:
    """No exception on the page, and no raw structure shown to a person."""
    settle(page)
    assert page.locator("[data-testid='stException']").count() == 0, page.locator(
        "[data-testid='stException']"
    ).inner_text()
    assert page.locator("[data-testid='stJson']").count() == 0
    assert not re.search(r"\b(nan|NaN|None|undefined)\b", page.locator("[data-testid='stMain']").inner_text())
