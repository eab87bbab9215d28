"""/people: who may use the workspace. People see and change their own account; administrators everybody's."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from ..people.permissions import PERMISSIONS, Caller, may_change
from ..service import Service
from .access import needs
from .door import Door


class New(BaseModel):
    """A user who signs in with `password`, or with `email` at the identity provider."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    name: str
    role: str
    admin: bool = False
    password: str | None = None
    email: str | None = None


class Role(BaseModel):
    """`admin` null: as it is."""

    model_config = ConfigDict(extra="forbid")
    role: str
    admin: bool | None = Field(None, strict=True)


class Days(BaseModel):
    model_config = ConfigDict(extra="forbid")
    days: int = Field(strict=True)


class Change(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    new: str
    old: str | None = None


def router(service: Service) -> APIRouter:
    router = APIRouter(tags=["people"], route_class=Door)
    people = service.people

    @router.get("/me")
    def me(caller: Annotated[Caller, needs("read")]) -> dict[str, Any]:
        """Who the token's owner is and what they may do."""
        allowed = [permission for permission in PERMISSIONS if caller.may(permission)]
        return {"name": caller.name, "role": caller.role, "admin": caller.admin, "may": allowed}

    @router.get("/people", dependencies=[needs("people")])
    def listed() -> list[dict[str, Any]]:
        return people.listed()

    @router.post("/people")
    def add(new: New, caller: Annotated[Caller, needs("people")]) -> dict[str, Any]:
        return people.add(**new.model_dump(), actor=caller.name)

    @router.post("/people/{name}/role")
    def role(name: str, body: Role, caller: Annotated[Caller, needs("people")]) -> dict[str, Any]:
        return people.role(name, body.role, body.admin, caller.name)

    @router.post("/people/{name}/disable")
    def disable(name: str, caller: Annotated[Caller, needs("people")]) -> None:
        people.disable(name, caller.name)

    @router.post("/people/{name}/tokens")
    def token(name: str, body: Days, caller: Annotated[Caller, needs("account")]) -> dict[str, Any]:
        """A new API token; it is told here and never again."""
        may_change(caller, name)
        return people.token(name, body.days, caller.name)

    @router.post("/people/{name}/tokens/{id}/revoke")
    def revoke(name: str, id: str, caller: Annotated[Caller, needs("account")]) -> None:
        may_change(caller, name)
        people.revoke(name, id, caller.name)

    @router.post("/people/{name}/password")
    def password(name: str, body: Change, caller: Annotated[Caller, needs("account")]) -> None:
        """Change the own password (`old` is needed); an administrator resets another's, which makes a new key."""
        may_change(caller, name)
        old = body.old or ("" if caller.name == name else None)
        people.password(name, body.new, old, caller.name, caller.session)

    return router
