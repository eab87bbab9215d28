"""A real Chromium behind the guard: nothing is refused by the policy, nothing comes from outside.

Every page under the policy, with hostile names on it: test_every_page.py. Here: the ways in which Embeddings draws.
"""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from .chromium import part, server, settle
from .watched import Watched

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(chromium, tmp_path_factory):
    """A server of a workspace with images and texts, a finished run of each."""
    from tests.pages.conftest import add_run, register, register_texts, told_runs

    root = tmp_path_factory.mktemp("guard")
    with told_runs(root, register, ("done",)) as service:
        add_run(service, register_texts(service), "text", state="done")
    with server(root / "ws", root / "server.log") as address:
        yield address


@pytest.fixture
def watched(browser):
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    page.set_default_timeout(60_000)
    yield Watched(page)
    page.close()


def test_no_way_of_drawing_meets_the_policy_nor_asks_outside(watched, address):
    for more in ("run=text", "run=done&plotly=true", "run=done&map=Pretrained · UMAP, 3-D"):
        watched.goes(f"{address}/embeddings?{more}")
    watched.page.goto(f"{address}/api/docs")
    expect(watched.page.get_by_text("/runs/{run}/cancel")).to_be_visible()
    assert (watched.said, watched.outside(address)) == ([], [])


def test_a_file_goes_up_and_comes_down_under_the_policy(watched, address, tmp_path: Path):
    page = watched.page
    page.goto(f"{address}/data?dataset=bars")
    settle(page)
    page.get_by_text("Add a data set").click()
    part(page, "Upload")
    rows = "\n".join(f"a text of some words {n},{n % 2}" for n in range(50))
    (tmp_path / "few.csv").write_text(f"text,label\n{rows}\n")
    page.locator("input[type=file]").set_input_files(tmp_path / "few.csv")
    settle(page)
    expect(page.get_by_text(re.compile("2 columns|columns of metadata|50 ")).first).to_be_visible()
    page.goto(f"{address}/report?run=done")
    settle(page)
    part(page, "Files")
    page.get_by_role("button", name="Build the report").click()
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("button", name=re.compile("^HTML")).click()
    assert "<html" in Path(download.value.path()).read_text()
    expect(page.frame_locator("iframe").get_by_role("heading").first).to_be_visible()
    assert (watched.said, watched.outside(address)) == ([], [])


def test_a_page_of_another_server_can_neither_frame_nor_read_nor_send(watched, address):
    """From localhost at another port, which is the same site and another origin."""
    page = watched.page
    other = address.replace("127.0.0.1", "localhost")
    page.goto(f"{other}/api/docs")
    page.set_content(f"<iframe src='{address}/'></iframe><img src='{address}/favicon.png'>")
    page.wait_for_timeout(1_000)
    assert not [frame for frame in page.frames[1:] if frame.url.startswith(address)]
    assert page.evaluate("document.images[0].naturalWidth") == 0


def sent(client: httpx.Client, address: str, path: str) -> httpx.Request:
    """A request for a path exactly as it is written."""
    request = client.build_request("GET", address)
    request.url = httpx.URL(address, raw_path=path.encode())
    return request


@pytest.mark.parametrize("prefix", ["", "/static", "/media", "/component/x", "/_stcore/bidi-components/x", "/explorer"])
def test_no_path_leads_out_of_what_is_served(address, prefix):
    for path in (
        "/../../../../etc/passwd",
        "/..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/....//....//etc/passwd",
        "/..%5c..%5cetc%5cpasswd",
        "//etc/passwd",
        "/%00",
    ):
        with httpx.Client(trust_env=False) as client:
            told = client.send(sent(client, address, f"{prefix}{path}"))
        assert "root:" not in told.text
        assert told.status_code in (200, 301, 400, 403, 404), (prefix, path)
        assert "Traceback" not in told.text


def test_the_server_answers_to_its_own_names_alone(address):
    port = address.rpartition(":")[2]
    for host, status in ((f"localhost:{port}", 200), (f"evil.example:{port}", 403)):
        for path in ("/", "/api/health", "/_stcore/health"):
            assert httpx.get(f"{address}{path}", headers={"Host": host}, trust_env=False).status_code == status
    foreign = {"Origin": f"http://localhost:{port}"}
    assert httpx.get(f"{address}/_stcore/health", headers=foreign, trust_env=False).status_code == 403
    with pytest.raises(InvalidStatus):
        connect(f"{address.replace('http', 'ws')}/_stcore/stream", origin=foreign["Origin"]).__enter__()
    with connect(f"{address.replace('http', 'ws')}/_stcore/stream", origin=address):
        pass
