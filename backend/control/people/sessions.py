"""Browser sessions: a random name in a cookie, known to this process alone.

Nothing is signed and nothing is stored: 256 random bits cannot be guessed, a session can be ended on the server, and a
restart of the server ends all of them. Only the digest of a name is kept, so that memory holds no cookie.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time

COOKIE = "workbench_session"
LASTS = 12 * 3600  # seconds from sign-in
MOST = 10_000


class Sessions:
    def __init__(self, clock=time.monotonic):
        self._clock, self._gate = clock, threading.Lock()
        self._open: dict[str, tuple[str, float]] = {}  # digest -> (user, end)
        self._heard: dict[str, float] = {}  # digest of a provider's word -> when it is forgotten

    def start(self, user: str) -> str:
        """A new session of `user`; returns what the cookie holds."""
        cookie, now = secrets.token_urlsafe(32), self._clock()
        with self._gate:
            self._open = {k: v for k, v in self._open.items() if v[1] > now}
            while len(self._open) >= MOST:
                self._open.pop(next(iter(self._open)))
            self._open[_digest(cookie)] = (user, now + LASTS)
        return cookie

    def once(self, word: str) -> bool:
        """Is an identity provider's word heard for the first time? It has to count for less than LASTS seconds."""
        name, now = _digest(word), self._clock()
        with self._gate:
            self._heard = {k: end for k, end in self._heard.items() if end > now}
            if name in self._heard:
                return False
            self._heard[name] = now + LASTS
            return True

    def user(self, cookie: str | None) -> str | None:
        """Whose session this is, or None when it is none (any more)."""
        found = self._open.get(_digest(cookie)) if cookie else None
        return found[0] if found and found[1] > self._clock() else None

    def end(self, cookie: str | None) -> None:
        with self._gate:
            self._open.pop(_digest(cookie or ""), None)

    def end_all(self, user: str) -> None:
        with self._gate:
            self._open = {k: v for k, v in self._open.items() if v[0] != user}


def _digest(cookie: str) -> str:
    return hashlib.sha256(cookie.encode("utf-8", "surrogatepass")).hexdigest()
