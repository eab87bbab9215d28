"""The HTTP API, mounted at /api beside the pages: every route is one method of the service.

Every route but /health wants `Authorization: Bearer TOKEN` (WORKSPACE/token). Wrong input is answered with
status 400 and {"detail": one line}, an unknown thing with 404, a missing or wrong token with 401.
"""

from __future__ import annotations

import base64
import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel, ConfigDict

from .. import __version__
from ..workspace.layout import BadInput
from .service import NotFound, Service
from .specs import REPORT_BYTES

MEDIA = {
    "safetensors": "application/octet-stream",
    "parquet": "application/vnd.apache.parquet",
    "json": "application/json",
    "html": "text/html",
    "md": "text/markdown",
    "png": "image/png",
}


BEARER = HTTPBearer(auto_error=False, description="the content of WORKSPACE/token")


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Selection(Body):
    name: str
    rows: list[int]
    view: dict[str, Any] = {}


def create_api(service: Service) -> FastAPIOffline:
    """The API over one open service, its description at /api/docs (served from this machine, no CDN)."""

    def authorised(given: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]) -> None:
        if given is None or not secrets.compare_digest(given.credentials.encode(), service.workspace.token.encode()):
            raise HTTPException(401, "expected 'Authorization: Bearer TOKEN' with the token of this workspace")

    api = FastAPIOffline(title="SSL Workbench", version=__version__, redoc_url=None)
    api.add_exception_handler(NotFound, _one_line(404))
    api.add_exception_handler(BadInput, _one_line(400))
    api.add_exception_handler(RequestValidationError, _wrong_request)

    @api.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok", "version": __version__}

    for router in (_data(service), _runs(service), _record(service)):
        api.include_router(router, dependencies=[Depends(authorised)])
    return api


def _one_line(status: int):
    def handler(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, status_code=status)

    return handler


def _wrong_request(request: Request, error: RequestValidationError) -> JSONResponse:
    """What FastAPI itself refuses (no JSON, a wrong type in the query), told like everything else."""
    first = error.errors()[0]
    place, found = ".".join(map(str, first["loc"])), ascii(first.get("input"))[:80]
    return JSONResponse({"detail": f"{place}: expected another value ({first['msg']}), found {found}"}, status_code=400)


def _data(service: Service) -> APIRouter:
    router = APIRouter(tags=["data"])

    @router.get("/datasets")
    def datasets() -> list[dict[str, Any]]:
        return service.datasets()

    @router.post("/datasets")
    def add_data(spec: dict[str, Any]) -> dict[str, str]:
        return {"run": service.add_data(spec)}

    @router.get("/datasets/{name}")
    def dataset(name: str) -> dict[str, Any]:
        return service.dataset(name)

    @router.get("/datasets/{name}/sheet")
    def sheet(name: str) -> dict[str, Any]:
        return service.sheet(name)

    @router.get("/datasets/{name}/thumbnails")
    def thumbnails(name: str, rows: Annotated[list[int], Query()], size: int | None = None) -> list[str]:
        """PNG images, base64."""
        return [base64.b64encode(png).decode() for png in service.thumbnails(name, rows, size)]

    @router.get("/datasets/{name}/texts")
    def texts(name: str, rows: Annotated[list[int], Query()]) -> list[str]:
        return service.texts(name, rows)

    return router


def _runs(service: Service) -> APIRouter:
    router = APIRouter(tags=["runs"])

    @router.get("/runs")
    def runs() -> list[dict[str, Any]]:
        return service.runs()

    @router.post("/runs")
    def submit(recipe: dict[str, Any]) -> dict[str, str]:
        return {"run": service.submit(recipe)}

    @router.get("/runs/{run}")
    def run(run: str) -> dict[str, Any]:
        return service.run(run)

    @router.post("/runs/{run}/cancel")
    def cancel(run: str) -> dict[str, Any]:
        service.cancel(run)
        return service.run(run)

    @router.get("/runs/{run}/log")
    def log(run: str, tail: Annotated[int, Query(ge=1, le=10_000)] = 200) -> dict[str, str]:
        return {"log": service.log(run, tail)}

    @router.get("/runs/{run}/events")
    def events(run: str, kind: str | None = None, after: int = -1) -> list[dict[str, Any]]:
        return service.events(run, kind, after)

    @router.get("/runs/{run}/latest")
    def latest(run: str, kind: str, key: str | None = None) -> dict[str, Any] | None:
        return service.latest(run, kind, key)

    @router.get("/runs/{run}/selections")
    def selections(run: str) -> list[dict[str, Any]]:
        return service.selections(run)

    @router.post("/runs/{run}/selections")
    def save_selection(run: str, selection: Selection) -> dict[str, Any]:
        return service.save_selection(run, selection.name, selection.rows, selection.view)

    @router.post("/runs/{run}/reports/{format}")
    async def keep_report(run: str, format: str, request: Request) -> dict[str, Any]:
        """Keep a report that was built elsewhere: its bytes are the request's body."""
        payload = bytearray()
        async for part in request.stream():
            payload += part
            if len(payload) > REPORT_BYTES:
                break
        return await run_in_threadpool(service.keep_report, run, format, bytes(payload))

    @router.post("/runs/{run}/exports")
    def keep_export(run: str, told: dict[str, Any]) -> None:
        service.keep_export(run, told)

    @router.post("/ask")
    def ask(question: dict[str, Any], timeout: Annotated[float, Query(gt=0, le=600)] = 60) -> dict[str, Any]:
        return service.ask(question, timeout)

    return router


def _record(service: Service) -> APIRouter:
    router = APIRouter(tags=["record"])

    @router.get("/catalogue")
    def catalogue() -> dict[str, Any]:
        return service.catalogue()

    @router.get("/artefacts/{sha256}.{kind}")
    def artefact(sha256: str, kind: str) -> FileResponse:
        try:
            path = service.artefacts.path(sha256, kind)
        except ValueError as error:
            raise BadInput(str(error)) from None
        if not path.is_file():
            raise NotFound(f"artefact: expected a stored file, found no {sha256}.{kind}")
        headers = {"Cache-Control": "private, max-age=31536000, immutable", "Content-Security-Policy": "sandbox"}
        return FileResponse(path, media_type=MEDIA[kind], headers=headers)

    @router.get("/ledger")
    def ledger(
        run: str | None = None,
        limit: Annotated[int, Query(ge=1, le=10_000)] = 200,
        offset: Annotated[int, Query(ge=0)] = 0,
    ) -> list[dict[str, Any]]:
        return service.ledger(run, limit, offset)

    @router.post("/verify")
    def verify() -> dict[str, Any]:
        return service.verify()

    return router
