"""`workbench serve`: one process, one port. Pages (Streamlit) and their data at /explorer, the HTTP API at /api,
the supervisor.

The service is opened before the server starts, so that a workspace that cannot be opened is one clear line and
not a half-started server. Nothing here imports torch: the server starts in seconds and holds no GPU memory.
"""

from __future__ import annotations

import socket
import threading
import tomllib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from backend.control.api import create_api
from backend.control.readonly import look
from backend.control.service import Service
from backend.workspace.layout import BadInput

from . import session
from .connecting import own

HERE = Path(__file__).resolve().parent
CONFIG = HERE.parent / ".streamlit" / "config.toml"


def check_port(host: str, port: int) -> None:
    """Raise BadInput when nothing can listen on (host, port)."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise BadInput(f"--port {port}: expected a free port on {host}, found {error.strerror}") from None


def serve(
    root: str | Path,
    host: str,
    port: int,
    ready: Callable[[Service], None] | None = None,
    read_only: bool = False,
) -> None:
    """Serve the workspace at `root` until interrupted. `ready` is called once, when the server is up.

    read_only: no supervisor, no checkpoints; every write is refused (backend/control/readonly.py).
    """
    import streamlit as st
    from starlette.middleware import Middleware
    from starlette.routing import Mount

    from .explorer.routes import explorer_routes
    from .files import SignedInAlone
    from .login import told, who
    from .signin import sign_in_routes
    from .uploading import Uploads

    check_port(host, port)
    service = look(root) if read_only else own(root, port, host)
    session.use(service, who)

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        threading.Thread(target=service.catalogue, name="catalogue", daemon=True).start()  # the first form needs it
        if ready:
            ready(service)
        yield

    try:
        routes = [Mount("/api", create_api(service)), explorer_routes(), *sign_in_routes()]
        guards = [Middleware(SignedInAlone), Middleware(Uploads)]
        app = st.App(HERE / "ui.py", lifespan=lifespan, routes=routes, middleware=guards, on_script_error=told)
        app.run(config=settings(host, port))
    finally:
        service.close()


def settings(host: str, port: int) -> dict[str, Any]:
    """Streamlit's options: the committed .streamlit/config.toml, whatever the working directory is."""
    tables = tomllib.loads(CONFIG.read_text()) if CONFIG.exists() else {}
    flat = {f"{table}.{key}": value for table, keys in tables.items() for key, value in keys.items()}
    return flat | {
        "server.address": host,
        "server.port": port,
        "server.headless": True,
        "logger.hideWelcomeMessage": True,
    }
