"""The rows of the runs table: how a run is made, read, and moved from state to state.

    queued -> running -> succeeded | failed | cancelled | lost;    lost -> queued, three times, then failed

Functions of a `Transaction` write; functions of a `Store` read. Every change of state is a ledger event too.
"""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from typing import Any

from ..workspace.events import now
from ..workspace.layout import BadInput
from .states import ENDED
from .store import Store, Transaction

COLUMNS = "run, kind, title, dataset, actor, state, reason, attempt, created, started, ended, stage, job"


class NotFound(BadInput):
    """A run, data set or artefact that is not in this workspace."""


def new_id(kind: str) -> str:
    """A run's name: its kind, the moment in UTC, and four random digits."""
    return f"{kind}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def create(tx: Transaction, run: str, kind: str, title: str, dataset: str, job: dict[str, Any], actor: str) -> None:
    """Add a run, queued; `job` is what the worker will get, complete in itself."""
    values = [run, kind, title, dataset, actor, "queued", 0, now(), json.dumps(job), 0, 0]
    tx.execute(
        "INSERT INTO runs (run, kind, title, dataset, actor, state, attempt, created, job, read_offset, next_seq) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        values,
    )
    body = {"kind": kind, "title": title, "dataset": dataset, **{k: v for k, v in job.items() if k != "dataset"}}
    tx.log("run.submitted", body, actor=actor, run=run)


def move(
    tx: Transaction, run: str, state: str, reason: str | None = None, actor: str = "supervisor", **columns: Any
) -> None:
    """Set a run's state, and log that; the other columns are set with it. An ended run stays as it ended."""
    if tx.rows("SELECT state FROM runs WHERE run = ?", [run])[0]["state"] in ENDED:
        return
    columns |= {"state": state, "reason": reason}
    if state in ENDED:
        columns["ended"] = now()
    update(tx, run, **columns)
    tx.log("job.state", {"state": state, "reason": reason}, actor=actor, run=run)


def update(tx: Transaction, run: str, **columns: Any) -> None:
    settings = ", ".join(f"{name} = ?" for name in columns)
    tx.execute(f"UPDATE runs SET {settings} WHERE run = ?", [*columns.values(), run])


def in_states(store: Store, *states: str) -> list[dict[str, Any]]:
    """The runs in these states with every column, oldest first."""
    marks = ", ".join("?" for _ in states)
    rows = store.rows(f"SELECT * FROM runs WHERE state IN ({marks}) ORDER BY created, run", states)
    return [{**row, "job": json.loads(row["job"])} for row in rows]


def listed(store: Store, run: str | None = None) -> list[dict[str, Any]]:
    """Runs as the service shows them (without progress), newest first; all, or the one named."""
    where, values = ("WHERE run = ?", [run]) if run is not None else ("", [])
    rows = store.rows(f"SELECT {COLUMNS} FROM runs {where} ORDER BY created DESC, run DESC", values)
    for row in rows:
        job = json.loads(row.pop("job"))
        row["recipe"] = job.get("recipe") or job.get("spec") or {}
    return rows
