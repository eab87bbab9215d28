"""Finding events in the ledger."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Query as Asked

from ..record.search import MOST, Query
from ..service import Service
from .access import needs
from .door import Door

Leaf = Annotated[int, Asked(ge=0, lt=2**62)]


def router(service: Service) -> APIRouter:
    router = APIRouter(tags=["record"], route_class=Door)

    @router.get("/search", dependencies=[needs("ledger", pool="heavy")])
    def search(
        text: str = "",
        run: str | None = None,
        actor: str | None = None,
        kind: str | None = None,
        since: str | None = None,
        until: str | None = None,
        limit: Annotated[int, Asked(ge=1, le=MOST)] = 200,
        offset: Leaf = 0,
    ) -> dict[str, Any]:
        return service.search.find(Query(text, run, actor, kind, since, until), limit, offset)

    @router.get("/search/proof", dependencies=[needs("ledger", pool="heavy")])
    def proof(leaf: Leaf) -> dict[str, Any]:
        """The event and its inclusion proof in the tree as it is now."""
        return {"event": service.search.event(leaf), "proof": service.search.inclusion(leaf)}

    return router
