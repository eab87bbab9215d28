"""The tiny data set of bars with a number instead of a class, which features tell and pictures do not."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from backend.data.dataset import Dataset
from backend.engine.job import Job
from backend.engine.weights import build_encoder, make_spec, save_encoder
from backend.recipe import resolve
from backend.registry import catalogue
from backend.workspace.artefacts import Artefacts
from backend.workspace.events import EventLog, read_events

UNIT = "days"


def numbered(dataset: Dataset, numbers: np.ndarray) -> Dataset:
    """The data set with `numbers` as its target and no class."""
    table = dataset.table.assign(label=-1, target=numbers)
    put = dataset.artefacts.put_table("table", pa.Table.from_pandas(table, preserve_index=False))
    told = {"label": None, "classes": [], "positive": None, "table": {"sha256": put.sha256}}
    target = {"type": "number", "column": "life", "unit": UNIT}
    return Dataset({**dataset.manifest, **told, "target": target}, dataset.artefacts)


def planted(dataset: Dataset, noise: float = 3.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(numbers N around 100 with a spread of 20, features N x 12 that tell them but for `noise`)."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(len(dataset.table), 12)).astype(np.float32)
    numbers = 100 + 20 * features @ np.r_[0.8, -0.6, np.zeros(10)] + noise * rng.normal(size=len(features))
    return numbers, features


def studied(
    workspace, dataset: Dataset, features: np.ndarray, run: str = "n1", target: str = "number", **finetune
) -> Job:
    """A job on a number whose pretraining is done: the pretrained encoder "gives" `features`, the random one noise."""
    folder = workspace.run(run)
    folder.checkpoints.mkdir(parents=True, exist_ok=True)
    plan = {"fractions": [0.5, 1.0], "subset_seeds": 3, "pretrain_seeds": 1, "methods": ["knn", "linear"]}
    plan |= {"baselines": ["scratch_aug", "random", "classical"], "max_steps": 6, **finetune}
    recipe = resolve(
        {
            "data": {"name": dataset.name},
            "encoder": {"name": "convnet", "width": 4},
            "augment": {"name": "digits"},
            "train": {"batch_size": 64},
            "finetune": plan,
            "fairness": {"resamples": 400, "permutations": 400, "min_group": 10},
        },
        catalogue(),
        target=target,
    )
    job = Job(folder, recipe, dataset, "cpu", EventLog(folder.events), Artefacts(workspace.artefacts))
    spec = make_spec(recipe.encoder, dataset.manifest)
    noise = np.random.default_rng(9).normal(size=features.shape).astype(np.float32)
    saved = save_encoder(job.artefacts, "encoder/ssl/0", build_encoder(spec, 0), spec)
    body = {"seed": 0, "steps": 20, "seconds": 1.0, "images_per_s": 1.0}
    job.events.append("encoder", body, [saved], key="pretrain/0")
    for arm, key, values in (("ssl", "pretrain/0", features), ("random", "random/0", noise)):
        put = job.artefacts.put_arrays(f"features/{arm}/0", {"features": values})
        job.events.append("features", {"seed": 0, "dim": values.shape[1]}, [put], key=key)
    return job


def events_of(job: Job, kind: str) -> list[dict]:
    return [event for event, _ in read_events(job.folder.events) if event["kind"] == kind]
