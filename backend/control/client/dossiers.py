"""`client.dossiers`: the service's methods of this name over HTTP. Who writes is whose token it is."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import quote

from .http import Http


class DossiersClient:
    def __init__(self, client: Http):
        self._client = client

    def document(self, run: str, as_of: str | date | None = None) -> dict[str, Any]:
        return self._client.get(_of(run), as_of=as_of and str(as_of))

    def proposals(self, run: str) -> list[dict[str, Any]]:
        return self._client.get(f"{_of(run)}/proposals")

    def answer(self, run: str, field: str, text: str, scope: str = "run") -> dict[str, Any]:
        return self._client.post(f"{_of(run)}/fields/{quote(field, safe='')}", {"text": text, "scope": scope})

    def scenario(self, run: str, told: dict[str, Any]) -> dict[str, Any]:
        return self._client.post(f"{_of(run)}/scenarios", told)

    def build(self, run: str) -> dict[str, Any]:
        return self._client.post(f"{_of(run)}/versions")

    def current(self, run: str) -> dict[str, Any]:
        return self._client.post(f"{_of(run)}/current")

    def versions(self, run: str) -> list[dict[str, Any]]:
        return self._client.get(f"{_of(run)}/versions")

    def version(self, run: str, version: int | None = None) -> dict[str, Any]:
        return self._client.get(f"{_of(run)}/version", number=version)

    def compare(self, run: str, first: int, second: int) -> list[dict[str, Any]]:
        return self._client.get(f"{_of(run)}/compare", first=first, second=second)


def _of(run: str) -> str:
    return f"/runs/{quote(run, safe='')}/dossier"
