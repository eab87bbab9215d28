"""`client.people` and `client.reviews`: the service's methods of these names over HTTP."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from .http import Http


class PeopleClient:
    def __init__(self, client: Http):
        self._client = client

    def listed(self) -> list[dict[str, Any]]:
        return self._client.get("/people")

    def add(
        self,
        name: str,
        role: str,
        admin: bool = False,
        password: str | None = None,
        email: str | None = None,
        actor: str = "local",
    ) -> dict[str, Any]:
        body = {"name": name, "role": role, "admin": admin, "password": password, "email": email}
        return self._client.post("/people", body)

    def role(self, name: str, role: str, admin: bool | None = None, actor: str = "local") -> dict[str, Any]:
        return self._client.post(f"/people/{_part(name)}/role", {"role": role, "admin": admin})

    def disable(self, name: str, actor: str = "local") -> None:
        self._client.post(f"/people/{_part(name)}/disable")

    def token(self, name: str, days: int, actor: str = "local") -> dict[str, Any]:
        return self._client.post(f"/people/{_part(name)}/tokens", {"days": days})

    def revoke(self, name: str, id: str, actor: str = "local") -> None:
        self._client.post(f"/people/{_part(name)}/tokens/{_part(id)}/revoke")

    def password(self, name: str, new: str, old: str | None = None, actor: str = "local") -> None:
        self._client.post(f"/people/{_part(name)}/password", {"new": new, "old": old})


class ReviewsClient:
    """Without `caller`: who decides is whose token it is."""

    def __init__(self, client: Http):
        self._client = client

    def pending(self) -> list[dict[str, Any]]:
        return self._client.get("/reviews")

    def of(self, what: str) -> dict[str, Any]:
        return self._client.get("/reviews/of", what=what)

    def ask(self, what: str, note: str = "") -> dict[str, Any]:
        return self._client.post("/reviews", {"what": what, "note": note})

    def decide(
        self, what: str, decision: str, reason: str = "", password: str | None = None, seen: str | None = None
    ) -> dict[str, Any]:
        seen = seen or self.of(what)["seen"]
        body = {"what": what, "decision": decision, "reason": reason, "password": password, "seen": seen}
        return self._client.post("/reviews/decisions", body)

    def approvals(self, run: str) -> list[dict[str, Any]]:
        return self._client.get(f"/runs/{_part(run)}/reviews")["approvals"]

    def findings(self, run: str) -> list[str]:
        return self._client.get(f"/runs/{_part(run)}/reviews")["findings"]

    def open_points(self, run: str) -> list[str]:
        return self._client.get(f"/runs/{_part(run)}/reviews")["open"]


def _part(name: str) -> str:
    return quote(name, safe="")
