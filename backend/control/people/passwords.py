"""Passwords: Argon2id hashes (RFC 9106), keys derived from them, and guessing that becomes slow."""

from __future__ import annotations

import threading
import time
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type, hash_secret_raw

from ...workspace import plain
from ...workspace.layout import BadInput

HASHER = PasswordHasher()  # the library's defaults: 64 MiB, 3 passes (RFC 9106, section 4, the second choice)
DERIVED = {"time_cost": 3, "memory_cost": 65_536, "parallelism": 4, "hash_len": 32}
SHORTEST, LONGEST = 12, 256  # characters
FREE, SLOWEST = 4, 300.0  # attempts without a wait; seconds
# Of those who try. To be forgotten, somebody has to make so many attempts, each of which takes a hash: no gain in time.
REMEMBERED = 10_000
# Each takes 64 MiB. Who is not signed in waits for nobody who is, and the other way round.
STRANGERS, KNOWN = threading.Semaphore(2), threading.Semaphore(2)


class SignInRefused(BadInput):
    """Wrong name or password: which of them is not said."""


class TooManyAttempts(BadInput):
    """Who tries must wait before the next attempt."""


def check_password(password: str, name: str) -> str:
    """The password if it may be one. Raises BadInput, which never repeats it."""
    if not isinstance(password, str) or plain.fault(password):
        raise BadInput("password: expected a text, found what is none")
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadInput(f"password: expected {SHORTEST} to {LONGEST} characters, found another length")
    if name.casefold() in password.casefold() and len(password) < SHORTEST + len(name):
        raise BadInput("password: expected one that is not built on the name, found the name in it")
    return password


def hashed(password: str) -> str:
    with KNOWN:
        return HASHER.hash(password)


def matches(known: str | None, password: str, turn: threading.Semaphore = KNOWN) -> bool:
    """Does the password fit the hash? Without a hash it takes as long and is False."""
    with turn:
        nobodys = _nobody()  # made at the first attempt of anybody, so that no later one takes longer
        try:
            return HASHER.verify(known or nobodys, password.encode("utf-8", "surrogatepass")) and known is not None
        except (VerificationError, InvalidHashError):
            return False


def derive(password: str, salt: bytes) -> bytes:
    """A key of 32 bytes from a password (Argon2id)."""
    with KNOWN:
        return hash_secret_raw(password.encode("utf-8", "surrogatepass"), salt, type=Type.ID, **DERIVED)


@cache
def _nobody() -> str:
    return HASHER.hash("the password of nobody")


class Patience:
    """Makes guessing slow: after `FREE` failures who tries waits 1, 2, 4 ... seconds, at most `SLOWEST`.

    Who tries is a pair: the account, and from where (a client's address, or a session). So whoever guesses at an
    account from elsewhere slows down nobody but themselves.
    """

    def __init__(self, clock: Any = time.monotonic):
        self._clock, self._gate = clock, threading.Lock()
        self._failures: dict[tuple[str, str], tuple[int, float]] = {}  # who -> (failures in a row, not before)

    def ask(self, name: str, place: str = "") -> None:
        """Raises TooManyAttempts while who tries must wait. An attempt counts as failed until `forgive`."""
        who = (name, place)
        with self._gate:
            count, until = self._failures.pop(who, (0, 0.0))
            wait = until - self._clock()
            if wait <= 0:
                count += 1
                until = self._clock() + (min(2.0 ** (count - FREE), SLOWEST) if count >= FREE else 0.0)
            self._failures[who] = (count, until)
            while len(self._failures) > REMEMBERED:
                self._failures.pop(next(iter(self._failures)))
        if wait > 0:
            raise TooManyAttempts(f"sign-in: too many attempts, expected the next one in {wait:.0f} s or later")

    def forgive(self, name: str, place: str = "") -> None:
        with self._gate:
            self._failures.pop((name, place), None)
