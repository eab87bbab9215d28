"""Before a request of the API is read: who calls, may they, how much may come, and is there room for the work.

A body is read up to the route's bound and no further, and a large one is parsed in a thread, a few at a time.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable
from functools import partial
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute

from ..pools import Pool
from .access import Limits, caller_of

LARGE = 64 << 10  # bytes: what is smaller is parsed where it was read
VALUES, NESTED, KEYS = 1_100_000, 200_000, 1_000  # commas, brackets and the outermost object's keys in one body


class Room:
    """The pools of one server."""

    def __init__(self) -> None:
        self.parsing = Pool("large requests", at_once=2, waiting=6, each=4)
        self.pools = {
            "heavy": Pool("long work", at_once=2, waiting=8, each=5),
            "ask": Pool("questions", at_once=4, waiting=8, each=8),
        }


class Bounded(Request):
    """A request of at most `most` bytes; `read` has its JSON parsed beside the event loop."""

    most = 0
    told: tuple[Any] | None = None

    async def stream(self) -> AsyncGenerator[bytes, None]:
        seen = 0
        async for part in super().stream():
            seen += len(part)
            if seen > self.most:
                raise too_large(self.most)
            yield part

    async def json(self) -> Any:
        return self.told[0] if self.told else await super().json()

    async def read(self, pool: Pool, whose: str) -> None:
        """Read and parse a body of JSON; another is left as it is, for the route to refuse."""
        if not self.headers.get("content-type", "").partition(";")[0].strip().lower().endswith("json"):
            return
        body = await self.body()
        if body:
            self.told = (await pool.run(partial(parsed, body), whose) if len(body) > LARGE else parsed(body),)


class Door(APIRoute):
    """A route that declares `needs(...)` once; without it, it cannot be made."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any):
        super().__init__(path, endpoint, **options)
        (self.limits,) = {found for d in self.dependant.dependencies if (found := getattr(d.call, "limits", None))}

    @property
    def most(self) -> int:
        """Bytes of the largest body: none for what only reads."""
        return 0 if self.methods <= {"GET", "HEAD"} else self.limits.most

    def get_route_handler(self) -> Callable:
        answer = super().get_route_handler()

        async def handle(request: Request) -> Response:
            caller = caller_of(request)
            caller.must(self.limits.permission)
            check_length(request, self.most)
            bounded, room = Bounded(request.scope, request.receive), request.app.state.room
            bounded.most, bounded.state.caller = self.most, caller
            if self.body_field:
                await bounded.read(room.parsing, caller.name)
            if not self.limits.pool:
                return await answer(bounded)
            async with room.pools[self.limits.pool].room(caller.name):
                return await answer(bounded)

        return handle


def check_length(request: Request, most: int) -> None:
    """Refuse by what the headers announce, before anything is read; what they do not say is counted as it comes."""
    said = request.headers.get("content-length", "0")
    if not (said.isascii() and said.isdigit()):
        raise HTTPException(400, "Content-Length: expected a number of bytes, found another")
    if len(said) > 18 or int(said) > most or (most == 0 and "transfer-encoding" in request.headers):
        raise too_large(most)


def too_large(most: int) -> HTTPException:
    return HTTPException(413, f"body: expected at most {most:,} bytes, found more")


def parsed(body: bytes) -> Any:
    """The JSON of a body whose values are few enough for the memory that they take. Raises HTTPException 400."""
    if body.count(b",") > VALUES or body.count(b"[") + body.count(b"{") > NESTED:
        raise HTTPException(400, f"body: expected at most {VALUES:,} values in {NESTED:,} lists and objects")
    try:
        found = json.loads(body)
    except RecursionError:
        raise HTTPException(400, "body: expected JSON that is nested less deeply") from None
    except ValueError as error:  # no JSON, no UTF-8, a number of thousands of digits
        raise HTTPException(400, f"body: expected JSON, found {str(error)[:120]!r}") from None
    if isinstance(found, dict) and len(found) > KEYS:
        raise HTTPException(400, f"body: expected at most {KEYS:,} keys, found {len(found):,}")
    return found


__all__ = ["Bounded", "Door", "Limits", "Room", "check_length", "parsed"]
