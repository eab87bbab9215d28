"""`client.trail`: the service's methods of this name over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...workspace.layout import BadInput, write_atomic
from .http import Http


class TrailClient:
    def __init__(self, client: Http):
        self._client = client

    def tree(self) -> dict[str, Any]:
        return self._client.get("/trail")

    def checkpoint(self) -> dict[str, Any] | None:
        return self._client.post("/trail/checkpoint")["checkpoint"]

    def verify(self, progress: Any = None, key: str | None = None) -> dict[str, Any]:
        return self._client.verify(key=key)

    def retention(self) -> dict[str, Any]:
        return self._client.get("/trail/retention")

    def redact(self, leaf: int, reason: str, actor: str = "local") -> dict[str, Any]:
        return self._client.post("/trail/redactions", {"leaf": int(leaf), "reason": reason})

    def rotate_key(self, actor: str = "local") -> dict[str, Any]:
        return self._client.post("/trail/key")

    def export(self, path: Path, progress: Any = None) -> dict[str, Any]:
        """Fetch the bundle into `path`, whole or not at all. Returns {path, bytes}."""
        payload = self._client.send("GET", "/trail/bundle").content
        try:
            write_atomic(Path(path), payload)
        except OSError as error:
            raise BadInput(f"-o {path}: expected a file that can be written, found {error.strerror}") from None
        return {"path": str(path), "bytes": len(payload)}
