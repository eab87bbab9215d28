"""What the stage "decide" tells, of made-up scores: its own functions on three label subsets of models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from backend.workspace.artefacts import Artefacts
from backend.workspace.events import EventLog

from .studying import FRACTIONS

ARMS = ("ssl", "scratch_aug", "classical")
PLAN = {
    "costs": {"miss": 200.0, "false_alarm": 10.0, "inspection": 5.0},
    "unit": "EUR",
    "budget": 0.05,
    "detection": 0.8,
    "threshold": 15 / 210,
    "label": "fraud",
    "positive": "yes",
    "fractions": [0.1, 1.0],
    "calibrations": ["none", "temperature", "isotonic"],
    "validation": {"rows": 400, "positive": 24},
}


def told(skill: dict[str, float], rows: int = 900, subsets: int = 4, seed: int = 0) -> tuple[dict, list, list]:
    """(body of `decide.verdict`, rows of `decide/budgets`, of `decide/thresholds`) of arms that know `skill` of what
    makes a row positive."""
    from scipy.special import expit

    from backend.stages._decide_measures import Asked, Scored, budget_rows, contrast, measured, policy, threshold_rows
    from backend.stages._decide_models import Fleet, Model
    from backend.stages.decide import Deciding, judge
    from backend.statistics.costs import Costs

    asked = Asked(Costs(**PLAN["costs"]), PLAN["budget"], PLAN["detection"])
    rng = np.random.default_rng(seed)
    tells = rng.normal(size=rows)
    event = rng.random(rows) < expit(-3.5 + 2 * tells)
    deciding = Deciding.__new__(Deciding)
    deciding.asked, deciding.event, deciding.groups = asked, event, None
    table, contrasts, budgets, thresholds = [], [], [], []
    for fraction in PLAN["fractions"]:
        ours = None
        for arm, knows in skill.items():
            noise = rng.normal(size=(subsets, 1, rows))
            raw = expit(-3 + 2 * (knows * tells + (1 - knows) * noise))
            models = [
                Model(raw[0, 0], raw[0, 0], "isotonic", 1.0, {"none": 0.1, "temperature": 0.1, "isotonic": 0.09}, 0.5)
            ]
            fleet = Fleet(arm, "linear", fraction, raw, raw**1.1, np.full((subsets, 1), 0.5), models)
            scored = Scored(fleet, event, None, asked)
            ours = ours or scored
            table.append(
                {
                    "arm": arm,
                    "method": "linear",
                    "fraction": fraction,
                    "n_labels": 120,
                    "models": subsets,
                    "measures": measured(scored),
                    "at_cost": policy(
                        scored, scored.at_threshold(PLAN["threshold"]), {"calibrated": PLAN["threshold"]}
                    ),
                    "at_budget": policy(
                        scored, scored.at_budget_of_validation(), {"median": 0.5, "least": 0.4, "most": 0.6}
                    ),
                    "calibration": deciding.calibration(fleet),
                }
            )
            for pair in [(scored, None)] + ([] if arm == "ssl" else [(ours, scored)]):
                budgets += budget_rows(*pair)
                thresholds += threshold_rows(*pair)
            if arm != "ssl":
                contrasts.append(
                    {
                        "fraction": fraction,
                        "against": arm,
                        "method": "linear",
                        "against_method": "linear",
                        "measures": contrast(ours, scored),
                    }
                )
    judge(contrasts)
    body = {
        "positive": "yes",
        "headline_fraction": FRACTIONS[1],
        "test": {"rows": rows, "positive": int(event.sum())},
        "subset_seeds": subsets,
        "pretrain_seeds": 1,
        "quick": True,
        "grouped": False,
        "table": table,
        "contrasts": contrasts,
        "references": deciding.references(ours),
    }
    return body, budgets, thresholds


def decide(log: EventLog, artefacts: Artefacts, skill: dict[str, float] | None = None, **more: Any) -> None:
    skill = skill or dict(zip(ARMS, (0.95, 0.3, 0.9), strict=True))
    body, budgets, thresholds = told(skill, **more)
    log.append("decide.plan", PLAN, key="plan")
    saved = [
        artefacts.put_table(f"decide/{name}", pa.Table.from_pylist(rows))
        for name, rows in (("budgets", budgets), ("thresholds", thresholds))
    ]
    log.append("decide.verdict", body, saved, key="decide")
