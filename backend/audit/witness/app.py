"""A witness over HTTP: POST /add-checkpoint (C2SP tlog-witness), a bounded body, and nothing else."""

from __future__ import annotations

import asyncio

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from .witness import PLAIN, Witness

LARGEST = 128 * 1024  # bytes of a request: 63 hashes and a checkpoint under many signatures fit many times over
PATIENCE = 10.0  # seconds for a whole request


def create_witness_app(witness: Witness) -> Starlette:
    async def add_checkpoint(request: Request) -> Response:
        body = b""
        try:
            async with asyncio.timeout(PATIENCE):
                async for piece in request.stream():
                    body += piece
                    if len(body) > LARGEST:
                        return Response(f"request: expected at most {LARGEST} bytes\n", 413, media_type=PLAIN)
        except (TimeoutError, ClientDisconnect):
            return Response(f"request: expected within {PATIENCE:.0f} s\n", 408, media_type=PLAIN)
        answer = await run_in_threadpool(witness.add_checkpoint, body)
        return Response(answer.body, answer.status, media_type=answer.media)

    return Starlette(routes=[Route("/add-checkpoint", add_checkpoint, methods=["POST"])])


def serve_witness(witness: Witness, host: str, port: int) -> None:
    """Serve until interrupted."""
    import uvicorn

    uvicorn.run(
        create_witness_app(witness),
        host=host,
        port=port,
        log_level="warning",
        limit_concurrency=64,
        server_header=False,
        h11_max_incomplete_event_size=16 * 1024,
    )
