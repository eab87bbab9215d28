"""What a study of tables says: its arms, what beating each of them means, and when trees are to be used. Pure."""

from __future__ import annotations

from typing import ClassVar

from ...verdicts import arms as shared
from .._words import Words

LINEAR = "table_linear"


class StudyWords(Words):
    arms: ClassVar = shared.ARM | {
        "random": "a readout of an untrained encoder",
        "classical": "a model on the raw columns",
    }
    arm_names: ClassVar = shared.ARM_NAME | {
        "random": "Untrained encoder + readout",
        "classical": "Raw columns, no network",
    }
    baselines: ClassVar = {
        "scratch_aug": (
            "The same network from fresh weights, trained on the labelled rows with as many passes over rows as "
            "pretraining and fine-tuning together; stopped early on validation.",
            shared.HEADLINE,
        ),
        "random": (
            "The network before any training: a linear probe on its features or, where the study joins columns and "
            "embedding, the same trees on both; whichever is better on validation.",
            "The encoder learned something.",
        ),
        "classical": (
            "Boosted trees (scikit-learn and LightGBM, tuned on validation with the same budget; also with "
            "pseudo-labels of the rows without a label) or a linear model on the raw columns, whichever is better on "
            "validation.",
            "A network is worth its cost. On tables it often is not: then the verdict says to use trees.",
        ),
    }

    beside: ClassVar = {
        "gain": "The frozen embedding beside the raw columns helps trees",
        "loss": "The frozen embedding beside the raw columns harms trees",
        "equivalent": "The frozen embedding beside the raw columns makes no difference to trees",
        "no significant difference": "Undecided whether the frozen embedding helps trees beside the raw columns",
        "not enough data": "Not enough data to say whether the frozen embedding helps trees beside the raw columns",
    }

    def rival(self, arm: str, method: str) -> str:
        named = super().rival(arm, method)
        if arm == "random" and method != "linear":
            return f"{shared.method(method)} of an untrained encoder"
        if arm != "classical":
            return named
        return f"{'a ' if method == LINEAR else ''}{named} on the raw columns"

    def use(self, arm: str, method: str) -> str:
        if arm != "classical":
            return ""
        return "a linear model" if method == LINEAR else "trees"
