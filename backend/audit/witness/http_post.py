"""One POST to a witness or a timestamp authority: bounded in time and size, no redirects followed."""

from __future__ import annotations

import time
from dataclasses import dataclass

PATIENCE = {"timeout": 10, "connect": 5}  # seconds without a byte
LONGEST = 30.0  # seconds of a whole answer
LARGEST = 64 * 1024  # bytes of an answer; a token with its certificates takes about six thousand


class Unreachable(Exception):
    """No answer came. One line that says from whom and why; asking again later may help."""


@dataclass(frozen=True)
class Reply:
    status: int
    media: str
    body: bytes


def post(url: str, body: bytes, media: str) -> Reply:
    """Raises Unreachable when there is no answer, or one beyond the limits."""
    import httpx

    until = time.monotonic() + LONGEST
    try:
        with (
            httpx.Client(timeout=httpx.Timeout(**PATIENCE), follow_redirects=False) as client,
            client.stream("POST", url, content=body, headers={"Content-Type": media}) as response,
        ):
            received = b""
            for piece in response.iter_bytes():
                received += piece
                if len(received) > LARGEST:
                    raise Unreachable(f"{url}: expected at most {LARGEST} bytes, found more")
                if time.monotonic() > until:
                    raise Unreachable(f"{url}: expected a whole answer within {LONGEST:.0f} s")
            return Reply(response.status_code, response.headers.get("Content-Type", ""), received)
    except httpx.HTTPError as error:
        raise Unreachable(f"{url}: expected an answer, found {error or type(error).__name__}") from None


def one_line(text: str, most: int = 120) -> str:
    """What somebody else said, as one line that a terminal can show."""
    return "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))[:most]
