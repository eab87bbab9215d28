"""One request and its answer: what of it came, in which time, and what every answer carries."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .policy import DATA, HEADERS

PAUSE, SLOWEST = 20.0, 100_000  # seconds between two parts of a body; bytes a second that it has to reach in all
START = 60.0  # seconds that any body has
LINGER, DRAINED = 1.0, 1 << 20  # seconds and bytes of a refused body that are thrown away, so that the answer is read


@dataclass
class Exchange:
    """`most`: bytes of the largest body. `taken`: what came of it; `whole`: all of it did. `broken`: the status and the
    line of why no more is taken."""

    scope: Scope
    receive: Receive
    send: Send
    policy: str = DATA
    most: int = 0
    taken: int = 0
    whole: bool = field(init=False)
    begun: bool = False
    broken: tuple[int, str] | None = None
    until: float = field(init=False)

    def __post_init__(self) -> None:
        headers = Headers(scope=self.scope)
        self.whole = "transfer-encoding" not in headers and headers.get("content-length", "0").strip("0") == ""
        self.until = 0.0

    async def run(self, app: ASGIApp) -> None:
        """Let `app` answer; where the body grew too large or too late, that is the answer instead."""
        self.until = time.monotonic() + START + self.most / SLOWEST
        try:
            await app(self.scope, self._hear, self._say)
        except Exception:
            if self.broken is None:
                raise
        if self.broken is not None and not self.begun:
            await self.refuse(*self.broken)

    async def refuse(self, status: int, line: str) -> None:
        self.broken = None
        await JSONResponse({"detail": line}, status, {"Cache-Control": "no-store"})(self.scope, self.receive, self._say)

    async def _hear(self) -> Message:
        """The next part of the body. What is too large or too late is told as an end of the connection."""
        if self.broken is not None:
            return {"type": "http.disconnect"}
        if self.whole:
            return await self.receive()
        try:
            async with asyncio.timeout(min(PAUSE, self.until - time.monotonic())):
                message = await self.receive()
        except TimeoutError:
            self.broken = (408, f"body: expected a part of it every {PAUSE:.0f} seconds, found none")
            return {"type": "http.disconnect"}
        self.taken += len(message.get("body", b""))
        self.whole = message["type"] != "http.request" or not message.get("more_body")
        if self.taken > self.most:
            self.broken = (413, f"body: expected at most {self.most:,} bytes, found more")
            return {"type": "http.disconnect"}
        return message

    async def _say(self, message: Message) -> None:
        if self.broken is not None and not self.begun:
            return  # the app's own end of it
        if message["type"] == "http.response.start":
            self.begun = True
            headers = MutableHeaders(raw=list(message.get("headers", [])))
            for name, value in (HEADERS | {"content-security-policy": self.policy}).items():
                headers.setdefault(name, value)
            if not self.whole:
                headers["connection"] = "close"
            message = {**message, "headers": headers.raw}
        elif not message.get("more_body") and not self.whole:
            await self.send({**message, "more_body": True})
            await self._drain()
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await self.send(message)

    async def _drain(self) -> None:
        """Throw away for a moment what still comes: a connection that is closed before loses its answer."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER):
                until = self.taken + DRAINED
                while not self.whole and self.taken < until:
                    message = await self.receive()
                    self.taken += len(message.get("body", b""))
                    self.whole = message["type"] != "http.request" or not message.get("more_body")
