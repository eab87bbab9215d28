"""Whom does the model treat worse? Group tables, gaps and bias amplification, pretrained against supervised.

Reads the `predictions` events of the study and writes `fairness` (arm x attribute), `fairness.contrast` and
`fairness.amplification` (attribute); docs/events.md. The group tables are of one model an arm, the first seed pair,
which is also the one that the Explain page opens: pooling the pairs would count every test row several times and make
the intervals too narrow. How much seeds matter enters the contrast, which reads every pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from ..engine.job import Job
from ..fairness._audit import adjust_gaps
from ..fairness._contrast import Pairs, amplification, decide
from ..fairness._errors import Errors
from ..fairness._reading import Settings
from ..fairness._tables import MISSING, Predictions
from ..fairness._targets import audited, contrasted
from ..fairness._tested import SPLIT, predictions_of, units_of
from ..fairness._tested import tested as tested_rows
from ..workspace.events import read_events
from ..workspace.layout import BadInput

TITLE = "Bias audit"
NEEDS, NEEDS_LABELS = "study", True
STAGE = "audit_bias"
ARMS = ("ssl", "scratch_aug")
Seeds = tuple[int, int]  # (label subset seed, pretraining seed)


@dataclass(frozen=True)
class Models:
    """Every audited model's predictions on the same labelled test rows.

    rows: int64 (N,); by_arm: {arm: {seeds: Predictions, of a number Errors}}; fraction: the label fraction that they
    were trained on.
    """

    rows: np.ndarray
    by_arm: dict[str, dict[Seeds, Predictions | Errors]]
    fraction: float


def run(job: Job) -> None:
    """Write the events of the audit; those already written before a restart are left out."""
    models, sensitive = read_models(job), sensitive_columns(job)
    if not sensitive or models is None:
        missing = (
            "predictions: the recipe leaves out the study, which makes them" if sensitive else "sensitive attribute"
        )
        job.events.append("stage.skipped", {"stage": STAGE, "reason": f"no {missing}"}, key=STAGE)
        return
    table = job.dataset.table.set_index("row")
    attributes = attribute_columns(table, sensitive, job.recipe.fairness.intersections)
    tested = {name: column.loc[models.rows].to_numpy(str) for name, column in attributes.items()}
    both = all(arm in models.by_arm for arm in ARMS)
    of_classes = job.dataset.target != "number"
    steps = Steps(job, len(tested) * (len(models.by_arm) + (1 + of_classes) * both))
    for arm in models.by_arm:
        audit_arm(job, models, arm, tested, steps)
    if both:
        compare_arms(job, models, tested, steps)
    if both and of_classes:
        amplify(job, models, tested, attributes, table, steps)


class Steps:
    """Counts one part of the audit after the other for the heartbeat."""

    def __init__(self, job: Job, total: int):
        self.job, self.total, self.done = job, total, 0

    def next(self, note: str) -> None:
        self.job.check_stop()
        self.job.report(self.done, self.total, "group tests", note)
        self.done += 1


def settings_of(job: Job) -> Settings:
    f = job.recipe.fairness
    return Settings(f.min_group, f.resamples, f.permutations, job.recipe.seed)


def sensitive_columns(job: Job) -> list[str]:
    """The attributes to audit. Raises BadInput when the recipe names one that the data set does not have."""
    known = job.dataset.sensitive
    wanted = job.recipe.fairness.sensitive or known
    for name in wanted:
        if name not in known:
            raise BadInput(
                f"fairness.sensitive: expected one of {', '.join(known) or '(none named)'} of the data set "
                f"{job.dataset.name}, found {name!r}"
            )
    return list(wanted)


def attribute_columns(table: pd.DataFrame, sensitive: list[str], intersections: bool) -> dict[str, pd.Series]:
    """{attribute: strings by row}: each one, then each pair "a x b" whose groups are "a's, b's"."""
    columns = {name: table[name].astype(str) for name in sensitive}
    if intersections:
        for a, b in combinations(sensitive, 2):
            joined = columns[a] + ", " + columns[b]
            columns[f"{a} x {b}"] = joined.mask((columns[a] == MISSING) | (columns[b] == MISSING), MISSING)
    return columns


def read_models(job: Job) -> Models | None:
    """The predictions that the study exported of both arms, all of one label fraction; None when it left none."""
    by_arm: dict[str, dict[Seeds, Predictions | Errors]] = {}
    rows, fraction = None, None
    for event, _ in read_events(job.folder.events):
        body = event["body"]
        if event["kind"] != "predictions" or body["arm"] not in ARMS:
            continue
        frame = tested_rows(job.artefacts.table(event["subjects"][0]["sha256"]).to_pandas())
        if rows is not None and not np.array_equal(rows, frame["row"]):
            raise ValueError("predictions: expected the same test rows from every model")
        rows, fraction = frame["row"].to_numpy(), body["fraction"]
        by_arm.setdefault(body["arm"], {})[body["subset_seed"], body["pretrain_seed"]] = predictions_of(
            frame, job.dataset.manifest
        )
    if rows is None or not len(rows):
        return None
    ordered = {arm: dict(sorted(by_arm[arm].items())) for arm in ARMS if arm in by_arm}
    return Models(rows, ordered, fraction)


def audit_arm(job: Job, models: Models, arm: str, tested: dict[str, np.ndarray], steps: Steps) -> None:
    """One `fairness` event an attribute; Holm runs over the arm's attributes x metrics, so all are made together."""
    if all(job.events.seen("fairness", f"{arm}/{name}") for name in tested):
        return
    seeds, predictions = next(iter(models.by_arm[arm].items()))
    bodies = {}
    units = units_of(job.dataset.table, models.rows, job.dataset.manifest)
    for name, attribute in tested.items():
        steps.next(f"{arm}: {name}")
        bodies[name] = audited(predictions, attribute, settings_of(job), units, tick=job.check_stop)
    adjust_gaps(list(bodies.values()))
    of_seeds = f"Of the model with label subset seed {seeds[0]} and pretraining seed {seeds[1]}."
    for name, body in bodies.items():
        head = {
            "arm": arm,
            "attribute": name,
            "split": SPLIT,
            "fraction": models.fraction,
            "positive": positive_name(job, predictions),
            "min_group": job.recipe.fairness.min_group,
            "seeds": {"subset_seed": seeds[0], "pretrain_seed": seeds[1]},
        }
        told = job.dataset.manifest.get("target")
        head |= {"target": told} if told else {}
        body["notes"] = [of_seeds, *body["notes"]]
        job.events.append("fairness", {**head, **body}, key=f"{arm}/{name}")


def positive_name(job: Job, predictions: Predictions | Errors) -> str | None:
    """The class that counts as positive, None where there is none."""
    if isinstance(predictions, Errors) or predictions.positive is None:
        return None
    return job.dataset.classes[predictions.positive]


def paired(job: Job, models: Models) -> Pairs:
    """The models of both arms with the same seeds; rows of one person are resampled together."""
    ssl, supervised = (models.by_arm[arm] for arm in ARMS)
    seeds = [s for s in ssl if s in supervised]
    units = units_of(job.dataset.table, models.rows, job.dataset.manifest)
    units = models.rows if units is None else units
    return Pairs(seeds, [ssl[s] for s in seeds], [supervised[s] for s in seeds], units)


def compare_arms(job: Job, models: Models, tested: dict[str, np.ndarray], steps: Steps) -> None:
    """One `fairness.contrast` event an attribute; Holm over attributes x metrics."""
    pairs = paired(job, models)
    if not pairs.seeds or all(job.events.seen("fairness.contrast", name) for name in tested):
        return
    bodies: dict[str, dict[str, Any]] = {}
    for name, attribute in tested.items():
        steps.next(f"pretrained against supervised: {name}")
        bodies[name] = contrasted([pairs], attribute, settings_of(job), tick=job.check_stop)[0]
    decide(list(bodies.values()))
    for name, metrics in bodies.items():
        head = {"attribute": name, "fraction": models.fraction, "pairs": len(pairs.seeds)}
        told = {"target": job.dataset.manifest["target"]} if job.dataset.manifest.get("target") else {}
        body = {**head, **told, "metrics": metrics, "notes": seed_notes(pairs)}
        job.events.append("fairness.contrast", body, key=name)


def amplify(
    job: Job,
    models: Models,
    tested: dict[str, np.ndarray],
    attributes: dict[str, pd.Series],
    table: pd.DataFrame,
    steps: Steps,
) -> None:
    """One `fairness.amplification` event an attribute."""
    pairs, train = paired(job, models), job.dataset.rows("train")
    labels = table.loc[train, "label"].to_numpy()
    for name, attribute in tested.items():
        if not pairs.seeds or job.events.seen("fairness.amplification", name):
            continue
        steps.next(f"bias amplification: {name}")
        on_train = attributes[name].loc[train].to_numpy(str)
        body = amplification(pairs, attribute, on_train, labels, settings_of(job))
        head = {"attribute": name, "fraction": models.fraction, "pairs": len(pairs.seeds), "notes": seed_notes(pairs)}
        job.events.append("fairness.amplification", {**head, **body}, key=name)


def seed_notes(pairs: Pairs) -> list[str]:
    """How far the intervals speak for other seeds."""
    kinds = zip(("label subset", "pretraining"), zip(*pairs.seeds, strict=True), strict=True)
    single = [kind for kind, values in kinds if len(set(values)) == 1]
    said = [f"Mean over {len(pairs.seeds)} seed pairs; test rows and seeds are both resampled."]
    if single:
        said.append(f"Only one {' and one '.join(single)} seed: the interval does not speak for others.")
    return said
