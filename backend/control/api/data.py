"""/datasets: registered data, their sheets, pictures and texts."""

from __future__ import annotations

import base64
from typing import Annotated, Any

from fastapi import APIRouter, Query

from ..people.permissions import Caller
from ..service import Service
from .access import needs
from .door import Door

SPEC = 256 << 10  # bytes: a thousand positive values are named


def router(service: Service) -> APIRouter:
    router = APIRouter(tags=["data"], route_class=Door)

    @router.get("/datasets", dependencies=[needs("read")])
    def datasets() -> list[dict[str, Any]]:
        return service.datasets()

    @router.post("/datasets")
    def add_data(spec: dict[str, Any], caller: Annotated[Caller, needs("register", SPEC)]) -> dict[str, str]:
        return {"run": service.add_data(spec, caller.name)}

    @router.get("/datasets/{name}", dependencies=[needs("read")])
    def dataset(name: str) -> dict[str, Any]:
        return service.dataset(name)

    @router.get("/datasets/{name}/sheet", dependencies=[needs("read")])
    def sheet(name: str) -> dict[str, Any]:
        return service.sheet(name)

    @router.get("/datasets/{name}/cells", dependencies=[needs("read", pool="heavy")])
    def cells(
        name: str, rows: Annotated[list[int], Query()], size: int | None = None, characters: int | None = None
    ) -> list[dict[str, Any]]:
        """Rows as their modality shows them: {"kind": "png" | "text" | "record", "body"}; PNG in base64."""
        return [
            {"kind": cell.kind, "body": base64.b64encode(cell.body).decode() if cell.kind == "png" else cell.body}
            for cell in service.cells(name, rows, size, characters)
        ]

    @router.get("/datasets/{name}/thumbnails", dependencies=[needs("read", pool="heavy")])
    def thumbnails(name: str, rows: Annotated[list[int], Query()], size: int | None = None) -> list[str]:
        """PNG images, base64."""
        return [base64.b64encode(png).decode() for png in service.thumbnails(name, rows, size)]

    @router.get("/datasets/{name}/texts", dependencies=[needs("read")])
    def texts(name: str, rows: Annotated[list[int], Query()]) -> list[str]:
        return service.texts(name, rows)

    return router
