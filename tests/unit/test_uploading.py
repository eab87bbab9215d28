"""What browsers upload: who may, how much, where it lies and when it is gone; nothing of it stays in memory."""

from __future__ import annotations

import json
import os
import time
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFile
from streamlit.web.server.starlette import starlette_routes

from backend.control.content.handed import Handed
from backend.control.people.people import People
from backend.control.people.sessions import COOKIE
from backend.control.runs import runs
from backend.data import uploads
from backend.workspace.layout import BadInput
from workbench.serve import uploading

ADDRESS = f"/{starlette_routes.BASE_ROUTE_UPLOAD_FILE}"
MIB = 1 << 20


@pytest.fixture
def served(store, workspace):
    return SimpleNamespace(
        people=People(store, workspace), uploads=Handed(store, workspace), workspace=workspace, read_only=False
    )


@pytest.fixture
def manager():
    return MemoryUploadedFileManager("/upload")


@pytest.fixture
def browser(served, manager, monkeypatch):
    """A browser with the pages "a" and "b" open; `browser.kept` is what the middleware has of them."""
    pages, made = {"a", "b"}, []
    running = SimpleNamespace(is_active_session=pages.__contains__, uploaded_file_mgr=manager)
    monkeypatch.setattr(uploading, "runtime", SimpleNamespace(exists=lambda: True, get_instance=lambda: running))
    monkeypatch.setattr(uploading, "server", lambda: served)
    monkeypatch.setattr(starlette_routes, "is_xsrf_enabled", lambda: False)

    class Seen(uploading.Uploads):
        def __init__(self, app):
            super().__init__(app)
            made.append(self)

    every = Route("/{path:path}", lambda request: PlainTextResponse("streamlit"), methods=["GET", "PUT", "DELETE"])
    client = TestClient(Starlette(routes=[every], middleware=[Middleware(Seen)]))
    client.pages, client.kept = pages, lambda: made[0].kept
    return client


def put(browser, content: bytes | list[bytes], name: str = "d.csv", page: str = "a", file: str = "f1", **more):
    if isinstance(content, bytes):
        return browser.put(f"{ADDRESS}/{page}/{file}", files={"file": (name, content)}, **more)
    head = f'--xx\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
    parts = (part for part in (head, *content, b"\r\n--xx--\r\n"))  # without a Content-Length
    told = {"Content-Type": "multipart/form-data; boundary=xx"}
    return browser.put(f"{ADDRESS}/{page}/{file}", content=parts, headers=told)


def of_page(manager, page: str = "a", file: str = "f1") -> UploadedFile:
    return UploadedFile(manager.get_files(page, [file])[0], None)


def lying(served) -> list[str]:
    folder = served.workspace.root / "uploads"
    return sorted(p.name for p in folder.rglob("*") if p.is_file())


def test_a_file_goes_to_the_disk_and_the_page_knows_where(browser, manager, served):
    content = os.urandom(3 * MIB)
    assert put(browser, content, "../evil näme.NPZ").status_code == 204
    file = of_page(manager)
    assert (file.name, len(file.getvalue()) < 500) == ("../evil näme.NPZ", True)
    path = uploading.path_of(file)
    assert path.startswith(str(served.workspace.root / "uploads"))
    assert lying(served) == ["evil-n-me.npz"]
    assert uploading.content(file, 10 * MIB) == content
    assert len(uploading.content(file, MIB)) == MIB + 1
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert put(browser, content, "../evil näme.NPZ", file="f2").status_code == 204
    assert lying(served) == ["evil-n-me.npz"]


def test_who_may_not_register_is_refused_before_the_body_is_read(browser, served, monkeypatch):
    served.people.add("vera", "viewer", email="v@example.org", actor="local")
    served.people.add("anna", "scientist", email="a@example.org", actor="local")

    async def read(request):
        raise AssertionError("the body was read")

    def status(cookie: str | None) -> int:
        browser.cookies.clear()
        if cookie:
            browser.cookies.set(COOKIE, cookie)
        return put(browser, b"x").status_code

    with monkeypatch.context() as patch:
        patch.setattr(uploading.Request, "stream", read)
        assert status(None) == 403
        assert status(served.people.sessions.start("vera")) == 403
    assert lying(served) == []
    answer = put(browser, b"a,b\n")
    assert answer.json()["detail"].startswith("To register data: expected the role scientist, found viewer")
    browser.cookies.set(COOKIE, served.people.sessions.start("anna"))
    assert put(browser, b"a,b\n").status_code == 204


def test_another_sites_request_is_refused(browser, monkeypatch, served):
    monkeypatch.setattr(starlette_routes, "is_xsrf_enabled", lambda: True)
    assert put(browser, b"a,b\n").status_code == 403
    assert browser.delete(f"{ADDRESS}/a/f1").status_code == 403
    assert lying(served) == []


@pytest.mark.parametrize("announced", [True, False])
def test_a_file_and_a_page_have_a_cap(browser, served, monkeypatch, announced):
    monkeypatch.setattr(uploading, "SESSION", 3 * MIB)
    monkeypatch.setattr(uploading, "FRAMES", 1_000)
    monkeypatch.setattr(uploading.st, "get_option", {"server.maxUploadSize": 2, "server.baseUrlPath": ""}.get)

    def sent(size: int, file: str, page: str = "a"):
        content = b"x" * size if announced else [b"x" * (MIB // 4)] * (size // (MIB // 4))
        return put(browser, content, file=file, page=page)

    assert sent(2 * MIB + MIB // 2, "f1").status_code == 413
    assert lying(served) == []
    assert sent(2 * MIB, "f2").status_code == 204
    refused = sent(MIB + MIB // 2, "f3")
    assert refused.status_code == 413
    assert refused.json()["detail"].startswith("upload: expected at most 1 MiB (of one file 2, of a page's files")
    assert sent(2 * MIB, "f2").status_code == 204, "the same file again takes no more"
    assert sent(2 * MIB, "f4", page="b").status_code == 204
    browser.delete(f"{ADDRESS}/a/f2")
    assert sent(MIB + MIB // 2, "f3").status_code == 204
    browser.pages.clear()
    assert sent(MIB, "f5").status_code == 400
    browser.pages.add("c")
    assert sent(MIB, "f5", page="c").status_code == 204
    assert list(browser.kept()) == ["c"]


def test_what_is_still_coming_counts(browser, monkeypatch):
    monkeypatch.setattr(uploading, "SESSION", 3 * MIB)
    seen = []

    async def slowly(self, request, page, file, most):
        seen.append(most)
        if file == "f1":
            inner = await uploading.Uploads._take(self, request, page, "f2")
            assert inner[0] == 413
        return 413, "line"

    monkeypatch.setattr(uploading.Uploads, "_written", slowly)
    put(browser, b"x" * 2 * MIB)
    assert seen == [3 * MIB]
    assert browser.kept() == {"a": {}}


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"a", "d.exe", "expected one of .npz, .parquet"),
        (b"", "d.csv", "found an empty one (0 bytes)"),
        ([b"--xx\r\n"], "d.csv\x00", ""),
    ],
)
def test_what_is_no_upload_is_one_line_and_leaves_nothing(browser, served, content, name, said):
    answer = put(browser, content, name)
    assert answer.status_code == 400
    assert said in answer.json()["detail"]
    assert lying(served) == []


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("text/plain", b"a", "expected multipart/form-data, found 'text/plain'"),
        ("multipart/form-data", b"a", "expected multipart/form-data"),
        ("multipart/form-data; boundary=xx", b"nonsense", "expected multipart/form-data"),
        (
            "multipart/form-data; boundary=xx",
            b"--xx\r\nContent-Disposition: form-data; name=a\r\n\r\nv\r\n--xx--\r\n",
            "expected a file, found another field",
        ),
        (
            "multipart/form-data; boundary=xx",
            b'--xx\r\nContent-Disposition: form-data; name="a"; filename="a.csv"\r\n\r\nhalf of it',
            "expected one whole file, found none",
        ),
    ],
)
def test_a_body_of_another_kind(browser, served, kind, body, said):
    answer = browser.put(f"{ADDRESS}/a/f1", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert said in answer.json()["detail"]
    assert lying(served) == []


def test_without_room_on_the_disk_nothing_is_taken(browser, served, monkeypatch):
    monkeypatch.setattr(uploads, "MOST", MIB)
    assert put(browser, b"x" * (MIB // 2)).status_code == 204
    answer = put(browser, b"y" * MIB, file="f2")
    assert answer.status_code == 400
    assert "expected room for it on the server's disk" in answer.json()["detail"]
    monkeypatch.setattr(uploads, "SPARE", 1 << 62)
    assert put(browser, b"z", file="f3").status_code == 400
    assert lying(served) == ["d.csv"]


def test_files_go_an_hour_after_nobody_needs_them(browser, served, store):
    put(browser, b"open page")
    put(browser, b"closed page", page="b", name="closed.csv")
    put(browser, b"data job", page="b", name="job.csv", file="f2")
    old = time.time() - uploads.RESTS - 10
    paths = {p.name: p for p in (served.workspace.root / "uploads").rglob("*.csv")}
    for path in paths.values():
        os.utime(path, (old, old))
    spec = {"spec": {"name": "x", "path": str(paths["job.csv"])}}
    store.write(lambda tx: runs.create(tx, "data-1", "data", "T", "x", spec, "local"))
    browser.pages.remove("b")
    put(browser, b"next", name="next.csv", file="f3")
    assert lying(served) == ["d.csv", "job.csv", "next.csv"]
    store.write(lambda tx: runs.move(tx, "data-1", "failed", "for a test"))
    served.uploads.tidy()
    assert lying(served) == ["d.csv", "job.csv", "next.csv"], "needed just now"
    for path in paths.values():
        if path.exists():
            os.utime(path, (old, old))
    served.uploads.tidy()
    assert lying(served) == ["next.csv"]
    assert len(list((served.workspace.root / "uploads").iterdir())) == 1, "empty folders go as well"


def test_a_file_that_is_gone_is_one_line(browser, manager, served):
    put(browser, b"a,b\n")
    next((served.workspace.root / "uploads").rglob("*.csv")).unlink()
    with pytest.raises(BadInput, match="found it gone; upload it again"):
        uploading.path_of(of_page(manager))


def test_the_page_is_told_nothing_that_the_sender_chose(browser, manager, served):
    """A file whose content looks like where another lies is a file like any other."""
    forged = uploading.LIES_AT + b"/etc/passwd"
    put(browser, forged)
    assert uploading.content(of_page(manager), MIB) == forged
    assert json.loads(json.dumps(uploading.path_of(of_page(manager)))).endswith("d.csv")


def test_other_addresses_are_streamlits(browser):
    assert browser.get(f"{ADDRESS}/a/f1").text == "streamlit"
    assert browser.put("/elsewhere").text == "streamlit"
