"""/trail: the ledger as a whole. Its tree, checkpoints, bundle, erasure, retention and key."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.background import BackgroundTask

from ..people.permissions import Caller
from ..service import Service
from .access import needs
from .door import Door


class Redaction(BaseModel):
    model_config = ConfigDict(extra="forbid")
    leaf: int = Field(ge=0, le=2**53)
    reason: str = Field(min_length=1, max_length=500)


def router(service: Service) -> APIRouter:
    router = APIRouter(tags=["ledger"], route_class=Door)
    trail = service.trail

    @router.get("/trail", dependencies=[needs("verify")])
    def tree() -> dict[str, Any]:
        return trail.tree()

    @router.post("/trail/checkpoint", dependencies=[needs("export", pool="heavy")])
    def checkpoint() -> dict[str, Any]:
        return {"checkpoint": trail.checkpoint()}

    @router.get("/trail/retention", dependencies=[needs("ledger")])
    def retention() -> dict[str, Any]:
        return trail.retention()

    @router.post("/trail/redactions")
    def redact(redaction: Redaction, caller: Annotated[Caller, needs("redact")]) -> dict[str, Any]:
        return trail.redact(redaction.leaf, redaction.reason, caller.name)

    @router.post("/trail/key")
    def rotate_key(caller: Annotated[Caller, needs("key")]) -> dict[str, Any]:
        return trail.rotate_key(caller.name)

    @router.get("/trail/bundle", dependencies=[needs("export", pool="heavy")])
    def bundle() -> FileResponse:
        service.writable()
        folder = tempfile.TemporaryDirectory(dir=service.workspace.root, prefix=".bundle-")
        path = Path(folder.name) / "bundle.zip"
        try:
            trail.export(path)
        except BaseException:
            folder.cleanup()
            raise
        return FileResponse(
            path, media_type="application/zip", filename=path.name, background=BackgroundTask(folder.cleanup)
        )

    return router
