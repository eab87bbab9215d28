"""Who calls, and whether they may: `needs(permission)` is the dependency that every route but /health declares."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from ..permissions import PERMISSIONS, Caller

BEARER = HTTPBearer(auto_error=False, description="a user's API token; in single-user mode WORKSPACE/token")
Given = Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]


def needs(permission: str) -> Depends:
    """A dependency that is the `Caller`. An unknown one gets status 401, one without the permission 403.

    @router.get("/datasets", dependencies=[needs("read")])
    def cancel(run: str, caller: Annotated[Caller, needs("cancel")]) -> ...: service.cancel(run, caller.name)
    """
    if permission not in PERMISSIONS:
        raise KeyError(permission)

    def allowed(request: Request, given: Given) -> Caller:
        caller = _caller(request, given)
        caller.must(permission)
        return caller

    allowed.permission = permission
    return Depends(allowed)


def _caller(request: Request, given: HTTPAuthorizationCredentials | None) -> Caller:
    people = request.app.state.service.people
    caller = people.by_token(given.credentials) if given else None
    if caller is None:
        whose = "a user of this workspace (WORKBENCH_TOKEN)" if people.accounts else "this workspace"
        raise HTTPException(401, f"expected 'Authorization: Bearer TOKEN' with a valid token of {whose}")
    return caller
