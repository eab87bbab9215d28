"""`service.account`: what a person sees and changes of their own account. Everybody else's is `service.people`."""

from __future__ import annotations

from typing import Any

from .people import People
from .permissions import Caller


class Account:
    def __init__(self, people: People):
        self._people = people

    def of(self, caller: Caller) -> dict[str, Any]:
        """As `people.listed` tells it, tokens included. Raises NotFound for who has no account."""
        self._people.person(caller.name)
        return next(person for person in self._people.listed() if person["name"] == caller.name)

    def token(self, days: int, caller: Caller) -> dict[str, Any]:
        """A new API token: {"token", "id", "expires"}; the token itself is told here and never again."""
        return self._people.token(caller.name, days, caller.name)

    def revoke(self, id: str, caller: Caller) -> None:
        """End one of the caller's tokens. Idempotent."""
        self._people.revoke(caller.name, id, caller.name)
