"""Under which names a server is asked for, and whose pages may ask: the Host and the Origin of a request.

A page of another site can lead its own name to this machine (DNS rebinding): its browser then takes the server for that
site's own. So a request must name the server as somebody here does. A page may ask only of the very server that it
came from: scheme, name and port of its Origin are those of the Host.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from backend.workspace.layout import BadInput
from backend.workspace.settings import Strict, table

HERE = ("localhost", "127.0.0.1", "[::1]")
EVERY = ("0.0.0.0", "::", "[::]")  # a --host that listens on all of the machine's addresses
HOST = re.compile(r"(?P<name>\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(:[0-9]{1,5})?")
NAME = re.compile(r"\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253}")
PLAIN = {"ws": "http", "wss": "https"}
FOREIGN = ("cross-site", "same-site")  # Sec-Fetch-Site of what another origin's page asks for


class ServeSettings(Strict):
    """[serve] of the settings."""

    hosts: list[str] = Field([], max_length=64, description="Names under which the server is reached, beside its own")
    proxies: list[str] = Field([], max_length=64, description="Addresses whose X-Forwarded-For and -Proto are believed")


def serve_settings(root: Path) -> ServeSettings:
    """Raises BadInput for what is no such table."""
    return table(root, "serve", ServeSettings)


class Refused(BadInput):
    """A request that no page and no person here makes: one line."""


class Names:
    """The names that a server answers to: those of this machine, `host` that it listens on, and what is allowed."""

    def __init__(self, host: str, allowed: Iterable[str] = ()):
        self._every = host in EVERY
        self._known = {*HERE, *map(checked_name, allowed)}
        if not self._every:
            self._known.add(checked_name(host))

    def check(self, scope: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        """Raises Refused for a request under another name, or of another server's page."""
        host = headers.get("host", "")
        if not self._ours(host, scope.get("server")):
            raise Refused(
                f"Host: expected localhost, 127.0.0.1, [::1], --host or a name that --allow-host allows, "
                f"found {host[:80]!r}"
            )
        origin, here = headers.get("origin"), f"{PLAIN.get(scope['scheme'], scope['scheme'])}://{host}"
        if origin is not None and origin != here:
            raise Refused(f"Origin: expected this server's own pages ({here}), found {origin[:80]!r}")
        if headers.get("sec-fetch-site") in FOREIGN and not _followed(scope, headers):
            raise Refused("request: expected one of this server's own pages, or a link to one, found another site's")

    def _ours(self, host: str, arrived: Any) -> bool:
        if not (found := HOST.fullmatch(host)):
            return False
        if found["name"] in self._known:
            return True
        address = _address(found["name"]) if self._every and arrived else None
        return address is not None and address == _address(arrived[0])


def checked_name(name: str) -> str:
    """A name or address as it stands in a Host. Raises BadInput."""
    given = str(name).strip().lower()
    given = f"[{given}]" if ":" in given and not given.startswith("[") else given
    if not NAME.fullmatch(given):
        raise BadInput(f"--allow-host: expected a name such as workbench.example.org, without a port, found {name!r}")
    return given


def _address(name: str) -> str | None:
    """An IP address in its one form; None for a name, which anybody can lead here."""
    try:
        found = ipaddress.ip_address(name.strip("[]").partition("%")[0])
    except ValueError:
        return None
    return str(getattr(found, "ipv4_mapped", None) or found)


def _followed(scope: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
    """Did a person follow a link to a page? Nothing of the other site's can read what comes."""
    goes = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return goes and scope.get("method") in ("GET", "HEAD")
