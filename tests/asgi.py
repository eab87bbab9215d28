"""An HTTP client that says how much of a body a server took before it answered: requests straight into an ASGI app."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

BLOCK = 64 << 10


@dataclass
class Answer:
    """`taken`, `parts`: bytes and blocks that the app asked for, `before`: blocks before it answered. `headers`: by
    lower-case name."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    taken: int = 0
    parts: int = 0
    before: int = 0


async def ask(app: Any, method: str, path: str, headers: dict[str, str] | None = None, body: Any = b"", **scope: Any):
    """One request. `body`: bytes, sent with their length, or blocks without end, sent chunked."""
    sized = isinstance(body, bytes)
    given = {"host": "testserver", **(headers or {})}
    if sized and body:
        given.setdefault("content-length", str(len(body)))
    elif not sized:
        given["transfer-encoding"] = "chunked"
    blocks = iter((body[at : at + BLOCK] for at in range(0, len(body), BLOCK)) if sized else body)
    told = Answer()

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        block = next(blocks, None)
        told.parts += 1
        told.taken += len(block or b"")
        return {"type": "http.request", "body": block or b"", "more_body": block is not None}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            told.status, told.before = message["status"], told.parts
            told.headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in message["headers"]}
        elif message["type"] == "http.response.body":
            told.body += message.get("body", b"")

    whole = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path.partition("?")[0],
        "raw_path": path.partition("?")[0].encode(),
        "query_string": path.partition("?")[2].encode(),
        "root_path": "",
        "headers": [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in given.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
        **scope,
    }
    await app(whole, receive, send)
    return told


def asked(app: Any, method: str, path: str, headers: dict[str, str] | None = None, body: Any = b"", **scope: Any):
    """`ask`, where nothing else goes on."""
    return asyncio.run(ask(app, method, path, headers, body, **scope))


def endless(block: bytes = b" " * BLOCK) -> Iterable[bytes]:
    """A chunked body that never ends."""
    while True:
        yield block
