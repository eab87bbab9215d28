"""How a notebook reaches a workspace: as the shell does, and a server elsewhere by its address."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from backend.workspace.layout import BadInput, given_path

from ..cli.connecting import AREAS, Reached

OFTEN = 0.5  # seconds between looks for a server that waits for this workspace


class Reaching:
    """Every method of the service, one call at a time, from any thread.

    A notebook lies idle for hours: where this process owns the workspace, a thread of its own lets go of it as soon as
    a server asks.
    """

    def __init__(self, where: str | Path, token: str | None, create: bool):
        self._lock, self._ended = threading.RLock(), threading.Event()
        remote = str(where).startswith(("http://", "https://"))
        self._service = elsewhere(str(where), token) if remote else here(where, token, create)
        self.name = str(where)
        if not remote:
            threading.Thread(target=self._give_way, name="make-way", daemon=True).start()
        atexit.register(self.close)

    @property
    def root(self) -> Path | None:
        """The folder of the workspace, None of a server elsewhere."""
        workspace = self._service.workspace
        return workspace and workspace.root

    def close(self) -> None:
        """Let go of the workspace; what runs goes on."""
        if not self._ended.is_set():
            self._ended.set()
            atexit.unregister(self.close)
            with self._lock:
                self._service.close()

    def __getattr__(self, name: str) -> Any:
        if name in AREAS:
            return _Area(self, name)
        found = getattr(self._service, name)
        return self._alone(lambda: getattr(self._service, name)) if callable(found) else found

    def _alone(self, method: Callable[[], Callable[..., Any]]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            with self._lock:
                if self._ended.is_set():
                    raise BadInput(f"workspace {self.name}: expected an open connection, found one that was closed")
                return method()(*args, **kwargs)

        return call

    def _give_way(self) -> None:
        while not self._ended.wait(OFTEN):
            with self._lock:
                if not self._ended.is_set():
                    self._service.make_way()


class _Area:
    def __init__(self, reaching: Reaching, name: str):
        self._reaching, self._name = reaching, name

    def __getattr__(self, name: str) -> Any:
        def method() -> Any:
            return getattr(getattr(self._reaching._service, self._name), name)

        return self._reaching._alone(method) if callable(method()) else method()


def here(where: str | Path, token: str | None, create: bool) -> Reached:
    """The workspace in a folder. Raises BadInput where there is none and none shall be made."""
    from backend.control.record.readonly import existing

    if token is not None:
        raise BadInput("token: expected none for a folder; set WORKBENCH_TOKEN, or name the server's address")
    root = given_path(where, "workspace")
    return Reached(root if create else existing(root).root)


def elsewhere(url: str, token: str | None) -> Any:
    """A server by its address. Raises BadInput where no workbench answers there."""
    from backend.control.client.client import Client

    client = Client.at(url, token)
    try:
        if not client.answers():
            raise BadInput(f"{url}: expected a workbench that answers, found none")
        client.datasets()  # whether the token will do
    except BaseException:
        client.close()
        raise
    return client
