"""Who calls, and whether they may: `needs(permission)` is the dependency that every route but /health declares.

The route itself (door.py) asks before it reads the request; the dependency hands on whom it found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from ..people.permissions import LOCAL, PERMISSIONS, Caller

BEARER = HTTPBearer(auto_error=False, description="a user's API token; in single-user mode WORKSPACE/token")
Given = Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]
SMALL = 64 << 10  # bytes of a body, where a route names no other bound


@dataclass(frozen=True)
class Limits:
    """What a route asks for: a permission, a body of at most `most` bytes, room in a pool (door.py), "" for none."""

    permission: str
    most: int
    pool: str


def needs(permission: str, most: int = SMALL, pool: str = "") -> Depends:
    """A dependency that is the `Caller`. An unknown one gets status 401, one without the permission 403.

    @router.get("/datasets", dependencies=[needs("read")])
    def cancel(run: str, caller: Annotated[Caller, needs("cancel")]) -> ...: service.cancel(run, caller.name)
    """
    if permission not in PERMISSIONS:
        raise KeyError(permission)

    async def allowed(request: Request, given: Given) -> Caller:  # `given`: for the description of the API
        return request.state.caller

    allowed.permission = permission
    allowed.limits = Limits(permission, most, pool)
    return Depends(allowed)


def caller_of(request: Request) -> Caller:
    """Whose token the request shows, or whose socket it came through (nearby.py). Raises HTTPException 401."""
    if getattr(request.app.state, "nearby", False):
        return LOCAL
    people = request.app.state.service.people
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    caller = people.by_token(token.strip()) if scheme.lower() == "bearer" and token.strip() else None
    if caller is None:
        whose = "a user of this workspace (WORKBENCH_TOKEN)" if people.accounts else "this workspace"
        raise HTTPException(401, f"expected 'Authorization: Bearer TOKEN' with a valid token of {whose}")
    return caller
