"""Pretraining without labels: one encoder a seed, watched for collapse, and the features of all rows where a later
stage reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from ..encoders._examples import Examples
from ..engine.features import encode
from ..engine.job import Job
from ..engine.neighbours import knn_r2, knn_votes
from ..engine.pretrain import Pretraining
from ..engine.seeds import derive, seed_all
from ..engine.weights import load_encoder, save_encoder
from ..registry import Strict
from ..targets import target
from ..workspace.artefacts import Artefact
from ..workspace.layout import BadInput
from ._budget import in_minutes
from .modality import DataModule, data_module

KNN_BANK = 2000  # labelled training examples that vote in the online kNN
KNN_ASKED = 5000  # labelled validation examples that they vote on, at most
OF_ARM = {"random": "untrained", "pretrain": "pretrained", "reference": "reference"}
READERS = {"study", "project"}  # the stages that read features

TITLE = "Pretraining"


class Params(Strict):
    pass


def run(job: Job) -> None:
    """Pretrain each seed that is not done yet, from its checkpoint where there is one; log as docs/events.md says."""
    data = data_module(job)
    rows = training_rows(job, data.noun)
    data.begin(rows)
    embedding = bool(READERS & set(job.recipe.stages))
    for seed in range(job.recipe.finetune.pretrain_seeds):
        job.check_stop()
        if embedding and not job.events.seen("features", f"random/{seed}"):
            untrained = data.untrained(seed).to(job.torch_device)
            data.settle(untrained, rows)
            _log_features(job, untrained, data.inputs, f"random/{seed}", {"seed": seed})
        if not job.events.seen("features", f"pretrain/{seed}"):
            encoder = _encoder(job, data, rows, seed)
            data.finished(encoder, seed)
            if not embedding:
                continue
            _log_features(job, encoder, data.inputs, f"pretrain/{seed}", {"seed": seed})
    if embedding and "reference" in job.recipe.finetune.baselines and not job.events.seen("features", "reference/0"):
        model, inputs = data.reference()
        _log_features(job, model, inputs, "reference/0", {"seed": 0, **model.origin})


def training_rows(job: Job, noun: str = "images") -> np.ndarray:
    """Rows of the train split, at most `data.max_train` of them, the same for every seed; ascending."""
    rows, limit = job.dataset.rows("train"), job.recipe.data.max_train
    if len(rows) < 8:
        raise BadInput(f"data {job.dataset.name}: expected at least 8 training {noun}, found {len(rows)}")
    if limit is not None and limit < len(rows):
        draw = np.random.default_rng(derive("max_train", job.recipe.seed))
        rows = np.sort(draw.choice(rows, limit, replace=False))
    return rows


def _encoder(job: Job, data: DataModule, rows: np.ndarray, seed: int) -> nn.Module:
    """The pretrained encoder of `seed`: from its event if it was logged, else trained now."""
    logged = job.events.seen("encoder", f"pretrain/{seed}")
    if logged:
        return load_encoder(job.artefacts, logged["subjects"][0]["sha256"])
    encoder = data.start(seed)
    checkpoint = job.folder.checkpoints / f"pretrain-{seed}.safetensors"
    summary = _pretraining(job, data, encoder, rows, seed, checkpoint).run()
    saved = save_encoder(job.artefacts, f"encoder/ssl/{seed}", encoder, data.spec)
    job.events.append("encoder", {"seed": seed, **summary}, [saved], key=f"pretrain/{seed}", durable=True)
    checkpoint.unlink(missing_ok=True)
    return encoder


def _pretraining(
    job: Job, data: DataModule, encoder: nn.Module, rows: np.ndarray, seed: int, checkpoint: Path
) -> Pretraining:
    recipe, seeds = job.recipe, job.recipe.finetune.pretrain_seeds
    train = in_minutes(job, data, rows)
    with torch.random.fork_rng(devices=[]):
        seed_all(derive("projector", recipe.seed, seed))
        task = data.pretext(encoder)
    loop_seed = derive("pretrain", recipe.seed, seed)

    def log(kind: str, step: int, body: dict[str, Any]) -> None:
        key, durable = f"pretrain/{seed}/{step}", kind == "checkpoint"
        job.events.append(kind, {"seed": seed, "step": step, **body}, key=key, durable=durable)
        note = f"seed {seed + 1} of {seeds}"
        job.report(seed * pretraining.steps + step, seeds * pretraining.steps, "steps", note)

    def keep(step: int) -> None:
        if not job.events.seen("encoder.kept", f"pretrain/{seed}/{step}"):
            saved = save_encoder(job.artefacts, f"encoder/ssl/{seed}/{step}", encoder, data.spec)
            body = {"seed": seed, "step": step}
            job.events.append("encoder.kept", body, [saved], key=f"pretrain/{seed}/{step}", durable=True)

    knn = _knn(job, data, rows)
    pretraining = Pretraining(
        encoder=encoder,
        pretext=task,
        feed=data.feed(rows, task, loop_seed),
        train=train,
        collapse=recipe.collapse,
        seed=loop_seed,
        device=job.torch_device,
        checkpoint=checkpoint,
        log=log,
        evaluations={**({"knn": knn} if knn else {}), **data.evaluations(task)},
        keep=keep,
        stopping=job.stop.is_set,
    )
    return pretraining


def _knn(job: Job, data: DataModule, rows: np.ndarray):
    """Online kNN: at most `KNN_BANK` training examples vote on the labelled validation examples (`KNN_ASKED` of them at
    most), or average their numbers; None where there is nothing to vote on."""
    dataset = job.dataset
    kind, truth = target(dataset.target), dataset.truth
    if not kind.usable(dataset.manifest, truth):
        return None
    bank, val = rows[kind.known(truth[rows])], dataset.rows("val")
    val = val[kind.known(truth[val])]
    if not len(bank) or not len(val) or (truth.dtype.kind == "f" and kind.monotonous(truth[val])):
        return None
    draw = np.random.default_rng(derive("knn", job.recipe.seed))
    bank = np.sort(draw.permutation(bank)[:KNN_BANK])
    if len(val) > KNN_ASKED:
        val = np.sort(draw.choice(val, KNN_ASKED, replace=False))
    told = {"split": "val", "rows": len(val)}
    classes = 0 if truth.dtype.kind == "f" else max(2, int(max(truth[bank].max(), truth[val].max())) + 1)
    chosen = torch.as_tensor(np.concatenate([bank, val]), device=job.torch_device)

    def evaluate(encoder: nn.Module) -> dict[str, Any]:
        features = encode(encoder, data.inputs[chosen], job.torch_device)
        sides = features[: len(bank)], truth[bank], features[len(bank) :], truth[val]
        if truth.dtype.kind == "f":
            k, r2 = knn_r2(*sides)
            return {**told, "k": k, "r2": r2, "chance": 0.0}
        k, votes = knn_votes(*sides[:3], classes)
        scores = {metric: _score(kind.contributions(metric, truth[val], votes)) for metric in kind.METRICS}
        accuracy = float((votes.argmax(axis=1) == truth[val]).mean())
        chance = float(np.bincount(truth[val]).max() / len(val))
        return {**told, "k": k, "accuracy": accuracy, "chance": chance, "scores": scores}

    return evaluate


def _score(contributions: np.ndarray | None) -> dict[str, float] | None:
    """A metric and its standard error over the rows, from what each of them adds."""
    if contributions is None or len(contributions) < 2:
        return None
    error = contributions.std(ddof=1) / np.sqrt(len(contributions))
    return {"value": float(contributions.mean()), "error": float(error)}


def _log_features(job: Job, encoder: nn.Module, inputs: Examples, key: str, body: dict[str, Any]) -> None:
    """Features of all rows in table order, as the artefact `features/...`."""
    arm, _, seed = key.partition("/")

    def report(done: int, total: int) -> None:
        job.report(done, total, inputs.unit, f"features of the {OF_ARM[arm]} encoder, seed {int(seed) + 1}")
        job.check_stop()

    features = encode(encoder, inputs, job.torch_device, progress=report)
    if not np.isfinite(features).all():
        raise BadInput("pretrain: expected finite features, found NaN or infinity; try a lower train.lr")
    role = f"features/{key.replace('pretrain', 'ssl')}"
    saved: Artefact = job.artefacts.put_arrays(role, {"features": features})
    job.events.append("features", {**body, "dim": features.shape[1]}, [saved], key=key, durable=True)
