"""One turn of the sweeps that are under way, on the supervisor's thread: tell of the trial that ended, begin the next.

A trial and its run enter the ledger in one transaction, and so do the end of a trial and what is asked of its run. A
server that is killed between two of them has lost nothing: the next one finds the trial under way, or none.
"""

from __future__ import annotations

import sys
import traceback
from datetime import UTC, datetime
from typing import Any

from ....workspace import plain
from ....workspace.extras import need
from ....workspace.layout import BadInput
from ....workspace.visible import visible
from ...record import swept
from ...record.board import Run
from ...record.rows import AUTHENTIC, events_where
from ...record.store import Transaction
from ...record.swept import Sweep, Trial
from .. import runs
from ..states import ENDED
from . import plans, search
from .readings import error, label_free, readings
from .space import of_trial

ACTOR = "supervisor"
IN_A_ROW = 4  # trials that failed one after the other end a sweep
LONGEST = 3  # shares of a trial that it counts for at most: a machine that slept has not worked
WHY = "its score after {at} of its training was below the median of the trials that came as far before it"
SHARES = {1: "a quarter", 2: "half", 3: "three quarters"}


class Driver:
    def __init__(self, service: Any):
        self._service, self._store = service, service.store
        self._seen: dict[str, int] = {}  # run -> readings that were judged already

    def turn(self) -> None:
        for sweep in self._store.board.sweeps(swept.RUNNING):
            try:
                need("sweep", "a sweep")
                self._turn(sweep)
            except BadInput as problem:
                self._end(sweep.sweep, swept.FAILED, str(problem))
            except Exception as problem:  # the runs beside it must not be left without a supervisor
                print(visible(traceback.format_exc(), lines=True), file=sys.stderr)
                self._end(sweep.sweep, swept.FAILED, f"{type(problem).__name__}: {problem}")

    def _turn(self, sweep: Sweep) -> None:
        plan, trial = sweep.plan, sweep.current
        if trial is not None:
            if not self._told(sweep, plan, trial):
                return
            sweep = self._store.board.sweep(sweep.sweep)
        if (reason := _failing(sweep)) is not None:
            self._end(sweep.sweep, swept.FAILED, reason)
        elif (reason := plans.over(plan, sweep)) is not None:
            self._end(sweep.sweep, swept.FINISHED, reason)
        else:
            self._begin(sweep, plan)

    def _told(self, sweep: Sweep, plan: dict[str, Any], trial: Trial) -> bool:
        """Tell of the trial where there is something to tell; returns whether it is over."""
        run = self._store.board.run(trial.run)
        over = run.state in ENDED
        read = readings(lambda kind: self._bodies(trial.run, kind), plan["measure"], plan["metric"])
        body = {"number": trial.number, "score": None, "readings": read, "reason": None}
        if over:
            body |= _ending(run, read)
        elif plan["prunes"] and read and len(read) > self._seen.get(trial.run, 0) and search.pruned(sweep, plan, read):
            body |= {"state": swept.PRUNED, "reason": WHY.format(at=SHARES[int(read[-1][0])])}
        else:
            self._seen[trial.run] = len(read)
            return False
        self._seen.pop(trial.run, None)
        body |= error(lambda kind: self._bodies(trial.run, kind), plan["measure"], plan["metric"])
        body["label_free"] = label_free(lambda kind: self._bodies(trial.run, kind))
        body["seconds"] = seconds(run, plan)
        self._store.write(lambda tx: tell(tx, sweep.sweep, trial, body))
        return True

    def _begin(self, sweep: Sweep, plan: dict[str, Any]) -> None:
        """Draw the next trial and queue its run."""
        number = len(sweep.trials)
        phase, params, seed = plans.following(plan, sweep)
        title = f"{plan['title'] or plan['dataset']}: trial {number + 1}"
        recipe = of_trial(plan["recipe"], params, title, plan["share"], seed)
        job = self._service._checked(recipe, sweep.actor) | {"sweep": {"sweep": sweep.sweep, "number": number}}
        run = runs.new_id("run")
        body = {"number": number, "run": run, "params": params, "phase": phase, "seed": seed}

        def add(tx: Transaction) -> None:
            now = tx.board.sweep(sweep.sweep)
            if now.state == swept.RUNNING and len(now.trials) == number:
                tx.log(swept.TRIAL, body, actor=ACTOR, run=sweep.sweep, key=str(number))
                runs.create(tx, run, "run", job["recipe"]["title"], job["dataset"]["name"], job, sweep.actor)

        self._store.write(add)

    def _end(self, name: str, state: str, reason: str) -> None:
        outcome = (plans.outcome if state == swept.FINISHED else plans.so_far)(self._store.board.sweep(name))
        self._store.write(lambda tx: end(tx, name, state, reason, ACTOR, outcome))

    def _bodies(self, run: str, kind: str) -> list[dict[str, Any]]:
        found = events_where(self._store.rows, f"run = ? AND kind = ? AND {AUTHENTIC}", [run, kind])
        return [event["body"] for event in found]


def tell(tx: Transaction, name: str, trial: Trial, body: dict[str, Any]) -> None:
    """Log how a trial ended, once; one that is ended early has its run asked to end."""
    now = tx.board.sweep(name)
    if now.state != swept.RUNNING or now.trials[trial.number].state != swept.RUNNING:
        return
    tx.log(swept.TOLD, body, actor=ACTOR, run=name, key=str(trial.number))
    if tx.board.run(trial.run).state not in ENDED:
        runs.ask_end(tx, trial.run, ACTOR, why=body["reason"])


def end(tx: Transaction, name: str, state: str, reason: str, actor: str, outcome: dict[str, Any]) -> None:
    """Log the end of a sweep, once; its trial under way ends with it."""
    now = tx.board.sweep(name)
    if now.state != swept.RUNNING:
        return
    if trial := now.current:
        run, why = tx.board.run(trial.run), "its sweep was ended"
        body = {
            "number": trial.number,
            "state": swept.CANCELLED,
            "score": None,
            "readings": [],
            "label_free": {},
        }
        tell(tx, name, trial, body | {"seconds": seconds(run, now.plan), "reason": why})
    body = {"state": state, "reason": plain.cleaned(reason)[:1_000], **outcome}
    tx.log(swept.ENDED, body, actor=actor, run=name)


def seconds(run: Run, plan: dict[str, Any]) -> float:
    """What a trial took of the sweep's time: from its start to its end, or to now; 0 of one that waits."""
    if run.started is None:
        return 0.0
    until = datetime.fromisoformat(run.ended) if run.ended else datetime.now(UTC)
    took = (until - datetime.fromisoformat(run.started)).total_seconds()
    return round(min(max(took, 0.0), LONGEST * (60 * plan["share"] + plans.OVERHEAD)), 3)


def _ending(run: Run, read: list[list[float]]) -> dict[str, Any]:
    """How the trial of an ended run came out."""
    if run.state == "succeeded" and read:
        return {"state": swept.COMPLETE, "score": read[-1][1]}
    if run.state == "cancelled":
        return {"state": swept.CANCELLED, "reason": run.reason}
    return {"state": swept.FAILED, "reason": run.reason or "the run logged no score"}


def _failing(sweep: Sweep) -> str | None:
    last = list(sweep.trials.values())[-IN_A_ROW:]
    if len(last) == IN_A_ROW and all(trial.state == swept.FAILED for trial in last):
        return f"{IN_A_ROW} trials failed one after the other, the last one: {last[-1].reason}"
    return None
