"""Pretraining: loss, online kNN, collapse readings, and what it leaves behind."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from backend.workspace.artefacts import Artefacts
from backend.workspace.events import EventLog


def reading(step: int, rank: float, state: str = "healthy", since: int | None = None) -> dict[str, Any]:
    """One `collapse` event's body."""

    def place(dim: int, rank: float) -> dict[str, Any]:
        shares = np.exp(-np.arange(min(dim, 64)) / max(rank / 2, 0.2))
        return {
            "effective_rank": rank,
            "participation_ratio": rank * 0.6,
            "rankme": rank * 1.1,
            "nesum": rank * 0.4,
            "feature_std": 0.09 if state == "healthy" else 0.01,
            "alpha_req": 1.1,
            "self_cluster": 0.1,
            "spectrum": (shares / shares.sum()).tolist(),
            "dim": dim,
        }

    kind = "dimensional" if state == "collapsed" else None
    return {
        "seed": 0,
        "step": step,
        "places": {"backbone": place(64, rank * 0.7), "projector": place(128, rank)},
        "alignment": 0.4,
        "uniformity": -2.4,
        "loss": 3.0,
        "loss_bound": math.log(2 * 64 - 1),
        "verdict": {
            "state": state,
            "kind": kind,
            "place": "projector",
            "since": since,
            "evidence": {"effective_rank": rank},
        },
    }


def pretrain(
    log: EventLog, artefacts: Artefacts, rows: int, collapsed: bool = False, steps: int = 120, unit: str = "images"
) -> None:
    rate = {f"{unit}_per_s": 5200.0}
    for step in range(0, steps + 1, 10):
        numbers = {"seed": 0, "step": step, "steps": 120, "epoch": step // 12, "parts": {}, "lr": 1e-3}
        loss = 4.84 - 2.5 * (1 - math.exp(-step / 40))
        log.append("metrics", {**numbers, "loss": loss, **rate}, key=f"pretrain/0/{step}")
        bad = collapsed and step >= 60
        body = reading(step, 1.6 if bad else 10 + step / 4, "collapsed" if bad else "healthy", 60 if bad else None)
        log.append("collapse", body, key=f"pretrain/0/{step}")
        if step % 40 == 0:
            vote = {"seed": 0, "step": step, "k": 15, "split": "val", "accuracy": 0.5 + step / 400, "chance": 0.5}
            log.append("knn", vote, key=f"pretrain/0/{step}")
    if steps < 120:
        return
    weights = artefacts.put_arrays("encoder/ssl/0", {"w": np.ones(3, dtype=np.float32)})
    done = {"seed": 0, "steps": 120, "seconds": 9.0, **rate}
    log.append("encoder", done, [weights], key="pretrain/0")
    features = np.random.default_rng(0).normal(size=(rows, 8)).astype(np.float32)
    log.append(
        "features",
        {"seed": 0, "dim": 8},
        [artefacts.put_arrays("features/ssl/0", {"features": features})],
        key="pretrain/0",
    )
