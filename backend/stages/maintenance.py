"""What are the models worth to who maintains the units? Alarms over time, failures found, lead time, remaining life.

Reads the sealed predictions of the study's models and the time of every test window. Of events: at the share of
windows that the recipe lets one look at (`decide.budget`), by a threshold that validation gave. Of a remaining life:
how far off it is over the whole life and at the last window of each unit. Intervals resample units. Event:
`maintenance.verdict` (docs/events.md).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ..engine.job import Job
from ..engine.seeds import derive
from ..modality.series.stored import Series
from ..statistics.maintenance import Lives
from ..statistics.remaining_life import figures
from ..statistics.unit_resampling import draws
from ..targets import target
from ._maintenance_measures import Watched, counts_down, curve, span_of
from ._study_design import Design
from ._study_store import CellStore, Fitted
from .decide import check_sealed, design_of, fractions_of

TITLE = "Alarms over time and remaining life"
KINDS = ("series",)
AFTER, NEEDS, NEEDS_LABELS = "decide", "study", True
STAGE, CLASSICAL, EVENT = "maintenance", "classical", 1


def run(job: Job) -> None:
    """Log the verdict with its curves; nothing where it was written before a restart."""
    if job.events.seen("maintenance.verdict", STAGE):
        return
    found = _measured(job)
    if isinstance(found, str):
        if not job.events.seen("stage.skipped", STAGE):
            job.events.append("stage.skipped", {"stage": STAGE, "reason": found}, key=STAGE)
        return
    body, rows = found
    saved = [job.artefacts.put_table("maintenance/curve", pa.Table.from_pylist(rows))] if rows else []
    job.events.append("maintenance.verdict", body, saved, key=STAGE, durable=True)


def _measured(job: Job) -> tuple[dict[str, Any], list[dict[str, Any]]] | str:
    """Body and curves; where there is nothing to measure, the reason in half a line."""
    read, judged = job.events.seen("study.test_read", "test"), job.events.seen("study.verdict", "study")
    if not (read and judged):
        return "the study has not read the test labels, so there is nothing to measure alarms by"
    if job.dataset.target == "class":
        return "the target is a class, which comes at no time: there is no failure to foresee"
    design = design_of(job)
    store = CellStore(job.folder.checkpoints / "study")
    truth = job.dataset.truth[design.test]
    check_sealed(design, store, truth, read["body"])
    known = target(design.target).known(truth)
    made = _Read(job, design, store, judged["body"], known, truth[known])
    return made.life() if design.target == "number" else made.events()


class _Read:
    """One study's models beside the times of its test windows. known: bool, test rows with a truth; truth: theirs."""

    def __init__(
        self, job: Job, design: Design, store: CellStore, judged: dict[str, Any], known: np.ndarray, truth: np.ndarray
    ):
        self.job, self.design, self.store, self.judged = job, design, store, judged
        self.known, self.truth, self.rows = known, truth, design.test[known]
        series = Series(job.artefacts, job.dataset.manifest)
        self.time_unit = series.told["time"]["unit"] or (job.dataset.manifest["target"] or {}).get("unit")
        self.span = series.told["stride"] * series.step
        names = ("group", "window_time", "window_last", "target")
        self.table: pd.DataFrame = job.dataset.columns(*names).iloc[self.rows]
        _, self.unit = np.unique(self.table["group"].to_numpy().astype(str), return_inverse=True)
        self.seed = derive(STAGE, job.recipe.seed)

    def events(self) -> tuple[dict[str, Any], list[dict[str, Any]]] | str:
        """Body and curves of alarms; a reason where there is nothing."""
        event = self.truth == EVENT
        if event.all() or not event.any():
            return "the test split has only windows of one kind"
        horizon, share = float(self.job.dataset.manifest["target"]["horizon"]), self.job.recipe.decide.budget
        left = self.table["target"].to_numpy(np.float64)
        lives = Lives(self.unit, self.table["window_time"].to_numpy(np.float64), left, event, horizon, self.span)
        watched = Watched(lives, span_of(self.time_unit), draws(lives.units, self.seed))
        table, rows = [], []
        for entry, fitted in self.models():
            models = [(one.val[:, EVENT], one.test[self.known][:, EVENT]) for one in fitted]
            right = np.mean([(one.test[self.known].argmax(1) == EVENT) == event for one in fitted], axis=0)
            counts = watched.counts(models, share)
            table.append({**entry, "accuracy": watched.accuracy(right), **watched.figures(counts)})
            rows += [{**entry, **row} for row in curve(watched, models)]
        body = {
            "kind": "event",
            "horizon": horizon,
            "per": watched.per,
            "share": share,
            "failures": int(counts[:, 2].sum()),
            "never": watched.accuracy((~event).astype(np.float64)),
            **self.shared(table),
        }
        return body, rows

    def life(self) -> tuple[dict[str, Any], list[dict[str, Any]]] | str:
        """Body of errors of a remaining life; a reason where the number is none."""
        time, unit = self.table["window_time"].to_numpy(np.float64), self.unit
        if not counts_down(unit, time, self.truth):
            return "the number is no remaining life: it does not fall as time passes"
        train = self.design.labels[self.design.train]
        cap = float(np.nanmax(train))
        last, table = self.table["window_last"].to_numpy(bool), []
        for entry, fitted in self.models():
            outputs = np.stack([one.test[self.known] for one in fitted])
            told = {"life": figures(self.truth, outputs, unit, cap, self.seed)}
            if last.any():
                told["last"] = figures(self.truth[last], outputs[:, last], unit[last], cap, self.seed)
            table.append({**entry, **told})
        return {"kind": "number", "cap": cap, "last": int(last.sum()), **self.shared(table)}, []

    def models(self) -> list[tuple[dict[str, Any], list[Fitted]]]:
        """(arm, method, fraction; the models of all subsets and pretrainings): of each arm the method that validation
        chose, of models without a network every one."""
        best = {(e["arm"], e["fraction"]): e["method"] for e in self.judged["table"] if e["best"]}
        found = []
        for fraction in fractions_of(self.design):
            for arm, methods in self.design.arms.items():
                for method in methods if arm == CLASSICAL else (best[arm, fraction],):
                    self.job.check_stop()
                    keys = dict.fromkeys(key for row in self.design.grid(arm, method, fraction) for key in row)
                    entry = {"arm": arm, "method": method, "fraction": fraction}
                    entry["best"] = method == best[arm, fraction]
                    found.append((entry, [self.store.get(key) for key in keys]))
        return found

    def shared(self, table: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "unit": self.time_unit,
            "windows": len(self.rows),
            "units": int(self.unit.max()) + 1,
            "headline_fraction": self.design.headline,
            "table": table,
            **self.design.described(),
        }
