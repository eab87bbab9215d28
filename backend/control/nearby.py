"""The owner of a workspace answers other commands of the same user over a local socket, until it is done.

The API is the server's own (api/), without tokens: a socket that only its user can open says who calls. It is imported
when somebody first calls, so a command that nobody disturbs does not pay for it.
"""

from __future__ import annotations

import os
import select
import socket
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..workspace.layout import Workspace

if TYPE_CHECKING:
    from .service import Service

LONGEST = 100  # bytes of a socket's path that every system takes
DRAIN = 5  # seconds that whoever is being answered has when the owner ends


class Nearby:
    def __init__(self, service: Service):
        self._service = service
        self._socket, self.path = listening(service.workspace)
        self._end, self._closed = os.pipe()
        self._server: Any = None
        self._over = threading.Event()
        self.wanted = threading.Event()  # a server waits for the workspace
        self._thread = threading.Thread(target=self._answer, name="nearby", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more callers and finish with those that are here."""
        self.path.unlink(missing_ok=True)
        if self.path.parent != self._service.workspace.root:
            self.path.parent.rmdir()
        self._over.set()
        os.close(self._closed)
        if self._server:
            self._server.should_exit = True
        self._thread.join()
        self._socket.close()
        os.close(self._end)

    def _answer(self) -> None:
        """Wait for the first caller, then serve."""
        called, _, _ = select.select([self._socket, self._end], [], [])
        if self._socket not in called:
            return
        import uvicorn

        options = {"log_level": "error", "access_log": False, "lifespan": "off", "timeout_graceful_shutdown": DRAIN}
        self._server = uvicorn.Server(uvicorn.Config(self._api(), **options))
        self._server.should_exit = self._over.is_set()
        self._server.run(sockets=[self._socket])

    def _api(self) -> Any:
        from .api import create_api

        api = create_api(self._service)
        api.state.nearby = True

        @api.post("/handover")
        def handover() -> None:
            """Let go of the workspace at the next chance: a server wants it."""
            self.wanted.set()

        return api


def listening(workspace: Workspace) -> tuple[socket.socket, Path]:
    """A socket that only this user can open, and its path: in the workspace where its name fits and sockets can be."""
    try:
        return _bound(workspace.root)
    except OSError:
        return _bound(Path(tempfile.mkdtemp(prefix="workbench-")))


def _bound(folder: Path) -> tuple[socket.socket, Path]:
    """Bound in a folder that nobody else enters, and moved when nobody else can open it."""
    if len(os.fsencode(folder)) + len("/.s-12345678/s") > LONGEST:
        raise OSError(f"{folder}: too long for a socket")
    listener, path = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), folder / "owner.sock"
    try:
        with tempfile.TemporaryDirectory(prefix=".s-", dir=folder) as private:
            listener.bind(f"{private}/s")
            os.chmod(f"{private}/s", 0o600)
            os.replace(f"{private}/s", path)
        listener.listen(64)
    except OSError:
        listener.close()
        raise
    return listener, path
