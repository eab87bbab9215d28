"""Bounded room for work that costs much: so many at once, so many waiting, and one line for who comes after them.

What waits here holds no thread, so the rest of the server stays as quick as it was.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from anyio import CapacityLimiter, to_thread

from ..workspace.layout import BadInput


class Busy(BadInput):
    """No room now; the same later may find some."""


class Pool:
    """`at_once` are let in, `waiting` more may wait, of one person or address no more than `each` in all."""

    def __init__(self, what: str, at_once: int, waiting: int, each: int | None = None):
        self.what, self.at_once, self.most = what, at_once, at_once + waiting
        self.each = each or self.most
        self._room = asyncio.Semaphore(at_once)
        self._threads: CapacityLimiter | None = None
        self._there: Counter[str] = Counter()

    @asynccontextmanager
    async def room(self, whose: str = "") -> AsyncIterator[None]:
        """Wait for room and hold it. Raises Busy at once where too many wait already."""
        if self._there.total() >= self.most or self._there[whose] >= self.each:
            raise Busy(f"{self.what}: expected fewer at the same time, found {self._there.total()}; try again shortly")
        self._there[whose] += 1
        try:
            async with self._room:
                yield
        finally:
            self._there[whose] -= 1
            self._there += Counter()  # drops names with none

    async def run(self, work: Callable[[], Any], whose: str = "") -> Any:
        """`work()` in a thread of this pool's own, which are none of those that serve everything else."""
        async with self.room(whose):
            self._threads = self._threads or CapacityLimiter(self.at_once)
            return await to_thread.run_sync(work, limiter=self._threads)
