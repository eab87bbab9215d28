"""Runs: how one is made, asked to end, and moved from state to state; how runs are listed.

    queued -> running -> succeeded | failed | cancelled | lost;    lost -> queued, three times, then failed
    failed | cancelled -> queued, when a person asks for it: it goes on from its checkpoint

Every change is a ledger event, and a run is what its events say (board.py). Beside them the table `processes` holds
what the supervisor needs to find the worker again: slot, handle, and how far its events were read.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from ...workspace import plain
from ...workspace.layout import BadInput
from ..record.board import AGAIN, ASKED, SEALED, STATE, SUBMITTED, Run
from ..record.rows import text
from ..record.sealing import FORM
from ..record.store import Store, Transaction
from .states import ENDED

SHOWN = (
    "run",
    "kind",
    "title",
    "dataset",
    "actor",
    "state",
    "reason",
    "attempt",
    "created",
    "started",
    "ended",
    "stage",
    "why",
    "seconds",
    "archived",
)


class NotFound(BadInput):
    """A run, data set or artefact that is not in this workspace."""


def new_id(kind: str) -> str:
    """A run's name: its kind, the moment in UTC, and four random digits."""
    return f"{kind}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def create(tx: Transaction, run: str, kind: str, title: str, dataset: str, job: dict[str, Any], actor: str) -> None:
    """Add a run, queued. `job` is what its worker will get; the manifest of a data set comes from that set's events."""
    body = {"kind": kind, "title": title, "dataset": dataset, "form": FORM}
    tx.log(SUBMITTED, {**body, **{k: v for k, v in job.items() if k != "dataset"}}, actor=actor, run=run)
    tx.execute("INSERT INTO processes VALUES (?, NULL, NULL, 0)", [run])


def ask_end(tx: Transaction, run: str, actor: str, why: str | None = None) -> None:
    """Note that somebody wants the run to end; the first one counts. why: of a sweep, whose trial the run is."""
    if not tx.board.run(run).asked:
        tx.log(ASKED, {"why": why} if why else {}, actor=actor, run=run)


def ask_again(tx: Transaction, run: str, actor: str) -> None:
    """Let a run that failed or was cancelled wait again. Raises BadInput for one that cannot go on."""
    found = tx.board.run(run)
    if found.state not in ("failed", "cancelled"):
        raise BadInput(f"run {run}: expected one that failed or was cancelled, found {found.state}")
    if not goes_on(found):
        what = "a trial of a sweep" if found.kind == "run" else f"a job of the kind {found.kind!r}"
        raise BadInput(f"run {run}: expected one that leaves checkpoints, found {what}")
    if found.files is None:
        raise BadInput(f"run {run}: expected one whose worker is gone, found it still ending; try again in a moment")
    tx.log(AGAIN, {}, actor=actor, run=run)


def goes_on(run: Run) -> bool:
    """Can a run go on from where it ended, if it ended badly? A sweep has counted its trials by then."""
    return run.kind == "run" and not json.loads(run.job).get("sweep")


def move(
    tx: Transaction, run: str, state: str, reason: str | None = None, actor: str = "supervisor", **columns: Any
) -> None:
    """Set a run's state; `columns` of its process are set with it. An ended run stays as it ended."""
    if tx.board.run(run).state in ENDED:
        return
    reason = reason and plain.cleaned(reason)[:1_000]  # it may quote what a worker printed
    tx.log(STATE, {"state": state, "reason": reason}, actor=actor, run=run)
    if columns:
        update(tx, run, **columns)


def seal(tx: Transaction, run: str, files: dict[str, Any]) -> None:
    """Note the digests of an ended run's files; the first ones count."""
    if tx.board.run(run).files is None:
        tx.log(SEALED, {"files": files}, actor="supervisor", run=run)


def update(tx: Transaction, run: str, **columns: Any) -> None:
    """Set columns of the run's process: slot, handle, read_offset."""
    settings = ", ".join(f"{name} = ?" for name in columns)
    tx.execute(f"UPDATE processes SET {settings} WHERE run = ?", [*columns.values(), run])


def in_states(store: Store, *states: str) -> list[dict[str, Any]]:
    """The runs in these states as the supervisor knows them, with slot and handle, oldest first."""
    return _with_places(store, store.board.runs(*states))


def unsealed(store: Store) -> list[dict[str, Any]]:
    """The ended runs whose files have not been sealed, likewise."""
    return _with_places(store, store.board.unsealed())


def _with_places(store: Store, found: list[Run]) -> list[dict[str, Any]]:
    if not found:
        return []
    marks = ", ".join("?" for _ in found)
    rows = store.rows(f"SELECT run, slot, handle FROM processes WHERE run IN ({marks})", [run.run for run in found])
    places = {row["run"]: row for row in rows}
    return [{**asdict(run), "slot": None, "handle": None, **places.get(run.run, {})} for run in found]


def job_of(store: Store, run: str) -> dict[str, Any]:
    """What the run's worker gets: what was asked for, and the manifest of the data set as it was registered."""
    found = store.board.run(run)
    job = json.loads(found.job)
    manifest = next((one for one in store.board.datasets() if one["name"] == found.dataset), None)
    return {**job, "dataset": manifest} if manifest and found.kind == "run" else job


def listed(store: Store, run: str | None = None) -> list[dict[str, Any]]:
    """Runs as the service shows them (without progress), newest first; all, or the one named."""
    if run is None:
        return [shown(found, store.board.modality(found.dataset)) for found in reversed(store.board.runs())]
    found = store.board.run(run)
    return [shown(found, store.board.modality(found.dataset))] if found else []


def one(store: Store, run: str) -> dict[str, Any]:
    """The run of that name, as `listed` shows it. Raises NotFound."""
    found = listed(store, text(run))
    if not found:
        raise NotFound(f"run: expected one of this workspace, found {str(run)[:80]!r}")
    return found[0]


def shown(run: Run, modality: str | None) -> dict[str, Any]:
    """modality: of the run's data set; None while that is not registered. `sweep` of what is shown: {"sweep", "number"}
    of a trial, else None; `why`: said by the sweep that ended it early; `seconds`: of its attempts that are over;
    `title`: what somebody called it since, else that of its recipe; `cancelling`: somebody asked for its end, which has
    not come."""
    job = json.loads(run.job)
    recipe = job.get("recipe") or job.get("spec") or {}
    return {
        **{name: getattr(run, name) for name in SHOWN},
        "title": run.called or run.title,
        "tags": list(run.tags),
        "resumable": run.state in ("failed", "cancelled") and goes_on(run),
        "cancelling": run.asked is not None and run.state not in ENDED,
        "recipe": recipe,
        "modality": modality,
        "sweep": job.get("sweep"),
    }
