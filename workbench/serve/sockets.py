"""The server's sockets: uvicorn with bounds on what a connection may cost before anybody is known.

Headers must come within HEADERS seconds and a connection beyond CONNECTIONS is closed at once, so that half requests
cannot use up the process's files. How large a message over a websocket may be is asked before the first one is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import h11
import uvicorn
from streamlit import config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

HEADERS = 15.0  # seconds for a request's first line and headers
CONNECTIONS = 500
LINES = 64 << 10  # bytes of a request's headers
PING = 30.0  # seconds between two signs of life of a websocket
ENDS = 10  # seconds that requests may take when the server ends


class Patient(H11Protocol):
    """HTTP whose headers have to come in time."""

    late: asyncio.TimerHandle | None = None
    messages: Callable[[Any], int]  # the largest message over the websocket that a scope asks for

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        if len(self.connections) > CONNECTIONS:
            transport.abort()
        else:
            self._await_headers()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self._await_headers()
        else:
            self._came()

    def connection_lost(self, exc: Exception | None) -> None:
        self._came()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        self._came()
        self.ws_protocol_class = partial(Measured, most=self.messages(self.scope))
        super().handle_websocket_upgrade(event)

    def _await_headers(self) -> None:
        self.late = self.late or self.loop.call_later(HEADERS, self.transport.abort)

    def _came(self) -> None:
        if self.late is not None:
            self.late.cancel()
            self.late = None


class Measured(WebSocketsSansIOProtocol):
    """A websocket whose messages have at most `most` bytes; what is longer closes it before it is in memory."""

    def __init__(self, *, most: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.conn.max_message_size = most


def listener(
    app: Any, host: str, port: int, messages: Callable[[Any], int], proxies: Sequence[str] = ()
) -> uvicorn.Server:
    """A server of `app`; `run()` serves until the process is interrupted.

    messages: bytes of the largest message over the websocket that an HTTP scope asks for. proxies: addresses whose
    X-Forwarded-For and -Proto are believed.
    """
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http=type("Http", (Patient,), {"messages": staticmethod(messages)}),
            ws=Measured,
            lifespan="on",
            h11_max_incomplete_event_size=LINES,
            ws_ping_interval=PING,
            ws_ping_timeout=PING,
            ws_per_message_deflate=False,  # a kilobyte would unpack to a megabyte
            proxy_headers=bool(proxies),
            forwarded_allow_ips=list(proxies),
            server_header=False,
            access_log=False,
            use_colors=False,
            timeout_graceful_shutdown=ENDS,
            ssl_certfile=config.get_option("server.sslCertFile"),
            ssl_keyfile=config.get_option("server.sslKeyFile"),
        )
    )
