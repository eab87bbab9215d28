"""Sweeps as the leaves tell of them: what was asked for, which trials were drawn, what each of them came to.

A sweep has no table and no second database: `sweep.begun`, `sweep.trial`, `sweep.told` and `sweep.ended`
(docs/events.md) are all there is, so whoever opens the workspace next knows exactly how far it is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from ...audit.ledger.ledger import Leaf

BEGUN, TRIAL, TOLD, ENDED = "sweep.begun", "sweep.trial", "sweep.told", "sweep.ended"
KINDS = frozenset({BEGUN, TRIAL, TOLD, ENDED})
RUNNING, COMPLETE, PRUNED, FAILED, CANCELLED, FINISHED = (
    "running",
    "complete",
    "pruned",
    "failed",
    "cancelled",
    "finished",
)


@dataclass
class Trial:
    """One trial, which is a run. readings: [share of the training in `rungs`ths, score]; label_free: {name: value}."""

    number: int
    run: str
    params: dict[str, Any]
    phase: str  # "first" (nothing drawn: values of the recipe or of a task), "search" or "confirm"
    seed: int  # of its recipe
    state: str = RUNNING
    score: float | None = None
    readings: list[list[float]] = field(default_factory=list)
    label_free: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    reason: str | None = None
    rows: int | None = None  # validation rows that it was scored on
    error: float | None = None  # standard error of the score over them


@dataclass
class Sweep:
    """`asked`: the body of sweep.begun, as JSON; `outcome`: of sweep.ended."""

    sweep: str
    title: str
    dataset: str
    actor: str
    created: str
    leaf: int
    asked: str
    state: str = RUNNING
    reason: str | None = None
    ended: str | None = None
    outcome: dict[str, Any] = field(default_factory=dict)
    trials: dict[int, Trial] = field(default_factory=dict)

    @property
    def plan(self) -> dict[str, Any]:
        """The body of sweep.begun."""
        return json.loads(self.asked)

    @property
    def current(self) -> Trial | None:
        """The trial that has not been told of."""
        return next((trial for trial in self.trials.values() if trial.state == RUNNING), None)

    def copy(self) -> Sweep:
        return replace(self, trials={number: replace(trial) for number, trial in self.trials.items()})


def begun(leaf: Leaf, body: dict[str, Any]) -> Sweep:
    return Sweep(leaf.run, body["title"], body["dataset"], leaf.actor, leaf.time, leaf.leaf, json.dumps(body))


def follow(sweep: Sweep, leaf: Leaf, body: dict[str, Any]) -> None:
    """Follow one leaf. A number counts once, nothing after the end counts."""
    if sweep.state != RUNNING:
        return
    if leaf.kind == TRIAL and body["number"] == len(sweep.trials):
        sweep.trials[body["number"]] = Trial(**{key: body[key] for key in ("number", "run", "params", "phase", "seed")})
    elif leaf.kind == TOLD:
        trial = sweep.trials[body["number"]]
        if trial.state == RUNNING:
            names = ("state", "score", "readings", "label_free", "seconds", "reason")
            sweep.trials[body["number"]] = replace(
                trial, rows=body.get("rows"), error=body.get("error"), **{key: body[key] for key in names}
            )
    elif leaf.kind == ENDED:
        sweep.state, sweep.reason, sweep.ended = body["state"], body["reason"], leaf.time
        sweep.outcome = body
