"""/runs and /ask: runs, their events, what is kept of them, and questions to the warm worker."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, FailFast, Field

from ..people.permissions import Caller
from ..runs.specs import REPORT_BYTES
from ..service import Service
from .access import needs
from .door import Door

RECIPE, EXPORT = 256 << 10, 512 << 10  # bytes
SELECTION = 12 << 20  # a million rows and the view they were chosen in
QUESTION = 16 << 20  # a picture of 10 MB in base64, or a million rows of a slice


class Selection(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    rows: Annotated[list[int], FailFast(), Field(max_length=1_000_000)]
    view: dict[str, Any] = {}


class Said(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: str | None = None
    tags: Annotated[list[str], Field(max_length=100)] | None = None
    note: str | None = None
    archived: bool | None = None


def router(service: Service) -> APIRouter:
    router = APIRouter(tags=["runs"], route_class=Door)

    @router.get("/runs", dependencies=[needs("read")])
    def runs() -> list[dict[str, Any]]:
        return service.runs()

    @router.post("/runs")
    def submit(recipe: dict[str, Any], caller: Annotated[Caller, needs("submit", RECIPE)]) -> dict[str, str]:
        return {"run": service.submit(recipe, caller.name)}

    @router.get("/runs/{run}", dependencies=[needs("read")])
    def run(run: str) -> dict[str, Any]:
        return service.run(run)

    @router.post("/runs/{run}/cancel")
    def cancel(run: str, caller: Annotated[Caller, needs("cancel")]) -> dict[str, Any]:
        service.cancel(run, caller.name)
        return service.run(run)

    @router.post("/runs/{run}/resume")
    def resume(run: str, caller: Annotated[Caller, needs("submit")]) -> dict[str, Any]:
        """Let a run that failed or was cancelled go on from its last checkpoint."""
        service.resume(run, caller.name)
        return service.run(run)

    @router.post("/runs/{run}/labels")
    def label(run: str, said: Said, caller: Annotated[Caller, needs("label")]) -> dict[str, Any]:
        """Rename, tag, annotate or put away a run; what is left out stays as it was."""
        return service.labels.set(run, **said.model_dump(), actor=caller.name)

    @router.get("/notes", dependencies=[needs("read")])
    def notes() -> dict[str, str]:
        return service.labels.notes()

    @router.get("/results", dependencies=[needs("read")])
    def results() -> dict[str, dict[str, Any]]:
        """What every run came to: the headline of its study."""
        return service.results.of_all()

    @router.get("/runs/{run}/log", dependencies=[needs("read")])
    def log(run: str, tail: Annotated[int, Query(ge=1, le=10_000)] = 200) -> dict[str, str]:
        return {"log": service.log(run, tail)}

    @router.get("/runs/{run}/events", dependencies=[needs("read")])
    def events(run: str, kind: str | None = None, after: int = -1) -> list[dict[str, Any]]:
        return service.events(run, kind, after)

    @router.get("/runs/{run}/latest", dependencies=[needs("read")])
    def latest(run: str, kind: str, key: str | None = None) -> dict[str, Any] | None:
        return service.latest(run, kind, key)

    @router.get("/runs/{run}/selections", dependencies=[needs("read")])
    def selections(run: str) -> list[dict[str, Any]]:
        return service.selections(run)

    @router.post("/runs/{run}/selections")
    def save_selection(
        run: str, selection: Selection, caller: Annotated[Caller, needs("select", SELECTION)]
    ) -> dict[str, Any]:
        return service.save_selection(run, selection.name, selection.rows, selection.view, caller.name)

    @router.post("/runs/{run}/reports/{format}")
    async def keep_report(
        run: str, format: str, request: Request, caller: Annotated[Caller, needs("report", REPORT_BYTES, "heavy")]
    ) -> dict[str, Any]:
        """Keep a report that was built elsewhere: its bytes are the request's body."""
        payload = bytearray()
        async for part in request.stream():  # of at most REPORT_BYTES (door.py)
            payload += part
        return await run_in_threadpool(service.keep_report, run, format, payload, caller.name)

    @router.post("/runs/{run}/exports")
    def keep_export(run: str, told: dict[str, Any], caller: Annotated[Caller, needs("report", EXPORT)]) -> None:
        service.keep_export(run, told, caller.name)

    @router.post("/ask")
    def ask(
        question: dict[str, Any],
        caller: Annotated[Caller, needs("ask", QUESTION, "ask")],
        timeout: Annotated[float, Query(gt=0, le=600)] = 60,
    ) -> dict[str, Any]:
        return service.ask(question, timeout, caller.name)

    return router
