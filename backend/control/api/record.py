"""The catalogue, artefacts, the ledger and its verification."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse

from ..service import Service
from .access import needs
from .door import Door

MEDIA = {
    "safetensors": "application/octet-stream",
    "parquet": "application/vnd.apache.parquet",
    "json": "application/json",
    "html": "text/html",
    "md": "text/markdown",
    "png": "image/png",
}


def router(service: Service) -> APIRouter:
    router = APIRouter(tags=["record"], route_class=Door)

    @router.get("/catalogue", dependencies=[needs("read")])
    def catalogue() -> dict[str, Any]:
        return service.catalogue()

    @router.get("/artefacts/{sha256}.{kind}", dependencies=[needs("read")])
    def artefact(sha256: str, kind: str) -> FileResponse:
        path = service.file(sha256, kind)
        headers = {"Cache-Control": "private, max-age=31536000, immutable", "Content-Security-Policy": "sandbox"}
        return FileResponse(path, media_type=MEDIA[kind], headers=headers)

    @router.get("/ledger", dependencies=[needs("ledger")])
    def ledger(
        run: str | None = None,
        limit: Annotated[int, Query(ge=1, le=10_000)] = 200,
        offset: Annotated[int, Query(ge=0)] = 0,
    ) -> list[dict[str, Any]]:
        return service.ledger(run, limit, offset)

    @router.post("/verify", dependencies=[needs("verify", pool="heavy")])
    def verify(key: Annotated[str | None, Query(max_length=400)] = None) -> dict[str, Any]:
        """key: the ledger's public key as somebody was told it; another one is a finding."""
        return service.verify(key=key)

    return router
