"""The service that this process's pages talk to, set once by the server (or by a test)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backend.control.service import Service

_service: Service | None = None


def use(service: Service) -> None:
    global _service
    _service = service


def service() -> Service:
    """Raises RuntimeError when no server owns this process."""
    if _service is None:
        raise RuntimeError("no workspace is open: start the workbench with `workbench serve`")
    return _service
