"""Explanations of images and their controls."""

from __future__ import annotations

from typing import Any

import numpy as np

from backend.workspace.artefacts import Artefacts
from backend.workspace.events import EventLog

from .common import estimate

MAPS = ["integrated_gradients", "saliency", "layer_gradcam"]


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
