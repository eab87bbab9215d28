"""Do explanations of tables find the columns that decide? Attribution on `credit`, whose causes are known.

    python -m tests.benchmarks.credit_attribution [--seeds 5] [--examples 200] [--steps 1500]    about 3 minutes a seed

Registers the built-in `credit` with all labels known, trains the default encoder from scratch on it, explains correctly
classified test rows with every method of tables at its defaults and prints, as a Markdown table, over these rows:

share      of the absolute attribution on the columns that decide in this row (utilisation only after a missed payment)
above      rows in which this share is larger than under both controls on the same row first      rows in which the
column with the largest score is one of them recovered  rows in which both hold: the goal is 95 % of them

`--clean` leaves out the planted proxy and the hidden defaults, so that nothing but these columns decides; with the
proxy the network rightly uses `store_card`, which counts as a miss here.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

import sample_data
from backend.attribution._answers import answered
from backend.attribution._run import completeness, run_method
from backend.attribution._table import Rows, logits
from backend.data.dataset import Dataset
from backend.data.register import register
from backend.data.spec import Spec
from backend.encoders._table import Records
from backend.engine.supervised import train_classifier
from backend.engine.weights import Classifier, build_classifier, build_encoder
from backend.modality.table.features import arguments, features
from backend.recipe import DEFAULTS
from backend.registry import of_kind
from backend.stages.modality.table.background import background, records_of
from backend.stages.modality.table.explain import control_scores, rows_of
from backend.workspace.artefacts import Artefacts

CONTROLS = ("random_scores", "distance_from_typical")


def registered(root: Path, params: dict[str, Any]) -> Dataset:
    artefacts = Artefacts(root)
    manifest, _ = register(Spec(builtin="credit", name="credit", kind="table", params=params), artefacts)
    return Dataset(manifest, artefacts)


def trained(dataset: Dataset, steps: int, seed: int) -> Classifier:
    """The default encoder of tables, supervised from scratch, stopped on validation."""
    described = features(dataset.artefacts, dataset.manifest)
    spec = {"encoder": dict(DEFAULTS["table"]["encoder"]), "modality": "table", "arguments": [arguments(described)]}
    spec |= {"classes": dataset.classes}
    model = build_classifier(spec, build_encoder(spec, seed))
    parts = {split: dataset.rows(split) for split in ("train", "val")}
    records = {split: Records(records_of(dataset, rows), described) for split, rows in parts.items()}
    train_classifier(
        model,
        records["train"],
        dataset.labels[parts["train"]],
        records["val"],
        dataset.labels[parts["val"]],
        augmentation=None,
        steps=steps,
        lr=1e-3,
        weight_decay=1e-5,
        seed=seed,
        batch_size=256,
        device="cpu",
        patience=4,
    )
    return model.eval()


def explained(dataset: Dataset, model: Classifier, count: int) -> tuple[Rows, np.ndarray, torch.Tensor, float]:
    """(the first correctly classified test rows as attribution takes them, their numbers, classes; test accuracy)"""
    test = dataset.rows("test")
    said = answered(model, logits(model, torch.from_numpy(records_of(dataset, test))))
    right = said.index.numpy() == dataset.labels[test]
    rows = test[right][:count]
    parts = rows_of(background(dataset), records_of(dataset, rows), torch.device("cpu"))
    return parts, rows, said.index[torch.from_numpy(right)][:count], float(right.mean())


def measured(scores: dict[str, np.ndarray], causal: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
    """{method: {"share", "above", "first", "recovered"}: N each}; scores: N x C each; causal: bool N x C."""
    size = {name: np.abs(one) for name, one in scores.items()}
    share = {name: (one * causal).sum(1) / np.maximum(one.sum(1), 1e-12) for name, one in size.items()}
    found = {}
    for name, one in size.items():
        above = np.all([share[name] > share[control] for control in CONTROLS if control != name], axis=0)
        first = causal[np.arange(len(one)), one.argmax(1)]
        found[name] = {"share": share[name], "above": above, "first": first, "recovered": above & first}
    return found


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("--seeds", type=int, default=5)
    asked.add_argument("--examples", type=int, default=200)
    asked.add_argument("--steps", type=int, default=1_500)
    asked.add_argument("--clean", action="store_true")
    options = asked.parse_args()
    torch.set_num_threads(1)
    print("| seed | test accuracy (best possible) | method | share | above | first | recovered | certified |")
    print("|---|---|---|---|---|---|---|---|")
    methods, kept = of_kind("attribution", "table"), {}
    for seed in range(options.seeds):
        began = time.monotonic()
        params = {"seed": seed, "labelled": 1.0, **({"proxy": False, "gap": 0.0} if options.clean else {})}
        truth = sample_data.make("credit", params).truth
        with tempfile.TemporaryDirectory() as folder:
            dataset = registered(Path(folder), params)
            model = trained(dataset, options.steps, seed)
            parts, rows, target, accuracy = explained(dataset, model, options.examples)
        causal = np.stack(
            [truth["causal"].get(name, np.zeros(dataset.manifest["count"], bool))[rows] for name in parts.names], 1
        )
        done = {name: run_method(name, model, parts, target) for name in methods}
        scores = {name: np.stack(parts.scores(one)) for name, one in done.items()}
        scores |= {name: np.stack(one) for name, one in control_scores(parts, rows.tolist(), seed).items()}
        for name, told in measured(scores, causal).items():
            kept.setdefault(name, []).append(told["recovered"])
            sure = completeness(done[name]) if name in done else None
            shares = " | ".join(f"{told[one].mean():.1%}" for one in ("above", "first", "recovered"))
            print(
                f"| {seed} | {accuracy:.3f} ({truth['accuracy']:.3f}) | {name} | {told['share'].mean():.3f} | {shares} "
                f"| {'' if sure is None else format(sure['certified'], '.1%')} |"
            )
        print(f"\n{len(rows)} rows, {time.monotonic() - began:.0f} s\n", flush=True)
    for name, parts_of_it in kept.items():
        whole = np.concatenate(parts_of_it)
        print(f"{name}: recovered in {whole.mean():.1%} of {len(whole)} rows")


if __name__ == "__main__":
    main()
