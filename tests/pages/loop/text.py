"""What a run on text tells otherwise: its tokenizer, its arms, the clusters of its map, its data sheet."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from backend.workspace.artefacts import Artefacts
from backend.workspace.events import EventLog

from .common import estimate
from .sheet import SHEET

ARMS = {"ssl": "lpft", "scratch_aug": "end_to_end", "random": "linear", "classical": "tfidf", "reference": "linear"}
WORDS = [["splendid", "warm", "film"], ["dull", "tedious", "novel"]]
CLASSES = ("bad", "good")
COUNTS = {"train": 80, "val": 40, "test": 40}
SHEET_OF_TEXT = {
    **SHEET,
    "counts": COUNTS,
    "class_counts": {split: dict.fromkeys(CLASSES, n // 2) for split, n in COUNTS.items()},
    "crosses": {"sex": {"female": {"bad": 40, "good": 41}, "male": {"bad": 40, "good": 39}}},
    "orders": {"sex": ["female", "male"]},
    "missing": {},
    "warnings": [],
    "source": {"kind": "csv", "name": "reviews.csv", "bytes": 9000, "sha256": "0" * 64},
    "label": {**SHEET["label"], "classes": list(CLASSES), "positive": "good"},
    "digest": "1" * 64,
}


def tokenizer(log: EventLog, artefacts: Artefacts) -> None:
    saved = artefacts.put_json("tokenizer", {"tokenizer": {}, "special": {}, "length": 24})
    body = {"name": "wordpiece", "vocabulary": 200, "length": 24}
    log.append("tokenizer", body, [saved], key="tokenizer")


def clusters(log: EventLog, artefacts: Artefacts, table: Any) -> None:
    """Two clusters, one a class, and every tenth row in none."""
    label = table["label"].to_numpy()
    of_row = np.where(table["row"] % 10 == 0, -1, label).astype(np.int32)
    stored = artefacts.put_table("clusters", pa.table({"row": table["row"].to_numpy(), "cluster": of_row}))
    sizes = [int((of_row == i).sum()) for i in range(len(WORDS))]
    found = [
        {"id": i, "size": sizes[i], "words": words, "share": sizes[i] / len(table)} for i, words in enumerate(WORDS)
    ]
    for arm in ("ssl", "random"):
        body = {"arm": arm, "seed": 0, "method": "louvain", "points": len(table), "modularity": 0.42}
        body |= {"clusters": found, "noise": 0.1}
        log.append("clusters", body, [stored], key=f"{arm}/0")


def language(log: EventLog) -> None:
    """What a masked language model says of itself: two readings, counting beside it, its layers, what it fills in."""
    models = [
        {"name": "unigram", "loss": 4.2, "perplexity": 66.7, "accuracy": 0.05, "block_sums": [1.0]},
        {"name": "both neighbours", "loss": None, "perplexity": None, "accuracy": 0.25, "block_sums": [5.0]},
    ]
    counted = {"split": "val", "language": "masked", "tokens": 90, "counted": 1000, "corpus": 1000, "seconds": 1.0}
    log.append("lm.baselines", {**counted, "models": models}, key="baselines")
    for step, right in ((60, 0.2), (120, 0.38)):
        shared = {"seed": 0, "step": step}
        body = {**shared, "split": "val", "tokens": 90, "loss": 3.0, "perplexity": 20.1, "bits_per_byte": None}
        body |= {"accuracy": right, "masked_accuracy": right, "note": "a masked model gives no probability of a text"}
        body["by_frequency"] = [{"band": "1 to 9", "tokens": 90, "loss": 3.0, "accuracy": right}]
        body["against"] = {"name": "both neighbours", "measure": "accuracy", "difference": estimate(right - 0.25, 0.03)}
        log.append("lm", body, key=f"pretrain/0/{step}")
        layers = [{"layer": i, "anisotropy": 0.3 + 0.1 * i, "effective_rank": 20.0, "dim": 32} for i in range(3)]
        log.append("layers", {**shared, "layers": layers}, key=f"pretrain/0/{step}")
    tokens = [
        {"text": "She saw the ", "probability": None, "alternatives": []},
        {"text": "film", "probability": 0.6, "alternatives": [{"text": "play", "probability": 0.2}]},
    ]
    sample = {"prompt": "She saw the [MASK]", "tokens": tokens, "stopped": "filled", "truth": ["novel"]}
    log.append("lm.samples", {"seed": 0, "language": "masked", "drawn": None, "samples": [sample]}, key="samples/0")
