"""Files that a page has handed to Streamlit: downloads and pictures at /media, what a person uploads.

Streamlit names a file by the digest of its content and asks nobody who fetches it. Here its address opens only in the
browser of somebody who is signed in and may read (without accounts: of everybody); whose page made it is not asked.
"""

from __future__ import annotations

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.control.sessions import COOKIE

from .session import server
from .signin import whose

PATHS = ("/media/", "/_stcore/upload_file/")


class SignedInAlone:
    """Middleware of the whole server: status 403, in one line, for who may not have what lies under PATHS."""

    def __init__(self, app: ASGIApp):
        base = st.get_option("server.baseUrlPath").strip("/")
        self.app, self.paths = app, tuple(f"/{base}{path}" if base else path for path in PATHS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self.paths) or _may(Request(scope)):
            await self.app(scope, receive, send)
            return
        told = {"detail": "file: expected somebody who is signed in, found nobody"}
        await JSONResponse(told, status_code=403, headers={"Cache-Control": "no-store"})(scope, receive, send)


def _may(request: Request) -> bool:
    caller = whose(server().people, request.cookies.get(COOKIE))
    return caller is not None and caller.may("read")
