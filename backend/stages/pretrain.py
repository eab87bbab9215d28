"""Pretraining without labels: one encoder a seed, watched for collapse, and the features of all images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..encoders._base import Encoder
from ..engine.features import encode
from ..engine.feed import to_device
from ..engine.job import Job
from ..engine.neighbours import knn_accuracy
from ..engine.pretrain import Pretraining
from ..engine.seeds import derive
from ..engine.supervised import recalibrate
from ..engine.weights import build_encoder, load_encoder, make_spec, save_encoder
from ..registry import Strict, plugin
from ..workspace.artefacts import Artefact
from ..workspace.layout import BadInput

KNN_BANK = 2000


class Params(Strict):
    pass


def run(job: Job) -> None:
    """Pretrain each seed that is not done yet, from its checkpoint where there is one; log as docs/events.md says."""
    rows = training_rows(job)
    spec = make_spec(job.recipe.encoder, job.dataset.manifest)
    for seed in range(job.recipe.finetune.pretrain_seeds):
        job.check_stop()
        if not job.events.seen("features", f"random/{seed}"):
            untrained = build_encoder(spec, derive("init", job.recipe.seed, seed)).to(job.torch_device)
            # an untrained BatchNorm would pass the raw scale on: give the baseline the statistics it needs
            recalibrate(untrained, to_device(job.dataset.images[rows[:KNN_BANK]], job.torch_device))
            _log_features(job, untrained, f"random/{seed}", seed)
        if not job.events.seen("features", f"pretrain/{seed}"):
            _log_features(job, _encoder(job, spec, rows, seed), f"pretrain/{seed}", seed)


def training_rows(job: Job) -> np.ndarray:
    """Rows of the train split, at most `data.max_train` of them, the same for every seed; ascending."""
    rows, limit = job.dataset.rows("train"), job.recipe.data.max_train
    if len(rows) < 8:
        raise BadInput(f"data {job.dataset.name}: expected at least 8 training images, found {len(rows)}")
    if limit is not None and limit < len(rows):
        draw = np.random.default_rng(derive("max_train", job.recipe.seed))
        rows = np.sort(draw.choice(rows, limit, replace=False))
    return rows


def _encoder(job: Job, spec: dict[str, Any], rows: np.ndarray, seed: int) -> Encoder:
    """The pretrained encoder of `seed`: from its event if it was logged, else trained now."""
    logged = job.events.seen("encoder", f"pretrain/{seed}")
    if logged:
        return load_encoder(job.artefacts, logged["subjects"][0]["sha256"])
    encoder = build_encoder(spec, derive("init", job.recipe.seed, seed))
    checkpoint = job.folder.checkpoints / f"pretrain-{seed}.safetensors"
    summary = _pretraining(job, encoder, rows, seed, checkpoint).run()
    saved = save_encoder(job.artefacts, f"encoder/ssl/{seed}", encoder, spec)
    job.events.append("encoder", {"seed": seed, **summary}, [saved], key=f"pretrain/{seed}", durable=True)
    checkpoint.unlink(missing_ok=True)
    return encoder


def _pretraining(job: Job, encoder: Encoder, rows: np.ndarray, seed: int, checkpoint: Path) -> Pretraining:
    recipe, dataset, device = job.recipe, job.dataset, job.torch_device
    channels, height, _ = dataset.shape
    augment, pretext = plugin("augment", recipe.augment.name), plugin("pretext", recipe.pretext.name)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive("projector", recipe.seed, seed))
        task = pretext.call(pretext.params(**recipe.pretext.params), encoder.dim, len(dataset.classes))
    seeds = recipe.finetune.pretrain_seeds

    def log(kind: str, step: int, body: dict[str, Any]) -> None:
        key, durable = f"pretrain/{seed}/{step}", kind == "checkpoint"
        job.events.append(kind, {"seed": seed, "step": step, **body}, key=key, durable=durable)
        note = f"seed {seed + 1} of {seeds}"
        job.report(seed * pretraining.steps + step, seeds * pretraining.steps, "steps", note)

    pretraining = Pretraining(
        encoder=encoder,
        pretext=task,
        augmentation=augment.call(augment.params(**recipe.augment.params), height, channels),
        images=to_device(dataset.images[rows], device),
        labels=to_device(dataset.labels[rows], device),
        train=recipe.train,
        collapse=recipe.collapse,
        seed=derive("pretrain", recipe.seed, seed),
        device=device,
        checkpoint=checkpoint,
        log=log,
        evaluate=_knn(job, rows) if len(dataset.classes) > 1 else None,
        stopping=job.stop.is_set,
    )
    return pretraining


def _knn(job: Job, rows: np.ndarray):
    """Online kNN: labels of at most `KNN_BANK` training images vote on the labelled validation images."""
    dataset = job.dataset
    bank, val = rows[dataset.labels[rows] >= 0], dataset.rows("val")
    val = val[dataset.labels[val] >= 0]
    if not len(bank) or not len(val):
        return None
    draw = np.random.default_rng(derive("knn", job.recipe.seed))
    bank = np.sort(draw.permutation(bank)[:KNN_BANK])
    images = to_device(dataset.images[np.concatenate([bank, val])], job.torch_device)
    chance = float(np.bincount(dataset.labels[val]).max() / len(val))

    def evaluate(encoder: Encoder) -> dict[str, Any]:
        features = encode(encoder, images, job.torch_device)
        k, accuracy = knn_accuracy(
            features[: len(bank)], dataset.labels[bank], features[len(bank) :], dataset.labels[val]
        )
        return {"k": k, "split": "val", "accuracy": accuracy, "chance": chance}

    return evaluate


def _log_features(job: Job, encoder: Encoder, key: str, seed: int) -> None:
    """Features of all rows in table order, as the artefact `features/...`."""
    features = encode(encoder, job.dataset.images, job.torch_device)
    if not np.isfinite(features).all():
        raise BadInput("pretrain: expected finite features, found NaN or infinity; try a lower train.lr")
    role = f"features/random/{seed}" if key.startswith("random") else f"features/ssl/{seed}"
    saved: Artefact = job.artefacts.put_arrays(role, {"features": features})
    job.events.append("features", {"seed": seed, "dim": features.shape[1]}, [saved], key=key, durable=True)
