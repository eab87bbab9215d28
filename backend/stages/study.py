"""Did pretraining help? Every arm on every label subset, the test split read once, one paired verdict."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ..engine.job import Job
from ..engine.weights import save_classifier
from ..finetune._task import Prediction
from ..recipe.arms import PROBES, joined
from ..registry import Strict, plugin
from ..targets import target
from ..workspace.artefacts import Artefact
from ..workspace.events import now
from ..workspace.layout import BadInput
from ._study_arms import Arms
from ._study_design import Design, make_design, sized, started
from ._study_plan import Clock, planned
from ._study_store import CellStore, Fitted, cell_key
from ._study_verdict import best_methods, best_without, strongest_rivals, verdict

EXPORTED = ("ssl", "scratch_aug")

TITLE = "Label-fraction study"
NEEDS, NEEDS_LABELS = "pretrain", True


class Params(Strict):
    pass


def run(job: Job) -> None:
    """Fit all cells (each stored as it is done), then read the test labels once and judge (docs/events.md)."""
    design = make_design(job.recipe, job.dataset)
    if design is None:
        lacking = target(job.dataset.target).LACKING
        reason = f"the data set has {lacking}, so whether pretraining helped cannot be measured"
        job.events.append("stage.skipped", {"stage": "study", "reason": reason}, key="study")
        return
    arms, store = Arms(job, design), CellStore(job.folder.checkpoints / "study")
    job.events.append("study.started", started(design, arms.image_passes), key="study")
    fit_all(job, design, arms, store)
    if job.recipe.finetune.precision:
        design = arms.design = sized(design, job.dataset, planned(job, design, store))
        fit_all(job, design, arms, store)
    job.check_stop()
    labels = read_test(job, design, store)
    export(job, design, store, labels)
    judge(job, design, store, labels)


def fit_all(job: Job, design: Design, arms: Arms, store: CellStore) -> None:
    done = 0
    for arm, methods in design.arms.items():
        for method in methods:
            done = fit_arm(job, design, arms, store, arm, method, done)


def fit_arm(job: Job, design: Design, arms: Arms, store: CellStore, arm: str, method: str, done: int) -> int:
    """Fit the cells of one arm by one method that are not stored yet; returns how many models are done now."""
    kind = plugin("finetune", PROBES.get(method, method))
    settled: dict[float, dict[str, Any]] = {}
    for seed in design.seeds(arm):
        cells = design.cells_of(arm, method)
        keys = {cell: cell_key(arm, method, cell, seed) for cell in cells}
        stored = {cell: fitted for cell, key in keys.items() if (fitted := store.get(key))}
        for cell, fitted in stored.items():
            settled.setdefault(cell.fraction, fitted.chosen)
            log_cell(job, design, arm, method, cell, seed, fitted)
        wanted = tuple(cell for cell in cells if cell not in stored)
        done += len(stored)
        job.report(done, design.models, "models", f"{arm} · {method}")
        if not wanted:
            continue
        clock = Clock()
        for prediction in kind.call(arms.task(arm, method, seed, wanted, settled), kind.params()):
            keep = is_shown(design, arm, method, prediction, seed)
            kept = (
                save_classifier(job.artefacts, f"classifier/{arm}", prediction.classifier, arms.spec) if keep else None
            )
            told = replace(prediction, **completed(design, prediction))
            fitted = store.put(keys[prediction.cell], told, kept.as_dict() if kept else None, clock.lap())
            log_cell(job, design, arm, method, prediction.cell, seed, fitted)
            done += 1
            job.report(done, design.models, "models", f"{arm} · {method}")
            job.check_stop()
    return done


def completed(design: Design, prediction: Prediction) -> dict[str, np.ndarray]:
    """The outputs of the validation and test rows as they are stored and scored."""
    kind, of_val = target(design.target), design.labels[design.val]
    val, test = kind.completed(prediction.val, of_val, prediction.test)
    return {"val": val, "test": test}


def is_shown(design: Design, arm: str, method: str, prediction: Prediction, seed: int | None) -> bool:
    """Whether this model goes on to be explained: the first seeds at the audited fraction, by the audited method."""
    cell = prediction.cell
    return (
        arm in EXPORTED
        and method == design.audited(arm)
        and (cell.fraction, cell.subset_seed, seed) == (design.audited_fraction, 0, 0)
        and prediction.classifier is not None
    )


def identity(arm: str, method: str, cell, seed: int | None) -> dict[str, Any]:
    """Which model a record of the study speaks of."""
    return {
        "arm": arm,
        "method": method,
        "fraction": cell.fraction,
        "n_labels": len(cell.rows),
        "subset_seed": cell.subset_seed,
        "pretrain_seed": seed,
    }


def log_cell(job: Job, design: Design, arm: str, method: str, cell, seed: int | None, fitted: Fitted) -> None:
    body = {
        **identity(arm, method, cell, seed),
        "val": target(design.target).score(design.labels[design.val], fitted.val),
        "chosen": fitted.chosen,
        "test_digest": fitted.digest,
    }
    job.events.append("study.cell", body, key=cell_key(arm, method, cell, seed))


def read_test(job: Job, design: Design, store: CellStore) -> np.ndarray:
    """The one reading of the test labels, logged before they are used: one a test row, unknown where missing.

    The event names what every model had said of the test rows by then, so that nothing could be tuned on the answer.
    """
    labels = job.dataset.truth[design.test]
    known = int(target(design.target).known(labels).sum())
    if known < 2:
        raise BadInput(
            f"study: data set {job.dataset.name}: expected labelled rows in split test, found fewer than two"
        )
    sealed = hashlib.sha256()
    for key in all_keys(design):
        sealed.update(f"{key} {store.get(key).digest}\n".encode())
    digest = hashlib.sha256(design.test.tobytes() + labels.tobytes()).hexdigest()
    body = {
        "when": now(),
        "rows": known,
        "digest": digest,
        "models": design.models,
        "predictions_digest": sealed.hexdigest(),
    }
    job.events.append("study.test_read", body, key="test", durable=True)
    return labels


def all_keys(design: Design) -> list[str]:
    return [
        cell_key(arm, method, cell, seed)
        for arm, methods in design.arms.items()
        for method in methods
        for seed in design.seeds(arm)
        for cell in design.cells_of(arm, method)
    ]


def export(job: Job, design: Design, store: CellStore, labels: np.ndarray) -> None:
    """Classifiers and predictions of the audited fraction, for explanation and audit."""
    for arm in EXPORTED:
        method = design.audited(arm)
        if method is None:
            continue
        cells = design.cells_of(arm, method, design.audited_fraction)
        for seed in design.seeds(arm):
            for cell in cells:
                job.check_stop()
                body = {
                    "arm": arm,
                    "method": method,
                    "fraction": cell.fraction,
                    "subset_seed": cell.subset_seed,
                    "pretrain_seed": seed,
                }
                fitted = store.get(cell_key(arm, method, cell, seed))
                if fitted.classifier:
                    key = f"{arm}/{cell.fraction:g}"
                    job.events.append("classifier", body, [Artefact(**fitted.classifier)], key=key)
                key = f"{arm}/{cell.fraction:g}/{cell.subset_seed}/{seed}"
                if not job.events.seen("predictions", key):
                    saved = job.artefacts.put_table(f"predictions/{arm}", predictions_table(design, fitted, labels))
                    job.events.append("predictions", {**body, "temperature": None}, [saved], key=key)


def predictions_table(design: Design, fitted: Fitted, labels: np.ndarray) -> pa.Table:
    """row, split, label (of numbers `target`), and what the model says of it, of the validation and test rows."""
    kind = target(design.target)
    frame = pd.DataFrame(
        {
            "row": np.concatenate([design.val, design.test]),
            "split": ["val"] * len(design.val) + ["test"] * len(design.test),
            kind.COLUMN: np.concatenate([design.labels[design.val], labels]),
            **kind.columns(np.concatenate([fitted.val, fitted.test])),
        }
    )
    return pa.Table.from_pandas(frame, preserve_index=False)


def judge(job: Job, design: Design, store: CellStore, labels: np.ndarray) -> None:
    """Score the sealed predictions and write the verdict, with every cell's numbers as a table."""
    if job.events.seen("study.verdict", "study"):
        return
    plan, kind = job.recipe.finetune, target(design.target)
    metric, known = kind.METRICS[plan.metric], kind.known(labels)

    def fitted(arm: str, method: str, fraction: float) -> list[list[Fitted]]:
        return [[store.get(key) for key in row] for row in design.grid(arm, method, fraction)]

    def test_contributions(arm: str, method: str, fraction: float) -> np.ndarray:
        rows = fitted(arm, method, fraction)
        found = [[kind.contributions(plan.metric, labels[known], f.test[known]) for f in row] for row in rows]
        if found[0][0] is None:
            raise BadInput(f"study: {plan.metric}: {kind.monotonous(labels[known]).format(split='the test split')}")
        return np.array(found)

    def val_mean(arm: str, method: str, fraction: float) -> float:
        of_val = design.labels[design.val]
        values = [kind.score(of_val, f.val)[plan.metric] for row in fitted(arm, method, fraction) for f in row]
        return metric.sign * float(np.mean(values))

    of_train = design.labels[design.train]
    of_train = of_train[kind.known(of_train)]
    validation = {place: val_mean(*place) for place in design.places}
    without = joined(design.arms["ssl"])
    groups = job.dataset.table["group"].to_numpy()[design.test][known] if job.dataset.manifest.get("group") else None
    body = verdict(
        test_contributions,
        design.arms,
        design.counts(),
        best_methods(validation),
        metric=plan.metric,
        target=kind,
        single=kind.least(plan.metric, of_train),
        margin=design.margin,
        quick=design.quick,
        headline=design.headline,
        groups=groups,
        seed=job.recipe.seed,
        rivals=strongest_rivals(validation),
        without=best_without(validation, without),
        untrained=tuple(m for m in without if m in design.arms.get("random", ())),
    )
    body["chance"] = kind.constant(plan.metric, of_train, labels[known])
    body |= design.described()
    body |= {"subset_seeds": min(design.subsets_at(*place) for place in design.places), **design.counted()}
    body |= {"pretrain_seeds": plan.pretrain_seeds, "test_rows": int(known.sum())}
    saved = job.artefacts.put_table("study/cells", cells_table(design, store, labels))
    job.events.append("study.verdict", body, [saved], key="study", durable=True)


def cells_table(design: Design, store: CellStore, labels: np.ndarray) -> pa.Table:
    """One row a fitted model: where it stands in the design, its validation and its test metrics."""
    kind, of_val = target(design.target), design.labels[design.val]
    known, rows = kind.known(labels), []
    for arm, methods in design.arms.items():
        for method in methods:
            for seed in design.seeds(arm):
                for cell in design.cells_of(arm, method):
                    fitted = store.get(cell_key(arm, method, cell, seed))
                    rows.append(
                        {
                            **identity(arm, method, cell, seed),
                            **{f"val_{k}": v for k, v in kind.score(of_val, fitted.val).items()},
                            **{f"test_{k}": v for k, v in kind.score(labels[known], fitted.test[known]).items()},
                        }
                    )
    return pa.Table.from_pylist(rows)
