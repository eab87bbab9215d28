"""What people say of runs and what runs came to, asked over HTTP."""

from __future__ import annotations

from typing import Any

from .http import Http


class LabelsClient:
    def __init__(self, http: Http):
        self._http = http

    def set(self, run: str, actor: str = "local", **said: Any) -> dict[str, Any]:
        return self._http.post(f"/runs/{run}/labels", said)

    def notes(self) -> dict[str, str]:
        return self._http.get("/notes")


class ResultsClient:
    def __init__(self, http: Http):
        self._http = http

    def of_all(self) -> dict[str, dict[str, Any]]:
        return self._http.get("/results")
