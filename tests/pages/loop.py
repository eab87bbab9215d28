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
    },
    "group_leaks": [],
    "warnings": ["8 validation images stand in train too."],
    "source": {"kind": "builtin", "name": "bars", "bytes": 61440, "sha256": "0" * 64},
    "label": {"column": "label", "classes": ["level", "upright"], "positive": "upright"},
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
    rng = np.random.default_rng(1)
    index = ((np.arange(n)[:, None] + 1 + np.arange(15)[None]) % n).astype(np.int32)
    hit = {"random": {"value": 0.61, "low": 0.58, "high": 0.64}, "ssl": {"value": 0.92, "low": 0.9, "high": 0.94}}
    gain = {"random": None, "ssl": {"value": 0.31, "low": 0.27, "high": 0.35}}
    for arm in ("random", "ssl"):
        cosine = np.sort(rng.uniform(0.5, 1, (n, 15)).astype(np.float32))[:, ::-1]
        stored = artefacts.put_arrays(
            f"neighbours/{arm}", {"index": index, "cosine": cosine, "rows": np.arange(n, dtype=np.int64)}
        )
        body = {"arm": arm, "seed": 0, "k": 15, "points": n, "hit": hit[arm], "chance": 0.5}
        log.append("neighbours", {**body, "gain_over_random": gain[arm]}, [stored], key=f"{arm}/0")
    maps = [("ssl", m, d) for d in (2, 3) for m in ("umap", "pca")] + [("random", m, 2) for m in ("umap", "pca")]
    for arm, method, dimensions in maps:
        spread = rng.normal(size=(n, dimensions)) + 3 * table["label"].to_numpy()[:, None]
        columns = {"row": np.arange(n)} | {c: spread[:, i] for i, c in enumerate("xyz"[:dimensions])}
        columns["kept"] = rng.random(n)
        body = {
            "arm": arm,
            "method": method,
            "dimensions": dimensions,
            "seed": 0,
            "points": n,
            "rows": n,
            "seconds": 1.5,
            "params": {"n_neighbors": 15},
            "fidelity": {
                "k": 15,
                "trustworthiness": 0.93,
                "trustworthiness_points": n,
                "knn_kept": 0.41,
                "neighbour_hit_map": 0.95,
                "neighbour_hit_true": hit[arm]["value"],
            },
        }
        stored = artefacts.put_table(f"projection/{arm}/{method}/{dimensions}", pa.table(columns))
        log.append("projection", body, [stored], key=f"{arm}/{method}/{dimensions}/0")


def attribute(log: EventLog, artefacts: Artefacts, rows: list[int], size: int = 16) -> None:
    """Every method passes and both controls fail; one Integrated Gradients map is not certified."""
    rng, n = np.random.default_rng(2), len(rows)
    controls = ("random_map", "input_copy")
    guess = [i % 2 for i in range(n)]
    for arm in ("ssl", "scratch_aug"):
        said = {
            "arm": arm,
            "target": "predicted",
            "rows": rows,
            "label": [*guess[:-1], 1 - guess[-1]],
            "predicted": guess,
            "probability": [0.9] * n,
        }
        stored = {
            m: artefacts.put_arrays(f"maps/{arm}/{m}", {"maps": rng.normal(size=(n, size, size)).astype(np.float32)})
            for m in (*MAPS, *controls)
        }
        for method in MAPS:
            complete = method == "integrated_gradients"
            errors = [0.004] * (n - 1) + [0.03]
            done = {"errors": errors, "certified": 1 - 1 / n, "worst": 0.03, "tolerance": 0.01}
            body = said | {
                "method": method,
                "layer": "encoder.layers.2" if method == "layer_gradcam" else None,
                "completeness": done if complete else None,
                "steps": [64] * n if complete else None,
                "planted": {"signal": [0.6] * n, "shortcut": [None] * n},
                "planted_mean": {"signal": estimate(0.6, 0.1), "shortcut": dict.fromkeys(("value", "low", "high"))},
            }
            log.append("attribution", body, [stored[method]], key=f"{arm}/{method}")
        names = [*MAPS, *controls]
        shares = {"signal": [0.1] * n, "shortcut": [None] * n}
        means = {"signal": estimate(0.1, 0.02), "shortcut": dict.fromkeys(("value", "low", "high"))}
        falling, rising = [0.9 - 0.08 * i for i in range(11)], [0.1 + 0.08 * i for i in range(11)]
        body = said | {
            "randomisation": dict.fromkeys(MAPS, 0.06) | {"random_map": 0.03, "input_copy": 1.0},
            "deletion": dict.fromkeys(MAPS, 0.1) | {"random_map": 0.41, "input_copy": 0.2},
            "insertion": dict.fromkeys(MAPS, 0.8) | {"random_map": 0.41, "input_copy": 0.6},
            "faithfulness": dict.fromkeys(MAPS, estimate(0.7, 0.2))
            | {"random_map": {"value": 0.0, "low": 0.0, "high": 0.0}, "input_copy": estimate(0.4, 0.2)},
            "curves": {
                "fractions": [i / 10 for i in range(11)],
                **{m: {"deletion": falling, "insertion": rising} for m in names},
            },
            "agreement": {a: {b: 1.0 if a == b else 0.3 for b in names} for a in names},
            "verdict": {
                m: {"passes": m in MAPS, "why": "follows the model" if m in MAPS else "does not follow the model"}
                for m in names
            },
            "planted": dict.fromkeys(controls, shares),
            "planted_mean": dict.fromkeys(controls, means),
            "planted_area": {"signal": 0.1, "shortcut": None},
        }
        log.append("attribution.controls", body, [stored[c] for c in controls], key=arm)


METRICS = ("selection_rate", "accuracy", "tpr", "fpr", "precision", "auroc")


def audit_bias(log: EventLog) -> None:
    groups = {"sex": ["female", "male"], "age": ["under 40", "40 to 60", "over 60"]}
    for attribute_name, names in groups.items():
        for arm in ("ssl", "scratch_aug"):
            body = {
                "arm": arm,
                "attribute": attribute_name,
                "split": "test",
                "fraction": 1.0,
                "positive": "upright",
                "min_group": 10,
                "seeds": {"subset_seed": 0, "pretrain_seed": 0},
                "groups": [group(name, i, attribute_name == "age" and i == 2) for i, name in enumerate(names)],
                "overall": {m: estimate(0.79, 0.06) for m in METRICS},
                "gaps": {m: gap(names[:2], attribute_name == "sex" and m == "tpr") for m in METRICS},
                "demographic_parity_difference": estimate(0.05, 0.05),
                "demographic_parity_ratio": estimate(0.93, 0.1),
                "equalised_odds_difference": estimate(0.06, 0.05),
                "notes": ["Of the model with label subset seed 0 and pretraining seed 0."],
            }
            log.append("fairness", body, key=f"{arm}/{attribute_name}")
        head = {"attribute": attribute_name, "fraction": 1.0, "pairs": 2, "notes": ["Mean over 2 seed pairs."]}
        contrast = {"groups": names[:2], "ssl_gap": estimate(0.05, 0.04), "supervised_gap": estimate(0.06, 0.04)}
        contrast |= {"difference": estimate(-0.01, 0.05), "p": 0.7, "p_holm": 1.0}
        contrast |= {"decision": "no significant difference"}
        log.append("fairness.contrast", head | {"metrics": dict.fromkeys(METRICS, contrast)}, key=attribute_name)
        amplified = {"ssl": estimate(0.01, 0.02), "scratch_aug": estimate(0.02, 0.02)}
        amplified |= {"difference": estimate(-0.01, 0.03), "p": 0.5, "percent": None}
        log.append("fairness.amplification", head | amplified | {"zhao_2017": amplified}, key=attribute_name)


def group(name: str, place: int, small: bool) -> dict[str, Any]:
    """One row of a group table; a small group is shown and takes part in no test."""
    rest = {**estimate(0.05, 0.08), "p": 0.4, "p_holm": 0.9}
    metric = {**estimate(0.8 - 0.05 * place, 0.1), "trials": 4 if small else 15, "enough": not small}
    metrics = {m: {**metric, "versus_rest": None if small else rest} for m in METRICS}
    return {
        "group": name,
        "n": 9 if small else 30,
        "n_positive": 4 if small else 15,
        "enough": not small,
        "metrics": metrics,
    }


def gap(names: list[str], found: bool) -> dict[str, Any]:
    p = {"p": 0.0002, "p_holm": 0.004} if found else {"p": 0.4, "p_holm": 0.9}
    return {"max_min": 0.05, "value_low": 0.0, "value_high": 0.2, "groups": names, **p}
