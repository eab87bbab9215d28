"""What a run on text tells otherwise: its tokenizer, its arms, the clusters of its map, its data sheet."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from backend.workspace.artefacts import Artefacts
from backend.workspace.events import EventLog

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
        body = {"arm": arm, "seed": 0, "method": "louvain", "clusters": found, "noise": 0.1}
        log.append("clusters", body, [stored], key=f"{arm}/0")
