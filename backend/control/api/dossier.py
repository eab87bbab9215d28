"""/runs/RUN/dossier: the technical documentation of a run: its draft, people's texts, scenarios, versions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from ..people.permissions import Caller
from ..service import Service
from .access import needs
from .door import Door

TEXT = 512 << 10  # bytes: the longest text of a field, in any script
Version = Annotated[int, Query(ge=1, le=1_000_000)]


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: str
    scope: Literal["run", "workspace"] = "run"


def router(service: Service) -> APIRouter:
    router = APIRouter(tags=["dossier"], route_class=Door)
    dossiers = service.dossiers

    @router.get("/runs/{run}/dossier", dependencies=[needs("read", pool="heavy")])
    def document(run: str, as_of: str | None = None) -> dict[str, Any]:
        return dossiers.document(run, as_of)

    @router.get("/runs/{run}/dossier/proposals", dependencies=[needs("read", pool="heavy")])
    def proposals(run: str) -> list[dict[str, Any]]:
        return dossiers.proposals(run)

    @router.post("/runs/{run}/dossier/fields/{field}")
    def answer(run: str, field: str, told: Answer, caller: Annotated[Caller, needs("report", TEXT)]) -> dict[str, Any]:
        return dossiers.answer(run, field, told.text, caller, told.scope)

    @router.post("/runs/{run}/dossier/scenarios")
    def scenario(run: str, told: dict[str, Any], caller: Annotated[Caller, needs("report", TEXT)]) -> dict[str, Any]:
        return dossiers.scenario(run, told, caller)

    @router.post("/runs/{run}/dossier/versions")
    def build(run: str, caller: Annotated[Caller, needs("report", pool="heavy")]) -> dict[str, Any]:
        return dossiers.build(run, caller)

    @router.post("/runs/{run}/dossier/current")
    def current(run: str, caller: Annotated[Caller, needs("report", pool="heavy")]) -> dict[str, Any]:
        return dossiers.current(run, caller)

    @router.get("/runs/{run}/dossier/versions", dependencies=[needs("read")])
    def versions(run: str) -> list[dict[str, Any]]:
        return dossiers.versions(run)

    @router.get("/runs/{run}/dossier/version", dependencies=[needs("read", pool="heavy")])
    def version(run: str, number: Version | None = None) -> dict[str, Any]:
        return dossiers.version(run, number)

    @router.get("/runs/{run}/dossier/compare", dependencies=[needs("read", pool="heavy")])
    def compare(run: str, first: Version, second: Version) -> list[dict[str, Any]]:
        return dossiers.compare(run, first, second)

    return router
