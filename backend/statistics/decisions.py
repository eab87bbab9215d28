"""From estimated differences to decisions: gain, loss, equivalent, or neither."""

from __future__ import annotations

from typing import Any

from .equivalence import tost
from .multiplicity import holm
from .paired import Estimate
from .planning import would_decide

ALPHA = 0.05


def judge(estimates: list[Estimate], margin: float, sign: int = 1) -> list[dict[str, Any]]:
    """Decisions for one family of contrasts (the fractions), Holm-adjusted for difference and for equivalence.

    sign: -1 where a lower metric is better, so that a negative difference is a gain.
    """
    differs = holm([e.p for e in estimates])
    same = holm([tost(e, margin) for e in estimates])
    judged = []
    for estimate, p_holm, p_equivalent in zip(estimates, differs, same, strict=True):
        equivalent = p_equivalent is not None and p_equivalent <= ALPHA
        if p_holm is None:
            decision = "not enough data"
        elif p_holm <= ALPHA:
            decision = "gain" if sign * estimate.value > 0 else "loss"
        else:
            decision = "equivalent" if equivalent else "no significant difference"
        open_ = decision == "no significant difference"
        judged.append(
            {
                "difference": estimate.as_interval(),
                "error": estimate.error,
                "p": estimate.p,
                "p_holm": p_holm,
                "p_equivalent": p_equivalent,
                "equivalent": equivalent,
                "decision": decision,
                "cells": estimate.cells,
                "scope": "pretraining" if estimate.seeds_random else "these pretrainings",
                "would_decide": would_decide(estimate.terms, estimate.value, len(estimates)) if open_ else None,
            }
        )
    return judged
