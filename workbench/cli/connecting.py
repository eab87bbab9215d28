"""How a command reaches a workspace: no command is refused because another one is at work.

    a server owns it            over HTTP, with a token
    another command owns it     over its local socket, which only this user can open
    nobody does                 this command owns it until it ends, and answers the others meanwhile

When an owner ends, whoever was asking it goes on with the next one, or as the next one. A command makes way for a
server: it lets go of the workspace and goes on as the server's client.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.workspace.layout import BadInput, Workspace

from .telling import tell

if TYPE_CHECKING:
    from backend.control.service import Service

PATIENCE = 60.0  # seconds for an owner that is starting or ending
STEP = 0.05
AREAS = ("people", "reviews", "trail", "dossiers", "sweeps", "labels", "results")  # of the service and of its client
TRIES = 5


class Reached:
    """The service of a workspace, wherever it is: every method of it, and of its areas."""

    def __init__(self, root: Path, looks: bool = False):
        self._root, self._looks = root, looks
        self._now = reach(root, looks)

    @property
    def owns(self) -> bool:
        """Is it this process that looks after the workspace?"""
        return hasattr(self._now, "store")

    def close(self) -> None:
        self._now.close()

    def __getattr__(self, name: str) -> Any:
        if name in AREAS:
            return Area(self, name)
        found = getattr(self._now, name)
        return self._asking(name) if callable(found) else found

    def _asking(self, *path: str) -> Callable[..., Any]:
        """The method at this path, asked of whoever owns the workspace at that time."""

        def ask(*args: Any, **kwargs: Any) -> Any:
            self.make_way()
            for left in reversed(range(TRIES)):
                found = self._now
                for name in path:
                    found = getattr(found, name)
                if self.owns:
                    return found(*args, **kwargs)
                from backend.control.client.http import Gone

                try:
                    return found(*args, **kwargs)
                except Gone as gone:
                    if not gone.again or not left:
                        raise
                self._now.close()
                self._now = reach(self._root, self._looks)
            raise AssertionError("unreachable")

        return ask

    def make_way(self) -> None:
        """Let go of the workspace where a server waits for it."""
        if not (self.owns and "nearby" in self._now.__dict__ and self._now.nearby.wanted.is_set()):
            return
        workspace = self._now.workspace
        self._now.close()
        _until(lambda: _other(workspace) is not None)
        self._now = reach(self._root, self._looks)


class Area:
    def __init__(self, reached: Reached, name: str):
        self._reached, self._name = reached, name

    def __getattr__(self, name: str) -> Any:
        found = getattr(getattr(self._reached._now, self._name), name)
        return self._reached._asking(self._name, name) if callable(found) else found


def reach(root: Path, looks: bool = False) -> Any:
    """A client of the workspace's owner, or a service that owns it from now on.

    looks: the command only reads, so what waits is not started; what runs is asked how far it is.
    """
    return _either(Workspace.open(root), lambda: _owning(root, looks))


def view(root: Path) -> Any:
    """A client of the workspace's owner, or a service that looks at the workspace and writes nothing."""
    from backend.control.record.readonly import existing, look

    return _either(existing(root), lambda: look(root))


def _either(workspace: Workspace, service: Callable[[], Service]) -> Any:
    """A client of the workspace's owner, or the `service` where there is no owner."""
    until = time.monotonic() + PATIENCE
    while True:
        found = _other(workspace)
        try:
            client = found and _client(workspace, found)
            if client:
                return client
            if found is None:
                return service()
        except BadInput as problem:
            if not _owned(problem) or time.monotonic() > until:
                raise
        if time.monotonic() > until:
            raise BadInput(
                f"workspace {workspace.root}: expected an answer of process {found['pid']}, which is at work on it, "
                f"found none within {PATIENCE:.0f} s"
            )
        time.sleep(STEP)


def own(root: Path, port: int, host: str) -> Service:
    """The service of a server, which other commands make way for. Raises BadInput where another server has it."""
    from backend.control.service import Service

    workspace, asked, said = Workspace.open(root), None, time.monotonic() + 2
    while True:
        try:
            return Service.open(root, port=port, host=host)
        except BadInput as problem:
            if not _owned(problem):
                raise
            found = _other(workspace)
            if found and found["port"]:
                where = f"http://{found['host']}:{found['port']}"
                raise BadInput(
                    f"workspace {workspace.root}: expected no other server, found process {found['pid']} on {where}"
                ) from None
        if found and found["pid"] != asked and _asked_to_make_way(workspace, found):
            asked = found["pid"]
        if time.monotonic() > said:
            who = f"process {found['pid']}" if found else "another process"
            tell(f"workbench: waiting for {who}, which is at work on {workspace.root}", err=True)
            said = float("inf")
        time.sleep(STEP)


def _owning(root: Path, looks: bool) -> Service:
    from backend.control.service import Service

    service = Service.open(root, start_supervisor=not looks)
    if looks:
        service.catch_up()
    else:
        service.answer_nearby()
    return service


def _client(workspace: Workspace, found: dict[str, Any]) -> Any:
    """A client of the owner, or None where it does not answer (yet)."""
    if not (found["port"] or found["socket"]):
        return None
    from backend.control.client.client import Client

    here = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1", "localhost": "127.0.0.1"}
    client = Client(workspace, found["port"], here.get(found["host"], found["host"]), found["socket"])
    if client.answers():
        return client
    client.close()
    return None


def _asked_to_make_way(workspace: Workspace, found: dict[str, Any]) -> bool:
    client = _client(workspace, found)
    if client is None:
        return False
    try:
        client.ask_to_make_way()
    except BadInput:
        return False
    finally:
        client.close()
    return True


def _other(workspace: Workspace) -> dict[str, Any] | None:
    """Which other process owns the workspace. Raises Owned where it is this one, which cannot wait for itself."""
    from backend.control.workspace_lock import Owned, owner

    found = owner(workspace)
    if found and found["pid"] == os.getpid():
        raise Owned(f"workspace {workspace.root}: expected to be its only user, found it open in this process")
    return found


def _owned(problem: BadInput) -> bool:
    from backend.control.workspace_lock import Owned

    return isinstance(problem, Owned)


def _until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not true() and time.monotonic() < until:
        time.sleep(STEP)
