"""/sweeps: many short pretrainings of one recipe with other settings (backend/control/runs/sweeps)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from ..people.permissions import Caller
from ..service import Service
from .access import needs
from .door import Door
from .runs import RECIPE


class Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")
    recipe: dict[str, Any]
    minutes: float
    trials: int | None = None
    purpose: Literal["search", "advise"] = "search"


def router(service: Service) -> APIRouter:
    router = APIRouter(tags=["sweeps"], route_class=Door)

    @router.get("/sweeps", dependencies=[needs("read")])
    def listed() -> list[dict[str, Any]]:
        return service.sweeps.listed()

    @router.post("/sweeps")
    def begin(asked: Asked, caller: Annotated[Caller, needs("submit", RECIPE)]) -> dict[str, str]:
        told = (asked.recipe, asked.minutes, asked.trials, asked.purpose, caller.name)
        return {"sweep": service.sweeps.begin(*told)}

    @router.get("/sweeps/{sweep}", dependencies=[needs("read")])
    def of(sweep: str) -> dict[str, Any]:
        return service.sweeps.of(sweep)

    @router.get("/sweeps/{sweep}/recipes/{number}", dependencies=[needs("read")])
    def recipe(sweep: str, number: int) -> dict[str, Any]:
        """The recipe that was swept, with the values of a trial."""
        return service.sweeps.recipe(sweep, number)

    @router.post("/sweeps/{sweep}/cancel")
    def cancel(sweep: str, caller: Annotated[Caller, needs("cancel")]) -> dict[str, Any]:
        service.sweeps.cancel(sweep, caller.name)
        return service.sweeps.of(sweep)

    return router
