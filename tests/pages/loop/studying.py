"""The label-fraction study, and the predictions that the later stages rest on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from backend.workspace.artefacts import Artefacts
from backend.workspace.events import EventLog

from .common import estimate

FRACTIONS = [0.01, 0.1, 1.0]
ARMS = {"ssl": "lpft", "scratch_aug": "end_to_end", "scratch_plain": "end_to_end", "random": "linear"}


def study(log: EventLog, artefacts: Artefacts, table: Any, arms: dict[str, str] = ARMS) -> None:
    counts = {f"{f:g}": max(2, round(120 * f)) for f in FRACTIONS}
    design = {
        "fractions": FRACTIONS,
        "counts": counts,
        "arms": list(arms),
        "methods": ["knn", "linear", "lpft"],
        "subset_seeds": 2,
        "pretrain_seeds": 2,
        "metric": "accuracy",
        "margin": 0.01,
        "quick": True,
        "headline_fraction": 0.1,
        "budget": {"image_passes": 24_000, "max_steps": None},
        "models": 48,
        "validation_rows": 60,
    }
    log.append("study.started", design, key="study")
    rows, contrasts = [], []
    for i, fraction in enumerate(FRACTIONS):
        n = counts[f"{fraction:g}"]
        for j, (arm, method) in enumerate(arms.items()):
            mean = 0.6 + 0.12 * i - 0.03 * j
            rows.append({"arm": arm, "method": method, "fraction": fraction, "n_labels": n, "cells": 4, "best": True})
            rows[-1]["mean"] = estimate(mean, 0.03)
            for subset in range(2):
                got = {"accuracy": mean, "balanced_accuracy": mean, "auroc": mean + 0.05}
                cell = {"arm": arm, "method": method, "fraction": fraction, "n_labels": n, "subset_seed": subset}
                cell |= {"pretrain_seed": 0, "val": got, "chosen": {"penalty": 1e-2}, "test_digest": "e" * 64}
                log.append("study.cell", cell, key=f"{arm}/{method}/{fraction}/{subset}/0")
        against = {"fraction": fraction, "against": "scratch_aug", "difference": estimate(0.03, 0.02 + 0.02 * i)}
        decision = "gain" if i == 0 else "no significant difference"
        against |= {"n_labels": n, "method": "lpft", "against_method": "end_to_end", "p": 0.01, "p_holm": 0.03}
        contrasts.append({**against, "p_equivalent": 0.9, "equivalent": False, "decision": decision, "cells": 4})
        contrasts[-1] |= {"scope": "these pretrainings", "error": 0.01}
    names = {"against": "random", "against_method": "linear"}
    strongest = [{**c, **names, "decision": "loss", "difference": estimate(-0.02, 0.01)} for c in contrasts]
    sealed = {"digest": "d" * 64, "models": 48, "predictions_digest": "f" * 64}
    log.append("study.test_read", {"when": "2026-01-01T10:00:30.000000Z", "rows": 60, **sealed}, key="test")
    verdict = {
        "metric": "accuracy",
        "margin": 0.01,
        "quick": True,
        "best_method": "lpft",
        "table": rows,
        "contrasts": contrasts,
        "headline_fraction": 0.1,
        "strongest": strongest,
        "beside": [],
        "efficiency": {"target": 0.81, "fraction": estimate(0.5, 0.2), "note": ""},
        "headline": contrasts[1],
        "subset_seeds": 2,
        "pretrain_seeds": 2,
        "test_rows": 60,
    }
    log.append("study.verdict", verdict, key="study")
    for arm in ("ssl", "scratch_aug"):
        predictions(log, artefacts, table, arm, arms[arm])


def predictions(log: EventLog, artefacts: Artefacts, table: Any, arm: str, method: str) -> None:
    kept = table[table["split"] != "train"]
    rng = np.random.default_rng(len(arm))
    right = rng.random(len(kept)) < 0.85
    predicted = np.where(right, kept["label"], 1 - kept["label"])
    p1 = np.clip(np.where(predicted == 1, 0.8, 0.2) + rng.normal(0, 0.05, len(kept)), 0.01, 0.99)
    columns = {
        "row": kept["row"].to_numpy(),
        "split": kept["split"].to_numpy().astype(str),
        "label": kept["label"].to_numpy(),
        "predicted": predicted,
        "p_0": 1 - p1,
        "p_1": p1,
    }
    stored = artefacts.put_table(f"predictions/{arm}", pa.table(columns))
    body = {"arm": arm, "method": method, "fraction": 1.0, "subset_seed": 0, "pretrain_seed": 0, "temperature": None}
    log.append("predictions", body, [stored], key=f"{arm}/1.0/0/0")
    weights = artefacts.put_arrays(f"classifier/{arm}", {"w": np.zeros(2, dtype=np.float32)})
    log.append("classifier", {k: v for k, v in body.items() if k != "temperature"}, [weights], key=f"{arm}/1.0")
