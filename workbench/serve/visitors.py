"""Websockets of who is not signed in: a few an address, small messages, not many of them.

A page that is opened before sign-in, or whose session has ended, is led to the sign-in over its websocket.
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.types import Message, Receive, Scope

from .names import Refused

ALL, EACH = 64, 8  # connections at the same time: of everybody, of one address
MESSAGES = 200  # over one connection
MOST = 64 << 10  # bytes of one message


class Visitors:
    def __init__(self) -> None:
        self._there: Counter[str] = Counter()

    @contextmanager
    def one(self, address: str) -> Iterator[Callable[[Receive], Receive]]:
        """Room for a connection; gives what counts its messages. Raises Refused where there is none."""
        if self._there.total() >= ALL or self._there[address] >= EACH:
            raise Refused("websocket: expected somebody who is signed in, found too many others")
        self._there[address] += 1
        try:
            yield counted
        finally:
            self._there[address] -= 1
            self._there += Counter()  # drops addresses with none


def counted(receive: Receive) -> Receive:
    """`receive`, for at most MESSAGES messages."""
    heard = 0

    async def hear() -> Message:
        nonlocal heard
        heard += 1
        if heard > MESSAGES:
            return {"type": "websocket.disconnect", "code": 1008}
        return await receive()

    return hear


def address_of(scope: Scope) -> str:
    """The client's address; of IPv6 the network that one client has to itself."""
    return network(scope["client"][0]) if scope.get("client") else ""


def network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    found = getattr(found, "ipv4_mapped", None) or found
    return str(found) if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))
