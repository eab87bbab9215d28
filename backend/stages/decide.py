"""What are the models worth where few rows are positive and few can be looked at? Alerts, costs, calibration.

Reads the sealed predictions of the study's models, those of the method that validation chose for each arm, at the
fraction that the study's headline speaks of and at the one that is audited. Everything that is chosen is chosen on
validation: how probabilities are calibrated and at which score an alert is raised. The test labels are those that the
study has read once; their digest and that of the predictions must be the ones that it logged. Events: `decide.plan`,
what is asked, before any figure; `decide.verdict` (docs/events.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from ..engine.job import Job
from ..fairness._tested import positive_class
from ..statistics.calibration import METHODS, calibration_error, reliability
from ..statistics.costs import Costs
from ..statistics.decisions import ALPHA
from ..statistics.multiplicity import holm
from ..statistics.paired import crossed_mean
from ..targets import target
from ..workspace.layout import BadInput
from ._decide_measures import (
    MEASURES,
    ROWS,
    Asked,
    Scored,
    budget_rows,
    contrast,
    interval,
    measured,
    policy,
    threshold_rows,
)
from ._decide_models import Fleet, Fleets
from ._study_design import Design, make_design, sized
from ._study_store import CellStore
from .study import all_keys

TITLE = "Decisions and costs"
AFTER, NEEDS, NEEDS_LABELS = "study", "study", True
STAGE, OURS = "decide", "ssl"


def run(job: Job) -> None:
    """Log the plan, then the verdict with its curves; those already written before a restart are left out."""
    read, judged = job.events.seen("study.test_read", "test"), job.events.seen("study.verdict", "study")
    positive = positive_class(job.dataset.manifest) if job.dataset.classes else None
    if reason := _nothing(job, positive, bool(read and judged)):
        job.events.append("stage.skipped", {"stage": STAGE, "reason": reason}, key=STAGE)
        return
    design = design_of(job)
    asked = asked_of(job)
    job.events.append("decide.plan", plan(job, design, asked, positive), key="plan", durable=True)
    if job.events.seen("decide.verdict", STAGE):
        return
    store = CellStore(job.folder.checkpoints / "study")
    labels = job.dataset.truth[design.test]
    check_sealed(design, store, labels, read["body"])
    known = target(design.target).known(labels)
    event = labels[known] == positive
    if event.all() or not event.any():
        body = {"stage": STAGE, "reason": "the test split has only rows of one kind, positive or not"}
        job.events.append("stage.skipped", body, key=STAGE)
        return
    decided = Deciding(job, design, store, asked, positive, known, event)
    body, budgets, thresholds = decided.verdict(judged["body"])
    saved = [
        job.artefacts.put_table(f"decide/{name}", pa.Table.from_pylist(rows))
        for name, rows in (("budgets", budgets), ("thresholds", thresholds))
    ]
    job.events.append("decide.verdict", body, saved, key=STAGE, durable=True)


def _nothing(job: Job, positive: int | None, judged: bool) -> str:
    """Why there is nothing to decide, in half a line; empty where there is something."""
    if job.dataset.target == "number":
        return "the target is a number: there is no event to raise an alert for"
    if positive is None:
        return f"no class is named positive and there are not two of them but {len(job.dataset.classes)}"
    return "" if judged else "the study has not read the test labels, so there is nothing to measure decisions by"


def design_of(job: Job) -> Design:
    """The study's design, with as many label subsets as its plan counted where it made one."""
    design, planned = make_design(job.recipe, job.dataset), job.events.seen("study.plan", "study")
    return sized(design, job.dataset, planned["body"]["subsets"]) if planned else design


def asked_of(job: Job) -> Asked:
    told = job.recipe.decide
    return Asked(Costs(told.miss, told.false_alarm, told.inspection), told.budget, told.detection)


def fractions_of(design: Design) -> list[float]:
    """That of the headline first, then the audited one where it is another."""
    return list(dict.fromkeys((design.headline, design.audited_fraction)))


def plan(job: Job, design: Design, asked: Asked, positive: int) -> dict[str, Any]:
    """Body of `decide.plan`: what figures will be held to."""
    told = job.recipe.decide
    of_val = design.labels[design.val] == positive
    return {
        "costs": {"miss": told.miss, "false_alarm": told.false_alarm, "inspection": told.inspection},
        "unit": told.unit,
        "budget": told.budget,
        "detection": told.detection,
        "threshold": asked.costs.threshold,
        "label": job.dataset.manifest["label"],
        "positive": job.dataset.classes[positive],
        "fractions": fractions_of(design),
        "calibrations": list(METHODS),
        "validation": {"rows": len(of_val), "positive": int(of_val.sum())},
        **design.described(),
    }


def check_sealed(design: Design, store: CellStore, labels: np.ndarray, read: dict[str, Any]) -> None:
    """Raises BadInput where the labels or the predictions are not those that the study logged."""
    digest = hashlib.sha256(design.test.tobytes() + labels.tobytes()).hexdigest()
    sealed = hashlib.sha256()
    for key in all_keys(design):
        stored = store.get(key)
        if stored is None:
            raise BadInput(f"decide: expected the study's model {key} among the checkpoints of this run, found none")
        sealed.update(f"{key} {stored.digest}\n".encode())
    found = {"digest": digest, "predictions_digest": sealed.hexdigest()}
    for name, value in found.items():
        if read[name] != value:
            raise BadInput(
                f"decide: {name}: expected that of study.test_read ({read[name][:16]}…), found {value[:16]}…"
            )


class Deciding:
    """Makes the verdict of one run. event: bool of the known test rows."""

    def __init__(
        self,
        job: Job,
        design: Design,
        store: CellStore,
        asked: Asked,
        positive: int,
        known: np.ndarray,
        event: np.ndarray,
    ):
        self.job, self.design, self.store, self.asked, self.event = job, design, store, asked, event
        table = job.dataset.table
        groups = table["group"].to_numpy() if job.dataset.manifest.get("group") else None
        self.groups = None if groups is None else groups[design.test][known]
        self.fleets = Fleets(
            design.labels[design.val] == positive,
            None if groups is None else groups[design.val],
            known,
            positive,
            asked.budget,
            job.recipe.seed,
        )

    def verdict(self, judged: dict[str, Any]) -> tuple[dict[str, Any], list[dict], list[dict]]:
        """(body of `decide.verdict`, rows of `decide/budgets`, rows of `decide/thresholds`)"""
        best = {(e["arm"], e["fraction"]): e["method"] for e in judged["table"] if e["best"]}
        arms, fractions = list(self.design.arms), fractions_of(self.design)
        table, contrasts, budgets, thresholds = [], [], [], []
        steps = len(arms) * len(fractions)
        scored: dict[tuple[str, float], Scored] = {}
        for done, (fraction, arm) in enumerate((f, a) for f in fractions for a in arms):
            self.job.report(done, steps, "models", f"{arm} · at {fraction:.3g} of the labels")
            own = scored[arm, fraction] = self.scored(arm, best[arm, fraction], fraction)
            table.append(self.told(own))
            ours = scored[OURS, fraction]
            for against in (None,) if arm == OURS else (None, ours):
                # a rival's own curves, then ours less the rival's
                pair = (own, None) if against is None else (ours, own)
                budgets += self.watched(budget_rows(*pair))
                thresholds += self.watched(threshold_rows(*pair))
            if arm != OURS:
                contrasts.append(self.against(ours, own))
        judge(contrasts)
        body = {
            "positive": self.job.dataset.classes[self.fleets.positive],
            "headline_fraction": self.design.headline,
            "test": {"rows": len(self.event), "positive": int(self.event.sum())},
            "subset_seeds": judged["subset_seeds"],
            "pretrain_seeds": judged["pretrain_seeds"],
            "quick": judged["quick"],
            "grouped": self.groups is not None,
            "table": table,
            "contrasts": contrasts,
            "references": self.references(scored[OURS, fractions[0]]),
            **self.design.described(),
        }
        return body, budgets, thresholds

    def watched(self, rows: Iterator[dict]) -> Iterator[dict]:
        for row in rows:
            self.job.check_stop()
            yield row

    def scored(self, arm: str, method: str, fraction: float) -> Scored:
        """The arm's models, subsets x seeds."""
        grid = self.design.grid(arm, method, fraction)
        stored = [[(key, self.store.get(key)) for key in row] for row in grid]
        fleet = self.fleets.fleet(arm, method, fraction, stored, self.job.check_stop)
        return Scored(fleet, self.event, self.groups, self.asked)

    def told(self, scored: Scored) -> dict[str, Any]:
        """One entry of the table: an arm at a fraction."""
        fleet, costs = scored.fleet, self.asked.costs
        return {
            "arm": fleet.arm,
            "method": fleet.method,
            "fraction": fleet.fraction,
            "n_labels": self.design.counts()[f"{fleet.fraction:g}"],
            "models": len(fleet.models),
            "measures": measured(scored),
            "at_cost": policy(scored, scored.at_threshold(costs.threshold), {"calibrated": costs.threshold}),
            "at_budget": policy(scored, scored.at_budget_of_validation(), _spread(fleet.alert)),
            "calibration": self.calibration(fleet),
        }

    def calibration(self, fleet: Fleet) -> dict[str, Any]:
        """How far probabilities are off before and after, over all models; the curves of the first one."""
        both = {"before": fleet.raw, "after": fleet.right}
        first = {
            when: [
                {"predicted": one.predicted, "observed": one.observed.as_dict(), "rows": one.rows, "events": one.events}
                for one in reliability(values[0, 0], self.event, self.groups)
            ]
            for when, values in both.items()
        }
        errors = {when: calibration_error(values, self.event, self.groups) for when, values in both.items()}
        temperatures = [m.temperature for m in fleet.models if m.calibration == "temperature"]
        return {
            "chosen": fleet.calibrations,
            "brier": fleet.brier(),
            "temperature": _spread(np.array(temperatures)) if temperatures else None,
            **errors,
            "reliability": first,
        }

    def against(self, ours: Scored, theirs: Scored) -> dict[str, Any]:
        return {
            "fraction": ours.fleet.fraction,
            "against": theirs.fleet.arm,
            "method": ours.fleet.method,
            "against_method": theirs.fleet.method,
            "measures": contrast(ours, theirs),
        }

    def references(self, scored: Scored) -> dict[str, Any]:
        """The cost of a thousand rows where no row raises an alert, and where every row does."""
        costs, found = self.asked.costs, {}
        for name, threshold in (("never", np.inf), ("always", -np.inf)):
            y = ROWS * costs.of(scored.at_threshold(threshold))
            found[name] = interval(crossed_mean(y, single=ROWS * costs.most), 0.0)
        return found


def judge(contrasts: list[dict[str, Any]]) -> None:
    """Add `p_holm` and `decision` to every measure: Holm over the measures and fractions of each rival."""
    for rival in {c["against"] for c in contrasts}:
        family = [(name, c["measures"][name]) for c in contrasts if c["against"] == rival for name in MEASURES]
        for (name, told), p in zip(family, holm([told["p"] for _, told in family]), strict=True):
            better = (told["difference"]["value"] > 0) == MEASURES[name]
            decided = p is not None and p <= ALPHA
            told["p_holm"] = p
            told["decision"] = (
                "not enough data"
                if p is None
                else ("better" if better else "worse")
                if decided
                else "no difference shown"
            )


def _spread(values: np.ndarray) -> dict[str, float]:
    """The median of the models and the smallest and largest of them."""
    return {"median": float(np.median(values)), "least": float(values.min()), "most": float(values.max())}
