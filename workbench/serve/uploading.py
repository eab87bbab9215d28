"""What a browser uploads goes straight to the workspace's disk, in place of Streamlit's memory.

Streamlit would read a file whole, keep it in memory while its page is open, and ask nobody who sends it. `Uploads`
answers in its place: who may not hand files over is refused before the body is read, a page has SESSION bytes in all,
and to the page goes where the file lies (`path_of`, `content`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import runtime
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec
from streamlit.web.server.starlette import starlette_routes

from backend.control.people.permissions import refusal
from backend.control.people.sessions import COOKIE
from backend.data.uploads import Incoming
from backend.workspace.layout import BadInput

from ..frame.session import server, service
from .signin import whose

SESSION = 1 << 30  # bytes of the uploads of one open page
FRAMES = 1 << 20  # bytes of a body beside the file in it
LIES_AT = b"workbench upload at "  # before the path, in what the page gets as the file's content


class TooLarge(BadInput):
    """An upload beyond what one file, or one page, may have."""


class Uploads:
    """Middleware of the whole server: it answers Streamlit's address for uploads (PUT and DELETE)."""

    def __init__(self, app: ASGIApp):
        base = st.get_option("server.baseUrlPath").strip("/")
        start = f"/{base}" if base else ""
        self.app = app
        self.address = re.compile(f"{re.escape(start)}/{starlette_routes.BASE_ROUTE_UPLOAD_FILE}/([^/]+)/([^/]+)")
        self.kept: dict[str, dict[str, tuple[Path, int]]] = defaultdict(dict)  # of each page: {file: (where, bytes)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self.address.fullmatch(scope["path"]) if scope["type"] == "http" else None
        if found is None or scope["method"] not in ("PUT", "DELETE"):
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        status, line = _refused(request) or (204, "")
        if status == 204 and scope["method"] == "DELETE":
            self._forget(*found.groups())
            await self.app(scope, receive, send)
            return
        if status == 204:
            status, line = await self._take(request, *found.groups())
        answer = JSONResponse({"detail": line}, status) if line else Response(status_code=status)
        await answer(scope, receive, send)

    async def _take(self, request: Request, page: str, file: str) -> tuple[int, str]:
        """Write the file that the body holds; returns the status and, for a refusal, its line."""
        if not runtime.exists() or not runtime.get_instance().is_active_session(page):
            return 400, "upload: expected an open page, found none; reload the page"
        self._closed()
        left = SESSION - sum(size for name, (_, size) in self.kept[page].items() if name != file)
        most = min(left, st.get_option("server.maxUploadSize") << 20)
        announced = request.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > most + FRAMES:
            return 413, _too_large(most)
        server().uploads.tidy({path for files in self.kept.values() for path, _ in files.values()})
        self.kept[page][file] = (Path(), int(announced) if announced.isdigit() else most)  # for others that come now
        try:
            return await self._written(request, page, file, most)
        finally:
            if self.kept[page][file][0] == Path():
                self._forget(page, file)

    async def _written(self, request: Request, page: str, file: str, most: int) -> tuple[int, str]:
        form = None
        try:
            form = Form(request.headers.get("content-type", ""), most, server().uploads.incoming)
            async for part in request.stream():
                await run_in_threadpool(form.feed, part)
            name, kind, path, size = await run_in_threadpool(form.done)
        except TooLarge as problem:
            return 413, str(problem)
        except BadInput as problem:
            return 400, str(problem)
        except ClientDisconnect:
            return 400, "upload: expected the whole file, found the connection closed"
        finally:
            if form is not None:
                form.drop()
        self.kept[page][file] = (path, size)
        manager = runtime.get_instance().uploaded_file_mgr
        manager.add_file(page, UploadedFileRec(file, name, kind, LIES_AT + str(path).encode()))
        return 204, ""

    def _forget(self, page: str, file: str) -> None:
        self.kept[page].pop(file, None)

    def _closed(self) -> None:
        """Forget the uploads of pages that are closed; their files are removed in time."""
        open_still = runtime.get_instance().is_active_session
        self.kept = defaultdict(dict, {page: files for page, files in self.kept.items() if open_still(page)})


class Form:
    """A multipart/form-data body with one file (RFC 7578), written to disk as it comes. Raises BadInput."""

    def __init__(self, content_type: str, most: int, incoming: Callable[[str], Incoming]):
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise BadInput(f"upload: expected multipart/form-data, found {content_type[:80]!r}")
        told = ("part_begin", "part_data", "part_end", "header_field", "header_value", "header_end", "headers_finished")
        calls: Any = {f"on_{name}": getattr(self, f"_{name}") for name in told}
        self.parser = MultipartParser(options[b"boundary"], calls)
        self.most, self.make = most, incoming
        self.incoming: Incoming | None = None
        self.name, self.kind, self.path, self._ended = "", "application/octet-stream", None, False

    def feed(self, part: bytes) -> None:
        try:
            self.parser.write(part)
        except BadInput:
            raise
        except ValueError as error:  # the parser's own
            raise BadInput(f"upload: expected multipart/form-data, found {error}") from None

    def done(self) -> tuple[str, str, Path, int]:
        """(the file's name, its media type, where it lies, its bytes)."""
        if self.incoming is None or not self._ended:
            raise BadInput("upload: expected one whole file, found none")
        return self.name, self.kind, self.incoming.keep(), self.incoming.size

    def drop(self) -> None:
        if self.incoming is not None:
            self.incoming.drop()

    def _part_begin(self) -> None:
        self._headers, self._field, self._value = {}, b"", b""

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._field.lower()] = self._value
        self._field, self._value = b"", b""

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        if b"filename" not in options:
            raise BadInput("upload: expected a file, found another field")
        if self.incoming is not None:
            raise BadInput("upload: expected one file, found several")
        self.name = options[b"filename"].decode("utf-8", "replace")
        self.kind = self._headers.get(b"content-type", b"").decode("latin-1") or self.kind
        self.incoming = self.make(self.name)

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self.incoming.size + end - start > self.most:
            raise TooLarge(_too_large(self.most))
        self.incoming.write(data[start:end])

    def _part_end(self) -> None:
        self._ended = True


def path_of(file: UploadedFile) -> str:
    """Where an uploaded file lies. A page that runs without the server (a test) has the bytes themselves."""
    told = file.getvalue()
    if not told.startswith(LIES_AT):
        return service().upload(file.name, told)
    path = Path(told.removeprefix(LIES_AT).decode())
    if not path.is_file():
        raise BadInput(f"upload {file.name[:80]!r}: expected it on the server's disk, found it gone; upload it again")
    return str(path)


def content(file: UploadedFile, most: int) -> bytes:
    """The first `most` bytes of an uploaded file, and one more where there are more."""
    told = file.getvalue()
    if not told.startswith(LIES_AT):
        return told[: most + 1]
    with open(path_of(file), "rb") as found:
        return found.read(most + 1)


def _refused(request: Request) -> tuple[int, str] | None:
    """Why whoever asks may hand nothing over, before anything of the body is read."""
    if server().read_only:
        return 403, "upload: expected a workspace that is open for writing, found it opened for reading only"
    caller = whose(server().people, request.cookies.get(COOKIE))
    if caller is None:
        return 403, "upload: expected somebody who is signed in, found nobody"
    if not (caller.may("register") or caller.may("ask")):
        return 403, refusal(caller, "register")
    token, known = request.headers.get("x-xsrftoken"), request.cookies.get(starlette_routes.XSRF_COOKIE_NAME)
    if starlette_routes.is_xsrf_enabled() and not starlette_routes.validate_xsrf_token(token, known):
        return 403, "upload: expected a request of this server's own pages, found another"
    return None


def _too_large(most: int) -> str:
    one = st.get_option("server.maxUploadSize")
    return (
        f"upload: expected at most {most >> 20:,} MiB (of one file {one}, of a page's files together "
        f"{SESSION >> 20:,}), found more; register larger data by its path"
    )
