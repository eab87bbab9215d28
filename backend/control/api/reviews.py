"""/reviews: what waits for a reviewer, how a thing stands, and decisions."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from ..people.permissions import Caller
from ..service import Service
from .access import needs
from .door import Door


class Ask(BaseModel):
    model_config = ConfigDict(extra="forbid")
    what: str
    note: str = ""


class Decision(BaseModel):
    """`seen`: the digest that /reviews/of gave when the reviewer looked; `password` opens their signing key."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    what: str
    decision: str
    reason: str = ""
    seen: str
    password: str | None = None


def router(service: Service) -> APIRouter:
    router = APIRouter(tags=["reviews"], route_class=Door)
    reviews = service.reviews

    @router.get("/reviews", dependencies=[needs("read")])
    def pending() -> list[dict[str, Any]]:
        return reviews.pending()

    @router.get("/reviews/of", dependencies=[needs("read")])
    def of(what: str) -> dict[str, Any]:
        return reviews.of(what)

    @router.post("/reviews")
    def ask(body: Ask, caller: Annotated[Caller, needs("ask")]) -> dict[str, Any]:
        return reviews.ask(body.what, body.note, caller)

    @router.post("/reviews/decisions")
    def decide(body: Decision, caller: Annotated[Caller, needs("review")]) -> dict[str, Any]:
        return reviews.decide(body.what, body.decision, body.reason, caller, body.password, body.seen)

    @router.get("/runs/{run}/reviews", dependencies=[needs("read")])
    def of_run(run: str) -> dict[str, Any]:
        """What blocks the state "signed", every decision, and the findings that need one."""
        run = service.run(run)["run"]
        return {
            "open": reviews.open_points(run),
            "approvals": reviews.approvals(run),
            "findings": reviews.findings(run),
        }

    return router
