"""The service: all that pages, the API and the CLI can ask of a workspace or do in it. Imports no torch.

Whatever comes from outside is checked here: names, digests, rows, sizes. Wrong input is a BadInput, an unknown run,
data set or artefact a NotFound: one line each.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import targets
from ..workspace.heartbeat import read_heartbeat
from ..workspace.layout import BadInput, Workspace
from .content.rows import Rows
from .parts import Parts
from .people.permissions import LOCAL
from .record.rows import AUTHENTIC, events_where, text
from .record.store import Store, Transaction
from .runs import runs as run_rows
from .runs.interactive_worker import NotAnswered
from .runs.runs import NotFound
from .runs.states import ENDED
from .workspace_lock import Ownership

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from ..workspace.reach import Reach

__all__ = ["NotAnswered", "NotFound", "Service"]
PROGRESS = ("stage", "done", "total", "unit", "note", "eta_s")


class Service(Rows, Parts):
    @classmethod
    def open(
        cls, root: str | Path, start_supervisor: bool = True, port: int | None = None, host: str = "127.0.0.1"
    ) -> Service:
        """Become the owner of the workspace at `root`, which is made if it is missing.

        `port` on `host` is where this process answers for it. Raises Owned (a BadInput) when another process has the
        workspace and StoreDamaged when its database does not open.
        """
        workspace = Workspace.open(root)
        ownership = Ownership(workspace, port, host)
        try:
            store = Store(workspace.database)
        except BaseException:
            ownership.close()
            raise
        service = cls(workspace, store, ownership)
        try:
            if start_supervisor:
                service.start()
        except BaseException:  # such as settings that cannot be read
            service.close()
            raise
        if store.alarm:
            print(store.alarm, file=sys.stderr, flush=True)
        return service

    def catch_up(self) -> None:
        """Take in what the workers have said, once; start nothing."""
        if run_rows.in_states(self.store, "queued", "running", "lost"):
            self.supervisor.look()

    # Data

    def datasets(self) -> list[dict[str, Any]]:
        """The manifests of the registered data sets, oldest first."""
        return self.store.board.datasets()

    def dataset(self, name: str) -> dict[str, Any]:
        found = next((d for d in self.datasets() if d["name"] == name), None)
        if found is None:
            known = ", ".join(d["name"] for d in self.datasets()) or "none yet"
            raise NotFound(f"data set: expected a registered one ({known}), found {str(name)[:80]!r}")
        return found

    def sheet(self, name: str) -> dict[str, Any]:
        return self.document(self.dataset(name)["sheet"]["sha256"])

    def add_data(self, spec: dict[str, Any], actor: str = "local") -> str:
        """Queue the registration of a data set; returns the run id of the data job."""
        from .runs.specs import data_places, data_spec, parent_of

        reach = self._reach(actor)
        spec = data_spec(spec, reach)
        spec |= parent_of(spec, self.dataset)
        job, name = {"spec": spec}, spec["name"]
        if reach:
            job["reach"] = reach.told(data_places(spec))
        run = run_rows.new_id("data")

        def add(tx: Transaction) -> None:
            if any(known["name"] == name for known in tx.board.datasets()):
                raise BadInput(f"name: expected a name that is free, found {name!r}, which is registered")
            if any(one.kind == "data" and one.dataset == name for one in tx.board.runs("queued", "running")):
                raise BadInput(f"name: expected a name that is free, found {name!r}, which is being registered")
            run_rows.create(tx, run, "data", f"Register {name}", name, job, actor)

        self.store.write(add)
        self.supervisor.wake()
        return run

    def preview(
        self, path: str, kind: str | None = None, told: dict[str, Any] | None = None, actor: str = "local"
    ) -> dict[str, Any]:
        """A first, bounded look at a source on this machine: its columns and some of their values (data/preview.py)."""
        from .runs.specs import data_places

        reach, more = self._reach(actor), {}
        if reach:
            more = {"reach": reach.told(data_places({"path": text(path)})), "workspace": str(self.workspace.root)}
        return self._looks.at(text(path), kind=kind, told=told or {}, **more)

    def _reach(self, actor: str) -> Reach | None:
        """What files may be read for somebody; None: whatever the system lets this process read."""
        from ..workspace.reach import Reach

        return None if actor == LOCAL.name or not self.people.accounts else Reach.of(self.workspace.root)

    def upload(self, name: str, payload: bytes) -> str:
        """Keep a file that a browser handed over; returns the path to register it by."""
        from ..data.uploads import keep

        self.writable()
        return str(keep(self.workspace.root, name, payload))

    # Runs

    def submit(self, recipe: dict[str, Any], actor: str = "local") -> str:
        """Check and queue a run; returns its id."""
        job, run = self._checked(recipe, actor), run_rows.new_id("run")
        told = (job["recipe"]["title"], job["dataset"]["name"], job, actor)
        self.store.write(lambda tx: run_rows.create(tx, run, "run", *told))
        self.supervisor.wake()
        return run

    def _checked(self, recipe: dict[str, Any], actor: str) -> dict[str, Any]:
        """The job of a run: {"recipe" (resolved), "dataset" (manifest)(, "reach")}. Raises BadInput."""
        from .runs.specs import check_recipe, resolve_for_data

        resolved, manifest = resolve_for_data(recipe, self.catalogue, self.dataset)
        columns = ["split", targets.declared(targets.type_of(manifest)).COLUMN]
        check_recipe(resolved, manifest, lambda: self.artefacts.table(manifest["table"]["sha256"], columns))
        job = {"recipe": resolved.model_dump(mode="json"), "dataset": manifest}
        if reach := self._reach(actor):
            from ..recipe import places

            job["reach"] = reach.told(places(resolved, self.catalogue()))
        return job

    def cancel(self, run: str, actor: str = "local") -> None:
        """Ask for the end of a run: at once when it waits, else after a checkpoint and at most 20 s. Idempotent."""
        if self.run(run)["state"] in ENDED:
            return
        self.store.write(lambda tx: run_rows.ask_end(tx, run, actor))
        self.supervisor.wake()

    def resume(self, run: str, actor: str = "local") -> None:
        """Let a run that failed or was cancelled go on from its last checkpoint. Raises BadInput where it cannot."""
        name = self.run(run)["run"]
        self.supervisor.seal()  # what its worker left is noted before another one adds to it
        self.store.write(lambda tx: run_rows.ask_again(tx, name, actor))
        self.supervisor.wake()

    def wait(self, run: str, timeout: float | None = None) -> dict[str, Any]:
        """The run once it has ended, or as it is when `timeout` seconds have passed."""
        until = time.monotonic() + (float("inf") if timeout is None else timeout)
        while (found := self.run(run))["state"] not in ENDED and time.monotonic() < until:
            time.sleep(0.1)
        return found

    def runs(self) -> list[dict[str, Any]]:
        """All runs, newest first."""
        return [self._with_progress(row) for row in run_rows.listed(self.store)]

    def run(self, run: str) -> dict[str, Any]:
        return self._with_progress(run_rows.one(self.store, run))

    def log(self, run: str, tail: int = 200) -> str:
        """The last lines of what the worker printed. Raises BadInput where that was changed after the run's end."""
        from .runs.launchers.local import tail_of

        found = self.store.board.run(self.run(run)["run"])
        path = self.workspace.run(found.run).log
        if found.files is not None and self._hashes.of(path) != found.files.get(path.name, {}).get("sha256"):
            what = "another" if path.exists() else "none"
            raise BadInput(f"log of {found.run}: expected what was there when its worker was gone, found {what}")
        return tail_of(path, max(1, min(int(tail), 10_000)))

    def events(self, run: str, kind: str | None = None, after: int = -1) -> list[dict[str, Any]]:
        """The run's events in order, those of one kind, and those after leaf number `after`."""
        where, values = ("AND kind = ?", [text(kind)]) if kind is not None else ("", [])
        after = max(-1, min(int(after), 2**62))
        of = f"run = ? AND leaf > ? AND {AUTHENTIC} {where}"
        return events_where(self.store.rows, of, [text(run), after, *values])

    def latest(self, run: str, kind: str, key: str | None = None) -> dict[str, Any] | None:
        """The newest event of a kind (and key), or None."""
        where, values = ("AND key = ?", [text(key)]) if key is not None else ("", [])
        of, values = f"run = ? AND kind = ? AND {AUTHENTIC} {where}", [text(run), text(kind), *values]
        return next(iter(events_where(self.store.rows, of, values, "ORDER BY leaf DESC LIMIT 1")), None)

    def ask(self, question: dict[str, Any], timeout: float = 60, actor: str = "local") -> dict[str, Any]:
        """The warm worker's answer: {"id", "seconds", "result", "subjects"}. A data set may be given by its name.

        Raises BadInput with one line when the question is wrong, NotAnswered when no answer comes in time.
        """
        self.writable()
        if not isinstance(question, dict) or not isinstance(question.get("kind"), str):
            raise BadInput(f"question: expected an object with a kind, found {str(question)[:80]!r}")
        if isinstance(question.get("dataset"), str):
            question = {**question, "dataset": self.dataset(question["dataset"])}
        return self._warm.ask(question, min(float(timeout), 600.0), actor)

    # Selections

    def save_selection(
        self, run: str, name: str, rows: list[int], view: dict[str, Any], actor: str = "local"
    ) -> dict[str, Any]:
        """Keep a selection of data rows under a name, as its next version; the newest of a name counts."""
        from .content import selections
        from .runs.specs import Selection

        count = self.dataset(self.run(run)["dataset"])["count"]
        body = Selection.check(name, rows, view, count)
        return self.store.write(lambda tx: selections.keep(tx, run, body, actor))

    def selections(self, run: str) -> list[dict[str, Any]]:
        """The newest of each name: {"name", "version", "rows", "rows_sha256", "view", "run", "actor", "leaf"}."""
        return self._selections.of(text(run))

    # Artefacts

    def keep_report(self, run: str, format: str, payload: bytes, actor: str = "local") -> dict[str, Any]:
        """Store a report of `run` as an artefact and log that it was built; returns the artefact."""
        from .runs.specs import check_report

        found = self.run(run)["run"]
        check_report(format, payload)
        kept = self.artefacts.put_bytes(f"report/{format}", payload, format).as_dict()
        self.store.write(lambda tx: tx.log("report.built", {"format": format}, actor=actor, run=found, subjects=[kept]))
        return kept

    def keep_export(self, run: str, told: dict[str, Any], actor: str = "local") -> None:
        """Log that a model of `run` left as a folder; `told`: the body, as specs.Export has it."""
        from .runs.specs import check_export

        found, body = self.run(run)["run"], check_export(told)
        self.store.write(lambda tx: tx.log("export", body, actor=actor, run=found))

    def table(self, sha256: str, columns: list[str] | None = None) -> pa.Table:
        return self._stored.table(sha256, columns)

    def file(self, sha256: str, kind: str) -> Path:
        """Where a stored file lies, which has been hashed: what leaves is what its digest says."""
        return self._stored.path(sha256, kind, None)

    def payload(self, sha256: str, kind: str) -> bytes:
        """An artefact as it is stored, which has been hashed."""
        return self.file(sha256, kind).read_bytes()

    def document(self, sha256: str) -> Any:
        return self._stored.document(sha256)

    def array(self, sha256: str, key: str, rows: slice | list[int] | None = None) -> np.ndarray:
        """One array of a safetensors file, or only these rows of it (a slice, or numbers in any order)."""
        return self._stored.array(sha256, key, rows)

    # The record

    def catalogue(self) -> dict[str, Any]:
        from .runs.catalog import catalogue

        return catalogue()

    def ledger(self, run: str | None = None, limit: int = 200, offset: int = 0) -> list[dict[str, Any]]:
        """Leaves, newest first: {"leaf", "seq", "time", "actor", "kind", "run", "hash"}."""
        where, values = ("WHERE run = ?", [text(run)]) if run is not None else ("", [])
        sql = f"SELECT leaf, seq, time, actor, kind, run, hash FROM ledger {where} ORDER BY leaf DESC LIMIT ? OFFSET ?"
        found = self.store.rows(sql, [*values, max(0, min(int(limit), 10_000)), min(max(0, int(offset)), 2**62)])
        return [{**row, "hash": row["hash"].hex()} for row in found]

    def verify(self, progress: Callable[[int, int], None] | None = None, key: str | None = None) -> dict[str, Any]:
        """Recompute the ledger and all that is shown of it; `key`: the public key that must speak for it (trail.py)."""
        return self.trail.verify(progress, key)

    def _with_progress(self, row: dict[str, Any]) -> dict[str, Any]:
        beat = read_heartbeat(self.workspace.run(row["run"]).heartbeat) if row["state"] == "running" else None
        row["progress"] = {k: beat[k] for k in PROGRESS} if beat else None
        return row
