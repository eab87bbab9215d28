"""Tickets: a page's right to look at something, carried by the address under which the browser fetches it.

A browser cannot add a header to every picture it loads, and the session of a page is not known to an HTTP route. So the
page, which has checked what its user may see, signs path, user and expiry (HMAC-SHA256, the key derived from the
workspace's token), and a route answers only to an address that it signed.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from urllib.parse import quote, urlencode

WINDOW = 6 * 3600  # seconds: an address stays the same for so long, so that a browser's cache finds it again
LOCAL = "local"  # the user of a workspace without accounts


class Refused(PermissionError):
    """The ticket is missing, forged, expired or another's: one line."""


def signed(path: str, token: str, user: str = LOCAL, now: float | None = None) -> str:
    """`path` with a ticket for `user` that is good for 6 to 12 hours."""
    until = (int(time.time() if now is None else now) // WINDOW + 2) * WINDOW
    return f"{quote(path)}?{urlencode({'user': user, 'until': until, 'ticket': _seal(path, user, until, token)})}"


def holder(path: str, query: Mapping[str, str], token: str, now: float | None = None) -> str:
    """The user whose ticket for `path` this is. Raises Refused."""
    user, until, ticket = (query.get(name, "") for name in ("user", "until", "ticket"))
    if not (until.isascii() and until.isdigit() and len(until) <= 12):
        raise Refused("ticket: expected an address that a page of this workspace made, found none")
    if not hmac.compare_digest(_seal(path, user, int(until), token).encode(), ticket.encode()):
        raise Refused("ticket: expected one for this address and user, found another")
    if int(until) <= (time.time() if now is None else now):
        raise Refused("ticket: expected one that is still good, found an expired one; reload the page")
    return user


def _seal(path: str, user: str, until: int, token: str) -> str:
    key = hmac.digest(token.encode(), b"explorer tickets", "sha256")
    # Each part with its length: no two different triples read the same.
    said = "".join(f"{len(part)}:{part}" for part in (path, user, str(until)))
    return hmac.new(key, said.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
