"""A whole run as its worker would tell it: every event of docs/events.md, with small made-up numbers.

Pages and reports read events and artefacts alone, so this is all that they need to be tested, without training.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa

from backend.workspace.artefacts import Artefacts
from backend.workspace.events import EventLog

FRACTIONS = [0.01, 0.1, 1.0]
ARMS = {"ssl": "lpft", "scratch_aug": "end_to_end", "scratch_plain": "end_to_end", "random": "linear"}
SEEDS = {"subset_seeds": 2, "pretrain_seeds": 1}
MAPS = ["integrated_gradients", "saliency", "layer_gradcam"]
SHEET = {
    "counts": {"train": 120, "val": 60, "test": 60},
    "class_counts": {s: {"level": n // 2, "upright": n // 2} for s, n in (("train", 120), ("val", 60), ("test", 60))},
    "crosses": {
        "sex": {"female": {"level": 62, "upright": 60}, "male": {"level": 58, "upright": 60}},
        "age": {
            "under 40": {"level": 40, "upright": 41},
            "40 to 60": {"level": 39, "upright": 40},
            "over 60": {"level": 41, "upright": 39},
        },
    },
    "missing": {"age": 3},
    "sizes": [[16, 16, 240]],
    "resized_to": None,
    "duplicates": {
        "exact_within": {"train": 2, "val": 0, "test": 0},
        "exact_across": [{"splits": ["train", "val"], "count": 8, "pairs": [[0, 130]]}],
        "near_across": [],
        "near_complete": True,
    },
    "orders": {"sex": ["female", "male"], "age": ["under 40", "40 to 60", "over 60"]},
    "group_leaks": [],
    "warnings": ["8 validation images also stand in train: the validation score is biased upwards."],
    "source": {"kind": "builtin", "name": "bars", "bytes": 61440, "sha256": "0" * 64},
    "label": {
        "column": "label",
        "classes": ["level", "upright"],
        "positive": "upright",
        "missing": 0,
        "group": "group",
        "split": None,
        "made": ["train", "val", "test"],
    },
    "digest": "0" * 64,
}


def estimate(value: float, half: float) -> dict[str, float]:
    return {"value": value, "low": value - half, "high": value + half}


def begin(log: EventLog, recipe: dict[str, Any], manifest: dict[str, Any]) -> None:
    body = {
        "recipe": recipe,
        "code": {"version": "0.1.0", "digest": "c" * 64},
        "packages": {"torch": "2.13.0", "numpy": "2.4.0"},
        "python": "3.11.7",
        "platform": "Linux",
        "device": {"type": "cpu", "name": "cpu", "threads": 2},
        "dataset": {"name": manifest["name"], "digest": manifest["digest"]},
    }
    log.append("run.started", body, key="start")


def end(log: EventLog) -> None:
    log.append("run.finished", {"seconds": 61.0}, key="end")


def stage(log: EventLog, name: str, tell, *arguments: Any) -> None:
    log.append("stage.started", {"stage": name}, key=name)
    tell(log, *arguments)
    log.append("stage.finished", {"stage": name, "seconds": 12.0}, key=name)


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


def pretrain(log: EventLog, artefacts: Artefacts, rows: int, collapsed: bool = False, steps: int = 120) -> None:
    for step in range(0, steps + 1, 10):
        numbers = {"seed": 0, "step": step, "steps": 120, "epoch": step // 12, "parts": {}, "lr": 1e-3}
        loss = 4.84 - 2.5 * (1 - math.exp(-step / 40))
        log.append("metrics", {**numbers, "loss": loss, "images_per_s": 5200.0}, key=f"pretrain/0/{step}")
        bad = collapsed and step >= 60
        body = reading(step, 1.6 if bad else 10 + step / 4, "collapsed" if bad else "healthy", 60 if bad else None)
        log.append("collapse", body, key=f"pretrain/0/{step}")
        if step % 40 == 0:
            vote = {"seed": 0, "step": step, "k": 15, "split": "val", "accuracy": 0.5 + step / 400, "chance": 0.5}
            log.append("knn", vote, key=f"pretrain/0/{step}")
    if steps < 120:
        return
    weights = artefacts.put_arrays("encoder/ssl/0", {"w": np.ones(3, dtype=np.float32)})
    done = {"seed": 0, "steps": 120, "seconds": 9.0, "images_per_s": 5200.0}
    log.append("encoder", done, [weights], key="pretrain/0")
    features = np.random.default_rng(0).normal(size=(rows, 8)).astype(np.float32)
    log.append(
        "features",
        {"seed": 0, "dim": 8},
        [artefacts.put_arrays("features/ssl/0", {"features": features})],
        key="pretrain/0",
    )


def study(log: EventLog, artefacts: Artefacts, table: Any) -> None:
    counts = {f"{f:g}": max(2, round(120 * f)) for f in FRACTIONS}
    design = {
        "fractions": FRACTIONS,
        "counts": counts,
        "arms": list(ARMS),
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
        for j, (arm, method) in enumerate(ARMS.items()):
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
        contrasts[-1]["scope"] = "these pretrainings"
    sealed = {"digest": "d" * 64, "models": 48, "predictions_digest": "f" * 64}
    log.append("study.test_read", {"when": "2026-01-01T10:00:30.000000Z", "rows": 60, **sealed}, key="test")
    verdict = {
        "metric": "accuracy",
        "margin": 0.01,
        "quick": True,
        "best_method": "lpft",
        "table": rows,
        "contrasts": contrasts,
        "efficiency": {"target": 0.81, "fraction": estimate(0.5, 0.2), "note": ""},
        "headline": contrasts[1],
        "subset_seeds": 2,
        "pretrain_seeds": 2,
        "test_rows": 60,
    }
    log.append("study.verdict", verdict, key="study")
    for arm in ("ssl", "scratch_aug"):
        predictions(log, artefacts, table, arm)


def predictions(log: EventLog, artefacts: Artefacts, table: Any, arm: str) -> None:
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
    body = {"arm": arm, "method": ARMS[arm], "fraction": 1.0, "subset_seed": 0, "pretrain_seed": 0, "temperature": None}
    log.append("predictions", body, [stored], key=f"{arm}/1.0/0/0")
    weights = artefacts.put_arrays(f"classifier/{arm}", {"w": np.zeros(2, dtype=np.float32)})
    log.append("classifier", {k: v for k, v in body.items() if k != "temperature"}, [weights], key=f"{arm}/1.0")


def project(log: EventLog, artefacts: Artefacts, table: Any) -> None:
    n = len(table)
    index = ((np.arange(n)[:, None] + 1 + np.arange(15)[None]) % n).astype(np.int32)
    arrays = {"index": index, "cosine": np.full((n, 15), 0.9, np.float32), "rows": np.arange(n, dtype=np.int64)}
    for arm in ("ssl", "random"):
        gain = estimate(0.2, 0.05) if arm == "ssl" else None
        body = {"arm": arm, "seed": 0, "k": 15, "points": n, "chance": 0.5, "gain_over_random": gain}
        body["hit"] = estimate(0.92 if arm == "ssl" else 0.72, 0.02)
        log.append("neighbours", body, [artefacts.put_arrays(f"neighbours/{arm}", arrays)], key=f"{arm}/0")
    for arm, method, dimensions in [("ssl", m, d) for m in ("umap", "pca") for d in (2, 3)] + [("random", "pca", 2)]:
        projection(log, artefacts, table, arm, method, dimensions)


def projection(log: EventLog, artefacts: Artefacts, table: Any, arm: str, method: str, dimensions: int) -> None:
    n = len(table)
    rng = np.random.default_rng(dimensions)
    spread = (rng.normal(size=(n, dimensions)) + 3 * table["label"].to_numpy()[:, None]).astype(np.float32)
    columns = {"row": np.arange(n)} | {c: spread[:, i] for i, c in enumerate("xyz"[:dimensions])}
    columns["kept"] = rng.random(n).astype(np.float32)
    fidelity = {"k": 15, "trustworthiness": 0.93, "trustworthiness_points": n, "knn_kept": 0.41}
    fidelity |= {"neighbour_hit_map": 0.9, "neighbour_hit_true": 0.92}
    body = {"arm": arm, "method": method, "dimensions": dimensions, "seed": 0, "points": n, "rows": n, "seconds": 1.5}
    stored = artefacts.put_table(f"projection/{arm}/{method}/{dimensions}", pa.table(columns))
    log.append(
        "projection", {**body, "params": {}, "fidelity": fidelity}, [stored], key=f"{arm}/{method}/{dimensions}/0"
    )


def attribute(log: EventLog, artefacts: Artefacts, rows: list[int], size: int = 16) -> None:
    rng = np.random.default_rng(2)
    n = len(rows)
    label = [i % 2 for i in range(n)]
    known = {
        "target": "predicted",
        "rows": rows,
        "label": label,
        "predicted": [1, *label[1:]],
        "probability": [0.9] * n,
    }
    means = {"signal": estimate(0.6, 0.05), "shortcut": estimate(0.1, 0.02)}
    shares = {"signal": [0.6] * n, "shortcut": [0.1] * n}
    for arm in ("ssl", "scratch_aug"):
        for method in MAPS:
            maps = rng.normal(size=(n, size, size)).astype(np.float32)
            worst = {"errors": [0.004] * (n - 1) + [0.02], "certified": 1 - 1 / n, "worst": 0.02, "tolerance": 0.01}
            body = {**known, "arm": arm, "method": method, "layer": None, "planted": shares, "planted_mean": means}
            body |= {"completeness": worst if method == "integrated_gradients" else None, "steps": [64] * n}
            stored = artefacts.put_arrays(f"maps/{arm}/{method}", {"maps": maps})
            log.append("attribution", body, [stored], key=f"{arm}/{method}")
        controls(log, artefacts, arm, known)


def controls(log: EventLog, artefacts: Artefacts, arm: str, known: dict[str, Any]) -> None:
    fails = ["random_map", "input_copy"]
    names = [*MAPS, *fails]
    weak = {"signal": estimate(0.05, 0.02), "shortcut": estimate(0.04, 0.02)}
    curve = {"deletion": [0.9, 0.4, 0.1], "insertion": [0.1, 0.6, 0.9]}
    body = {
        **known,
        "arm": arm,
        "planted": {c: {"signal": [0.05], "shortcut": [0.04]} for c in fails},
        "planted_mean": dict.fromkeys(fails, weak),
        "planted_area": {"signal": 0.06, "shortcut": 0.03},
        "randomisation": dict.fromkeys(MAPS, 0.06) | {"random_map": 0.01, "input_copy": 1.0},
        "deletion": dict.fromkeys(MAPS, 0.1) | {"random_map": 0.41, "input_copy": 0.2},
        "insertion": dict.fromkeys(MAPS, 0.8) | {"random_map": 0.5, "input_copy": 0.6},
        "faithfulness": dict.fromkeys(MAPS, estimate(0.5, 0.1)) | dict.fromkeys(fails, estimate(0.0, 0.1)),
        "curves": {"fractions": [0.0, 0.5, 1.0], **dict.fromkeys(names, curve)},
        "agreement": {a: {b: 1.0 if a == b else 0.3 for b in names} for a in names},
        "verdict": {
            m: {"passes": m in MAPS, "why": "follows the model" if m in MAPS else "does not follow the model"}
            for m in names
        },
    }
    noise = np.random.default_rng(3).normal(size=(len(known["rows"]), 16, 16)).astype(np.float32)
    stored = [artefacts.put_arrays(f"maps/{arm}/{c}", {"maps": noise}) for c in fails]
    log.append("attribution.controls", body, stored, key=arm)


METRICS = ("selection_rate", "accuracy", "tpr", "fpr", "precision", "auroc")


def audit_bias(log: EventLog) -> None:
    for attribute_name, names in {"sex": ["female", "male"], "age": ["under 40", "40 to 60", "over 60"]}.items():
        for arm in ("ssl", "scratch_aug"):
            log.append("fairness", fairness(arm, attribute_name, names), key=f"{arm}/{attribute_name}")
        gap = {"groups": names[:2], "ssl_gap": estimate(0.05, 0.1), "supervised_gap": estimate(0.06, 0.1)}
        gap |= {"difference": estimate(-0.01, 0.05), "p": 0.7, "p_holm": 1.0, "decision": "no significant difference"}
        shared = {"attribute": attribute_name, "fraction": 1.0, "pairs": 2}
        log.append(
            "fairness.contrast", {**shared, "metrics": dict.fromkeys(METRICS, gap), "notes": []}, key=attribute_name
        )
        measure = {
            "ssl": estimate(0.01, 0.02),
            "scratch_aug": estimate(0.02, 0.02),
            "difference": estimate(-0.01, 0.03),
        }
        measure |= {"p": 0.5, "percent": None}
        body = {**shared, **measure, "zhao_2017": measure, "notes": []}
        log.append("fairness.amplification", body, key=attribute_name)


def fairness(arm: str, attribute_name: str, names: list[str]) -> dict[str, Any]:
    """One `fairness` event's body; the third group is too small to say anything of."""
    groups = []
    for i, group in enumerate(names):
        enough, n = i < 2, 30 if i < 2 else 9
        rest = {**estimate(0.05, 0.1), "p": 0.4, "p_holm": 0.9} if enough else None
        rate = {**estimate(0.8 - 0.05 * i, 0.1), "trials": n, "enough": enough, "versus_rest": rest}
        groups.append(
            {"group": group, "n": n, "n_positive": n // 2, "enough": enough, "metrics": dict.fromkeys(METRICS, rate)}
        )
    gap = {"max_min": 0.05, "value_low": 0.0, "value_high": 0.2, "groups": names[:2], "p": 0.4, "p_holm": 0.9}
    return {
        "arm": arm,
        "attribute": attribute_name,
        "split": "test",
        "fraction": 1.0,
        "positive": "upright",
        "min_group": 30,
        "seeds": {"subset_seed": 0, "pretrain_seed": 0},
        "groups": groups,
        "overall": {m: estimate(0.79, 0.06) for m in METRICS},
        "gaps": dict.fromkeys(METRICS, gap),
        "demographic_parity_difference": estimate(0.05, 0.05),
        "demographic_parity_ratio": estimate(0.93, 0.1),
        "equalised_odds_difference": estimate(0.06, 0.05),
        "notes": [],
    }
