"""The service that this process's pages talk to, set once by the server (or by a test)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from backend.control.people.authorised import AuthorisedService
from backend.control.people.permissions import LOCAL, Caller

if TYPE_CHECKING:
    from backend.control.service import Service

_service: Service | None = None
_who: Callable[[], Caller | None] | None = None


def use(service: Service, who: Callable[[], Caller | None] | None = None) -> None:
    """`who` tells whoever looks at the page whose script is running; None outside of scripts."""
    global _service, _who
    _service, _who = service, who


def server() -> Service:
    """The service itself: for what checks its caller by its own means. Raises RuntimeError when there is none."""
    if _service is None:
        raise RuntimeError("no workspace is open: start the workbench with `workbench serve`")
    return _service


def service() -> Service:
    """The service as whoever looks at the page may use it; what they may not do raises Forbidden.

    HTTP routes, which run outside of scripts, get the service itself: they have checked a ticket or a token.
    """
    found, caller = server(), _who() if _who else None
    return found if caller in (None, LOCAL) else AuthorisedService(found, caller)
