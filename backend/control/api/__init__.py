"""The HTTP API, mounted at /api beside the pages: one file a router, every route is one method of the service.

Every route but /health wants `Authorization: Bearer TOKEN` and a permission of the caller (access.py), and asks for
both, and for the size of what comes, before it reads a request (door.py). Wrong input is answered with status 400 and
{"detail": one line}, an unknown thing with 404, a missing, wrong, expired or revoked token with 401, a caller who may
not do this with 403, a larger body than the route takes with 413, too many attempts at a password with 429, more long
work than there is room for with 503.
"""

from __future__ import annotations

import reprlib
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi_offline import FastAPIOffline

from ... import __version__
from ...workspace.layout import BadInput
from ...workspace.refused import expected
from ..people.passwords import SignInRefused, TooManyAttempts
from ..people.permissions import Forbidden
from ..pools import Busy
from ..record.readonly import ReadOnly
from ..service import NotFound, Service
from . import data, dossier, ledger, people, record, reviews, runs, search, sweeps
from .description import describe
from .door import Room

__all__ = ["create_api"]
ROUTERS = (data, runs, sweeps, record, people, reviews, ledger, dossier, search)
STATUS = {
    NotFound: 404,
    Forbidden: 403,
    ReadOnly: 403,
    SignInRefused: 403,
    TooManyAttempts: 429,
    Busy: 503,
    BadInput: 400,
}


def create_api(service: Service) -> FastAPIOffline:
    """The API over one open service, its description at /api/docs (served from this machine, no CDN)."""
    api = FastAPIOffline(title="SSL Workbench", version=__version__, docs_url=None, redoc_url=None)
    api.state.service, api.state.room = service, Room()
    for problem, status in STATUS.items():
        api.add_exception_handler(problem, _one_line(status))
    api.add_exception_handler(RequestValidationError, _wrong_request)

    @api.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok", "version": __version__}

    for part in ROUTERS:
        api.include_router(part.router(service))
    describe(api)
    return api


def _one_line(status: int):
    def handler(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, status_code=status)

    return handler


def _wrong_request(request: Request, error: RequestValidationError) -> JSONResponse:
    """What FastAPI itself refuses (no JSON, a wrong type in the query), told like everything else."""
    first = error.errors()[0]
    place, found = ".".join(map(str, first["loc"])), _short(first.get("input"))
    if "password" in request.url.path + found:  # of an account or a decision: never repeated
        found = "what is not repeated here"
    return JSONResponse({"detail": f"{place}: {expected(first)}, found {found}"}, status_code=400)


def _short(value: Any) -> str:
    """What was found, in at most 80 characters of ASCII; of a list of a million only its beginning is looked at."""
    text = ascii(value[:80]) if isinstance(value, str) else reprlib.repr(value)
    return text.encode("ascii", "backslashreplace").decode()[:80]
