"""The bias audit."""

from __future__ import annotations

from typing import Any

from backend.workspace.events import EventLog

from .common import estimate

METRICS = ("selection_rate", "accuracy", "tpr", "fpr", "precision", "auroc")


ATTRIBUTES = {"sex": ["female", "male"], "age": ["under 40", "40 to 60", "over 60"]}


def audit_bias(log: EventLog, attributes: dict[str, list[str]] = ATTRIBUTES, positive: str = "upright") -> None:
    for attribute_name, names in attributes.items():
        for arm in ("ssl", "scratch_aug"):
            log.append("fairness", fairness(arm, attribute_name, names, positive), key=f"{arm}/{attribute_name}")
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


def fairness(arm: str, attribute_name: str, names: list[str], positive: str) -> dict[str, Any]:
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
        "positive": positive,
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
