"""What a service is made of. Each part is made at its first use and imports what it needs then, and no sooner.

A command that only looks (`workbench runs list`) so pays for the database and for nothing else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ..workspace.layout import BadInput, Workspace
from .record.store import Store
from .workspace_lock import Ownership

if TYPE_CHECKING:
    from ..audit.ledger.ledger import Leaf


class Part:
    """An attribute that `make` gives at its first use, once, however many threads ask at the same time."""

    def __init__(self, make: Callable[[Any], Any]):
        self.make, self.__doc__ = make, make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, service: Any, owner: type | None = None) -> Any:
        if service is None:
            return self
        with service._making:
            if self.name not in service.__dict__:
                service.__dict__[self.name] = self.make(service)
            return service.__dict__[self.name]


class Parts:
    def __init__(self, workspace: Workspace, store: Store, ownership: Ownership):
        self.workspace, self.store, self._ownership = workspace, store, ownership
        self._making, self._wrote = threading.RLock(), False
        self._signer, self._signing = None, threading.Lock()
        store.sealer, store.after_commit = lambda tree: self.signer.seal(tree), self._committed

    @property
    def read_only(self) -> bool:
        """Is the workspace open for reading alone (readonly.py)?"""
        return self.store.read_only

    def writable(self) -> None:
        """Raises ReadOnly."""
        if self.read_only:
            from .record.readonly import refuse

            refuse(self.workspace.root)

    def start(self) -> None:
        """Look after runs, checkpoints and witnesses from now on."""
        parts = (
            self.supervisor,
            self.trail,
            self.attestor,
            self._notices,
        )  # made before one starts: settings may be wrong
        for part in parts[:3]:
            part.start()
        self.uploads.tidy()

    def answer_nearby(self) -> None:
        """Answer other commands of this user from now on (nearby.py)."""
        self._ownership.announce(None, socket=str(self.nearby.path))

    def close(self) -> None:
        """Let go of the workspace. Workers go on; the next owner finds them again."""
        if not self.read_only and self.store.board.unsealed():
            self.supervisor.close()  # it seals the files of runs that have ended
        if self._wrote:
            with suppress(BadInput):  # what was wrong with the settings was said when they were asked for
                self.trail  # noqa: B018 - what was written by whoever did not start it is signed too
        for name in ("nearby", "supervisor", "_warm", "_looks", "trail", "attestor"):
            if name in self.__dict__:
                self.__dict__[name].close()
        self.store.close()
        self._ownership.close()

    def _committed(self, leaves: list[Leaf]) -> None:
        """On the writer's thread, until the trail is made and puts its own method in this one's place."""
        self._wrote = self._wrote or bool(leaves)
        if leaves:
            self.signer.committed(leaves)

    @property
    def signer(self) -> Any:
        """Made by the first commit, on the writer's thread: so it is no part, whose making may wait for a commit."""
        with self._signing:
            if self._signer is None:
                from ..audit.ledger.checkpoints import Checkpoints
                from ..audit.ledger.keys import LedgerKey
                from .record.signer import Signer

                root = self.workspace.root
                self._signer = Signer(self.store, root, Checkpoints(root), LedgerKey(root))
            return self._signer

    @Part
    def nearby(self) -> Any:
        from .nearby import Nearby

        return Nearby(self)

    @Part
    def artefacts(self) -> Any:
        from ..workspace.artefacts import Artefacts

        if self.read_only:
            from .record.readonly import KeptArtefacts as Artefacts

        return Artefacts(self.workspace.artefacts)

    @Part
    def _hashes(self) -> Any:
        from .content.hashes import Hashes

        return Hashes()

    @Part
    def _slots(self) -> list[str]:
        from .runs.devices import devices

        return devices()

    @Part
    def supervisor(self) -> Any:
        from .runs.launchers import launcher
        from .runs.supervisor import Supervisor

        return Supervisor(self.store, self.workspace, launcher(), self._slots, self._memory, self._every_turn)

    def _every_turn(self) -> None:
        """Drive the sweeps that are under way (without one nothing of them is made) and tell of runs that ended."""
        self._notices.turn()
        if self.store.board.sweeps("running"):
            self.sweeps.driver.turn()

    @Part
    def _notices(self) -> Any:
        from .runs.notices import Notices, notify_settings

        return Notices(self.store, notify_settings(self.workspace.root))

    @Part
    def sweeps(self) -> Any:
        from .runs.sweeps import Sweeps

        return Sweeps(self)

    @Part
    def machine(self) -> Any:
        from .runs.machine import Machine

        return Machine(self.store, self.workspace, self._slots, self._memory)

    @Part
    def labels(self) -> Any:
        from .runs.labels import Labels

        return Labels(self.store)

    @Part
    def results(self) -> Any:
        from .content.results import Results

        return Results(self.store)

    @Part
    def _memory(self) -> Any:
        from .runs.memory_limits import memory_limits

        return memory_limits(self.workspace.root)

    @Part
    def uploads(self) -> Any:
        from .content.handed import Handed

        return Handed(self.store, self.workspace)

    @Part
    def _looks(self) -> Any:
        from .content.looking import Looks

        return Looks(self._memory.of("look"))

    @Part
    def _warm(self) -> Any:
        from .runs.interactive_worker import Warm

        return Warm(self.store, self.workspace, self._slots[0])

    @Part
    def _stored(self) -> Any:
        from .content.stored import Stored

        return Stored(self.artefacts, self._hashes)

    @Part
    def _selections(self) -> Any:
        from .content.selections import Kept

        return Kept(self.store)

    @Part
    def trail(self) -> Any:
        """With its attestor: neither verifies or exports without the other."""
        from ..audit.witness.settings import record_settings
        from .record.attestor import Attestor
        from .record.trail import Trail

        trail = Trail(self.store, self.workspace, self.signer)
        Attestor(trail, record_settings(self.workspace.root))
        return trail

    @Part
    def attestor(self) -> Any:
        return self.trail.attestor

    @Part
    def people(self) -> Any:
        from .people.people import People

        return People(self.store, self.workspace)

    @Part
    def account(self) -> Any:
        from .people.account import Account

        return Account(self.people)

    @Part
    def reviews(self) -> Any:
        from .people.reviews import Reviews

        return Reviews(self.store, self.artefacts, self.people, lambda: self.trail.sign())

    @Part
    def dossiers(self) -> Any:
        from .record.dossiers import Dossiers

        return Dossiers(self)

    @Part
    def search(self) -> Any:
        from .record.search import Search

        return Search(self.store)
