"""Are the planted leak, proxy and gap of `credit` found, and only those?

    python -m tests.benchmarks.credit_guards [--sets 20] [--first 0]        10 s a set, one core

Every set is made three times: with a leak (the guards must flag it and nothing else), as it is by default (a proxy and
a gap; the guards must flag nothing), and without the proxy. Of the last two the recipe's network is trained on the
labelled rows, stopped early on validation, and audited by sex. Prints a Markdown table. Goals: leak and proxy flagged
in 20 of 20 sets and in none without; the planted TPR gap of men less women, which is that of the best possible model,
lies in the audit's interval in at least 18 of 20.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

import sample_data
from backend.engine.weights import Classifier, build_classifier, build_encoder
from backend.fairness._audit import audit
from backend.fairness._reading import Settings
from backend.fairness._tables import Predictions
from sample_data import Sample
from tests.guarded import found_in, matrix_of, told_apart_in

LEAK, PROXY = "collection_fee", "store_card"
WORLDS = {"with a leak": {"leak": True}, "as it is": {}, "without the proxy": {"proxy": False}}
EPOCHS, PATIENCE, BATCH, RATE, BINS = 80, 10, 128, 2e-3, 32
SETTINGS = Settings(30, 4_000, 1_000, 0)


def trained(sample: Sample, seed: int) -> tuple[Classifier, Tensor]:
    """The recipe's network on the labelled training rows, as it was when validation liked it best; and all records."""
    values, described = matrix_of(sample)
    split, label = sample.columns["split"], sample.columns["default"]
    train = split == "train"
    arguments: list[dict[str, Any]] = []
    for place, one in enumerate(described):
        if one["kind"] == "category":
            values[:, place] += 1
            arguments.append({"kind": "category", "size": int(values[:, place].max()) + 1})
            continue
        own = values[train, place]
        values[:, place] = (values[:, place] - np.nanmean(own)) / np.nanstd(own)
        edges = np.unique(np.nanquantile(values[train, place], np.linspace(0, 1, BINS + 1)))
        arguments.append({"kind": "number", "edges": edges.tolist()})
    records, known = torch.from_numpy(values.astype(np.float32)), np.array([one is not None for one in label])
    labels = torch.from_numpy((label == "yes").astype(np.int64))
    rows, val = np.flatnonzero(train & known), np.flatnonzero(split == "val")
    spec = {"encoder": {"name": "mlp"}, "modality": "table", "arguments": [arguments], "classes": ["no", "yes"]}
    model = build_classifier(spec, build_encoder(spec, seed))
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=1e-2)
    rng, best, kept, since = np.random.default_rng(seed), np.inf, {}, 0
    for _ in range(EPOCHS):
        model.train()
        for part in np.array_split(rng.permutation(rows), max(1, len(rows) // BATCH)):
            optimizer.zero_grad()
            cross_entropy(model(records[part]), labels[part]).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            loss = float(cross_entropy(model(records[val]), labels[val]))
        since += 1
        if loss < best:
            best, since = loss, 0
            kept = {name: value.clone() for name, value in model.state_dict().items()}
        if since >= PATIENCE:
            break
    model.load_state_dict(kept)
    return model.eval(), records


def gap_of(sample: Sample, model: Classifier, records: Tensor) -> tuple[float, float, float, float]:
    """(TPR of men less that of women on the test rows, the ends of its interval, AUROC)."""
    rows = np.flatnonzero(sample.columns["split"] == "test")
    with torch.no_grad():
        score = model(records[rows]).softmax(1)[:, 1].numpy().astype(np.float64)
    label = (sample.columns["default"][rows] == "yes").astype(np.int64)
    predictions = Predictions(label, (score > 0.5).astype(int), score, 2, 1)
    found = audit(predictions, sample.columns["sex"][rows].astype(str), SETTINGS)
    gap = found["gaps"]["tpr"]
    sign = 1 if gap["groups"][0] == "male" else -1
    low, high = sorted((sign * gap["value_low"], sign * gap["value_high"]))
    return sign * gap["max_min"], low, high, found["overall"]["auroc"]["value"]


def one_set(seed: int, told: Counter, rows: dict[str, list]) -> None:
    for world, params in WORLDS.items():
        sample = sample_data.make("credit", {"seed": seed, **params})
        flagged = {one["column"] for one in found_in(sample)}
        told[world, "leak"] += LEAK in flagged
        told[world, "other leaks"] += bool(flagged - {LEAK})
        named = {one["column"] for one in told_apart_in(sample) if one["proxy"]}
        told[world, "proxy"] += PROXY in named
        told[world, "other proxies"] += bool(named - {PROXY})
        if world != "with a leak":
            gap, low, high, auroc = gap_of(sample, *trained(sample, seed))
            truth = sample.truth["gap"]["value"]
            told[world, "gap"] += low <= truth <= high
            rows.setdefault(world, []).append((gap, high - low, truth, auroc, sample.truth["auroc"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    told, rows, started = Counter(), {}, time.process_time()
    for seed in range(options.first, options.first + options.sets):
        one_set(seed, told, rows)
        print(f"{seed + 1 - options.first} sets", {world: told[world, "gap"] for world in WORLDS}, flush=True)
    print("\n| sets | leak flagged | another column | proxy flagged | another column | planted gap in the interval |")
    print("|---|---|---|---|---|---|")
    for world in WORLDS:
        cells = [told[world, what] for what in ("leak", "other leaks", "proxy", "other proxies")]
        print(f"| {world} | {' | '.join(map(str, cells))} | {told[world, 'gap'] if world in rows else ''} |")
    print("\n| sets | mean TPR gap | mean width of its interval | planted | mean AUROC | of the best model |")
    print("|---|---|---|---|---|---|")
    for world, found in rows.items():
        print(f"| {world} | {' | '.join(f'{value:.3f}' for value in np.mean(found, axis=0))} |")
    print(f"\n{options.sets} sets, {time.process_time() - started:.0f} s of CPU")


if __name__ == "__main__":
    main()
