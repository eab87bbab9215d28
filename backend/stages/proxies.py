"""Which columns stand in for a sensitive attribute, and how much of the audited gap do they carry?

Writes `proxies` (attribute; docs/events.md). Whether a column gives the attribute away is measured on training rows
(backend/fairness/_proxies.py). What a column carries is measured on the audited classifiers: on the labelled test rows
its values are replaced by those of training rows drawn at random, and the change of each gap has an interval that
resamples the test rows for both together. The classifier itself stays as it is; one trained without the column might
find the attribute elsewhere, which `together` warns of.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import torch

from ..encoders._table import Records
from ..engine.job import Job
from ..engine.seeds import derive
from ..engine.targets import of
from ..engine.weights import load_classifier
from ..fairness._contrast import Pairs, decide
from ..fairness._errors import Errors
from ..fairness._proxies import BOUND, MOST_ROWS, judge, told_apart
from ..fairness._tables import MISSING, Predictions
from ..fairness._targets import contrasted
from ..fairness._tested import predictions_of, units_of
from ..targets import target
from ._study_design import nearest
from .audit_bias import ARMS, Steps, sensitive_columns, settings_of
from .modality import data_module

TITLE = "Proxies"
AFTER, NEEDS, NEEDS_LABELS = "audit_bias", "study", True
STAGE = "proxies"
MOST = 6  # proxies that are replaced one by one, the strongest ones
SHOWN = 40  # columns that the event lists
CARRIED = {"ssl widens the gap": "carries", "ssl narrows the gap": "narrows"}


def run(job: Job) -> None:
    """Write the events; those already written before a restart are left out."""
    reason = nothing_to_do(job)
    if reason:
        job.events.append("stage.skipped", {"stage": STAGE, "reason": reason}, key=STAGE)
        return
    attributes = sensitive_columns(job)
    if all(job.events.seen("proxies", name) for name in attributes):
        return
    table = Table(job)
    steps = Steps(job, len(attributes) * (1 + len(table.arms)))
    bodies = {name: found for name in attributes if (found := given_away(table, name, steps)) is not None}
    judge(list(bodies.values()))
    tests = []
    for name, body in bodies.items():
        body["carried"] = carried(table, name, body, steps)
        tests += [one["metrics"] for one in body["carried"]]
    decide(tests)
    for name, body in bodies.items():
        job.events.append("proxies", finished(table, name, body), key=name)


def nothing_to_do(job: Job) -> str | None:
    if not isinstance(data_module(job).inputs, Records):
        return "proxies are columns that a model reads, and this data set has none"
    if not sensitive_columns(job):
        return "no sensitive attribute"
    return None


class Table:
    """The records of a job, its groups, and its audited classifiers."""

    def __init__(self, job: Job):
        self.job = job
        self.records: Records = data_module(job).inputs
        self.table = job.dataset.table
        self.train = job.dataset.rows("train")
        test = job.dataset.rows("test")
        self.test = test[target(job.dataset.target).known(job.dataset.truth[test])]

    @cached_property
    def arms(self) -> dict[str, str]:
        """{arm: SHA-256 of its audited classifier}"""
        recipe = self.job.recipe
        fraction = f"{nearest(recipe.finetune.fractions, recipe.fairness.fraction):g}"
        events = {arm: self.job.events.seen("classifier", f"{arm}/{fraction}") for arm in ARMS}
        return {arm: event["subjects"][0]["sha256"] for arm, event in events.items() if event}

    def values(self, rows: np.ndarray) -> np.ndarray:
        """float32 n x F"""
        return self.records[rows].to("cpu").values.numpy()

    def places(self, column: str) -> list[int]:
        return [place for place, one in enumerate(self.records.described) if one["column"] == column]

    def groups(self, attribute: str, rows: np.ndarray) -> np.ndarray:
        return self.table[attribute].to_numpy(str)[rows]

    def replaced(self, columns: Sequence[str]) -> np.ndarray:
        """The test rows, the features of these columns being those of drawn training rows, the same for all of them."""
        values = self.values(self.test).copy()
        rng = np.random.default_rng(derive("proxies", self.job.recipe.seed))
        drawn = self.values(np.sort(self.train[rng.integers(0, len(self.train), len(values))]))
        drawn = drawn[rng.permutation(len(drawn))]
        for column in columns:
            places = self.places(column)
            values[:, places] = drawn[:, places]
        return values

    @torch.no_grad()
    def said(self, sha256: str, values: np.ndarray) -> Predictions | Errors:
        """What a classifier predicts of these values of the test rows, as the audit reads it."""
        model = load_classifier(self.job.artefacts, sha256).to(self.job.torch_device)
        kind, truth, parts = target(self.job.dataset.target), self.job.dataset.truth[self.test], []
        for part in Records(values, self.records.described).split(4096):
            self.job.check_stop()
            answers = model(part.to(self.job.torch_device).input)
            parts.append(of(model.target).final(answers.double()).cpu().numpy())
        outputs = np.concatenate(parts)
        if self.job.dataset.target == "number":
            return Errors(truth, outputs[:, 0])
        return predictions_of(pd.DataFrame({kind.COLUMN: truth, **kind.columns(outputs)}), self.job.dataset.manifest)


def given_away(table: Table, attribute: str, steps: Steps) -> dict[str, Any] | None:
    """Of one attribute what `told_apart` gives, on training rows whose group is known and large enough."""
    job, recipe = table.job, table.job.recipe
    steps.next(f"columns that give {attribute} away")
    groups = table.groups(attribute, table.train)
    names, counts = np.unique(groups, return_counts=True)
    kept = [
        str(name) for name, n in zip(names, counts, strict=True) if n >= recipe.fairness.min_group and name != MISSING
    ]
    rows = np.flatnonzero(np.isin(groups, kept))
    if len(rows) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(recipe.seed).choice(rows, MOST_ROWS, replace=False))
    if len(kept) < 2:
        return None
    at = table.train[rows]
    index = np.searchsorted(np.array(kept), groups[rows])
    found = told_apart(
        table.values(at),
        table.records.described,
        index,
        len(kept),
        attribute,
        units_of(table.table, at, job.dataset.manifest),
        recipe.seed,
        job.check_stop,
    )
    return {"groups": kept, **found}


def carried(table: Table, attribute: str, body: dict[str, Any], steps: Steps) -> list[dict[str, Any]]:
    """[{"arm", "columns", "metrics": {metric: as in `fairness.contrast`}}] of each proxy, of the attribute's own
    column, and of all of these together; "ssl" in them is the classifier as it is, "supervised" the one without."""
    own = [one["column"] for one in body["columns"] if one["itself"]]
    proxies = [one["column"] for one in body["columns"] if one["proxy"]][:MOST]
    sets = [[name] for name in own + proxies]
    if len(proxies) > 1:
        sets.append(proxies)
    if own and proxies:
        sets.append(own + proxies)
    found = []
    groups = table.groups(attribute, table.test)
    units = units_of(table.table, table.test, table.job.dataset.manifest)
    units = table.test if units is None else units
    for arm, sha256 in table.arms.items():
        steps.next(f"what they carry: {attribute}, {arm}")
        if not sets:
            continue
        before = table.said(sha256, table.values(table.test))
        pairs = [Pairs([(0, 0)], [before], [table.said(sha256, table.replaced(columns))], units) for columns in sets]
        told = contrasted(pairs, groups, settings_of(table.job), tick=table.job.check_stop)
        found += [{"arm": arm, "columns": c, "metrics": metrics} for c, metrics in zip(sets, told, strict=True)]
    return found


def finished(table: Table, attribute: str, body: dict[str, Any]) -> dict[str, Any]:
    """The event's body: gaps named for what they are here."""
    recipe = table.job.recipe
    for one in body["carried"]:
        for metric, test in one["metrics"].items():
            one["metrics"][metric] = {
                "groups": test["groups"],
                "gap": test["ssl_gap"],
                "without": test["supervised_gap"],
                "difference": test["difference"],
                "p": test["p"],
                "p_holm": test["p_holm"],
                "decision": CARRIED.get(test["decision"], test["decision"]),
            }
    told = table.job.dataset.manifest.get("target")
    return {
        "attribute": attribute,
        **body,
        "of": len(body["columns"]),
        "columns": body["columns"][:SHOWN],
        "bound": BOUND,
        "test_rows": len(table.test),
        "arms": list(table.arms),
        "fraction": nearest(recipe.finetune.fractions, recipe.fairness.fraction),
        **({"target": told} if told else {}),
    }
