"""What a browser may do with an answer of the server: the Content-Security-Policy and its companions.

The strictest with which Streamlit, Plotly and the explorer's view work; each exception has its reason:

- script-src, the hashes: the one line of script in Streamlit's own page, and the two with which the gate leads to the
  sign-in; no other inline script runs, and no eval.
  blob: Streamlit mounts our own components (the map, the histograms) from one; nothing but a script can make it.
  'wasm-unsafe-eval': the numbers of Streamlit's protocol are computed in WebAssembly.
- style-src 'unsafe-inline': Streamlit, Plotly and the view write styles into the page.
- img-src data: blob:, media and fonts: pictures that a page carries in itself; Plotly draws a figure's print in a blob.
- worker-src blob:: what Streamlit starts beside the page.
- frame-src data:: the preview of a report, which has an origin of its own and, from here, this very policy.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), usb=(), payment=()",
}
DATA = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"  # no page at all


@cache
def hashes() -> str:
    """Of the inline scripts that may run, as a policy names them."""
    from streamlit.file_util import get_static_dir

    from ..frame.login import EXCHANGE, REDIRECT

    page = Path(get_static_dir(), "index.html").read_text(encoding="utf-8")
    return " ".join(named(script) for text in (page, REDIRECT, EXCHANGE) for script in SCRIPT.findall(text))


def named(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def pages(host: str, scheme: str) -> str:
    """The policy of the pages, for the server under the name `host` that a browser asked for."""
    socket = f"{'wss' if scheme == 'https' else 'ws'}://{host}"
    return (
        f"default-src 'self'; script-src 'self' blob: 'wasm-unsafe-eval' {hashes()}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' data: blob:; "
        f"connect-src 'self' {socket}; "
        "worker-src 'self' blob:; frame-src data:; object-src 'none'; base-uri 'self'; form-action 'self'; "
        "frame-ancestors 'none'"
    )
