"""`client.sweeps`: the service's methods of this name over HTTP. Who begins and cancels is whose token it is."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from .http import Http


class SweepsClient:
    def __init__(self, client: Http):
        self._client = client

    def begin(self, recipe: dict[str, Any], minutes: float, trials: int | None = None, purpose: str = "search") -> str:
        asked = {"recipe": recipe, "minutes": minutes, "trials": trials, "purpose": purpose}
        return self._client.post("/sweeps", asked)["sweep"]

    def listed(self) -> list[dict[str, Any]]:
        return self._client.get("/sweeps")

    def of(self, sweep: str) -> dict[str, Any]:
        return self._client.get(_of(sweep))

    def recipe(self, sweep: str, number: int) -> dict[str, Any]:
        return self._client.get(f"{_of(sweep)}/recipes/{int(number)}")

    def cancel(self, sweep: str) -> None:
        self._client.post(f"{_of(sweep)}/cancel")


def _of(sweep: str) -> str:
    return f"/sweeps/{quote(sweep, safe='')}"
