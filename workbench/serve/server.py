"""`workbench serve`: one process, one port. Pages (Streamlit) and their data at /explorer, the HTTP API at /api,
the supervisor.

The service is opened before the server starts, so that a workspace that cannot be opened is one clear line and
not a half-started server. Nothing here imports torch: the server starts in seconds and holds no GPU memory.
"""

from __future__ import annotations

import socket
import threading
import tomllib
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.requests import HTTPConnection

from backend.control.api import create_api
from backend.control.people.permissions import Caller
from backend.control.people.sessions import COOKIE
from backend.control.record.readonly import look
from backend.control.service import Service
from backend.workspace.layout import BadInput, given_path

from ..cli.connecting import own
from ..frame import session
from .guard import Guard
from .names import Names, serve_settings

HERE = Path(__file__).resolve().parents[1]
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
    allowed: Iterable[str] = (),
) -> None:
    """Serve the workspace at `root` until interrupted. `ready` is called once, when the server is up.

    read_only: no supervisor, no checkpoints; every write is refused (backend/control/record/readonly.py). allowed:
    names under which the server may be asked for, beside its own and those of [serve] in the settings.
    """
    from streamlit.web.bootstrap import load_config_options

    from ..frame.login import who
    from .sockets import listener

    check_port(host, port)
    told = serve_settings(given_path(root, "workspace"))
    names = Names(host, [*told.hosts, *allowed])
    service = look(root) if read_only else own(root, port, host)
    session.use(service, who)
    try:
        load_config_options(settings(host, port))
        guard = guarded(application(service, ready), names)
        listener(guard, host, port, guard.messages, told.proxies).run()
    finally:
        service.close()


def application(service: Service, ready: Callable[[Service], None] | None = None) -> Any:
    """Pages, API and the routes beside the pages, as one ASGI app."""
    import streamlit as st
    from starlette.middleware import Middleware
    from starlette.routing import Mount

    from ..explorer.routes import explorer_routes
    from ..frame.login import told
    from .signin import sign_in_routes
    from .uploading import Uploads

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        threading.Thread(target=service.catalogue, name="catalogue", daemon=True).start()  # the first form needs it
        if ready:
            ready(service)
        yield

    routes = [Mount("/api", create_api(service)), explorer_routes(), *sign_in_routes()]
    handed = [Middleware(Uploads)]
    return st.App(HERE / "ui.py", lifespan=lifespan, routes=routes, middleware=handed, on_script_error=told)


def guarded(app: Any, names: Names) -> Guard:
    """`app` behind the guard of workbench/serve."""
    import streamlit as st

    from .signin import whose

    def caller(connection: HTTPConnection) -> Caller | None:
        return whose(session.server().people, connection.cookies.get(COOKIE))

    return Guard(app, names, caller, st.get_option("server.baseUrlPath") or "")


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
