"""What the explorer's benchmark and browser test share: a lasso by the mouse, and what goes over the wire meanwhile."""

from __future__ import annotations

import math
import time
from typing import Any

from playwright.sync_api import Page

LIMIT = 300  # s that one measure may take
LASSO = 60  # movements of the pointer


class Wire:
    """What goes over the wire: requests for point data, and frames of the page's socket."""

    def __init__(self, page: Page):
        self.fetched: list[tuple[str, int]] = []
        self.sent: list[bytes] = []
        self.received = 0
        page.on("requestfinished", self._finished)
        page.on("websocket", self._opened)

    def _finished(self, request: Any) -> None:
        if "/explorer/" in request.url and "/view-" not in request.url:
            self.fetched.append((request.url, request.sizes()["responseBodySize"]))

    def _opened(self, socket: Any) -> None:
        socket.on("framesent", lambda frame: self.sent.append(_bytes(frame)))
        socket.on("framereceived", lambda frame: setattr(self, "received", self.received + len(_bytes(frame))))

    def clear(self) -> None:
        self.fetched, self.sent, self.received = [], [], 0

    def points(self) -> int:
        return sum(size for address, size in self.fetched if "/bytes/" in address)


def _bytes(frame: str | bytes) -> bytes:
    return frame.encode() if isinstance(frame, str) else frame


def lasso(page: Page, box: dict[str, float], radius: float, moves: int = LASSO) -> float:
    """Draw a lasso of so many movements around the middle of `box`; returns when the button was released (s of the
    clock). Raises TimeoutError when the movements take longer than LIMIT."""
    x, y, begun = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, time.time()
    for i in range(moves + 1):
        angle = 2 * math.pi * i / moves
        r = radius * (1 + 0.2 * math.sin(5 * angle))
        page.mouse.move(x + r * math.cos(angle), y + r * math.sin(angle))
        if i == 0:
            page.mouse.down()
        if time.time() - begun > LIMIT:
            raise TimeoutError(f"{i} of {moves} movements of a lasso took over {LIMIT} s")
    released = time.time()
    page.mouse.up()
    return released
