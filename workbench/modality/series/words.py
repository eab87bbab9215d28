"""What is particular to sensor series in sentences and tables. Pure."""

from __future__ import annotations

from typing import Any, ClassVar

from ...verdicts import arms as shared
from .._words import Words
from .sheet_words import lasting

LINEAR, CONVOLUTIONS = "table_linear", "random_convolutions"
STATISTICS = ("table_linear", "tuned_boosting", "lightgbm_boosting")  # models of statistics of each channel


class SeriesWords(Words):
    hint = "Readings: .parquet, .csv, .tsv, .npz, .ts"

    arms: ClassVar = shared.ARM | {
        "scratch_aug": "the same network trained from scratch",
        "random": "a probe on the untrained network",
        "classical": "a model without a network",
    }
    arm_names: ClassVar = shared.ARM_NAME | {
        "scratch_aug": "Network from scratch",
        "random": "Untrained network + probe",
        "classical": "Model without a network",
    }
    rule = (
        shared.PAIRED
        + "the network from scratch starts from the same fresh weights as pretraining. Label subsets are of "
        f"whole units.{shared.TESTED}"
    )
    baselines: ClassVar = {
        "scratch_aug": (
            "The same network from fresh weights, trained on the labelled windows with as many passes over windows as "
            "pretraining and fine-tuning together; stopped early on validation.",
            shared.HEADLINE,
        ),
        "random": (
            "The network before any training: a linear probe on its features or, where the study joins statistics and "
            "embedding, the same trees on both; whichever is better on validation.",
            "The encoder learned something.",
        ),
        "classical": (
            "Whichever is best on validation of: random convolutions of the window and a ridge classifier, boosted "
            "trees (scikit-learn and LightGBM, tuned on validation) or a linear model on statistics of each channel "
            "(mean, deviation, slope, least, most and last value, roughness, share missing), the last reading, the age "
            "of the unit, and never alarming.",
            "A network is worth its cost. On sensors it often is not: then the verdict says what to use.",
        ),
    }
    beside: ClassVar = {
        "gain": "The frozen embedding beside window statistics helps trees",
        "loss": "The frozen embedding beside window statistics harms trees",
        "equivalent": "The frozen embedding beside window statistics makes no difference to trees",
        "no significant difference": "Undecided whether the frozen embedding helps trees beside window statistics",
        "not enough data": "Not enough data to say whether the frozen embedding helps trees beside window statistics",
    }

    part = "pieces"
    makes, made = "scores", "scored the pieces"
    judged, certified = "method", "window"
    controls: ClassVar = ("random_scores", "distance_from_mean")
    noise = "random scores"
    passes = (
        "A method passes when it beats both controls. It must depend on the model: the rank correlation of its scores "
        "with those of a re-initialised model stays below 0.5, where the distance of a piece from its channel's mean "
        "scores 1. And it must be faithful: pieces that it ranks high move the class's probability more than pieces in "
        "random order, the 95 % interval of the difference excluding 0, where random scores score 0. A piece is some "
        "steps of one channel; it is taken away by laying it flat at the channel's training mean."
    )
    repeated = "same readings"

    def rival(self, arm: str, method: str) -> str:
        named = super().rival(arm, method)
        if arm == "random" and method != "linear":
            return f"{shared.method(method)} of an untrained encoder"
        if arm == "classical" and method in STATISTICS:
            return f"{'a ' if method == LINEAR else ''}{named} on window statistics"
        return named

    def use(self, arm: str, method: str) -> str:
        if arm != "classical":
            return ""
        return {LINEAR: "a linear model", CONVOLUTIONS: "random convolutions"}.get(
            method, "trees on window statistics" if method in STATISTICS else ""
        )

    def extent(self, manifest: dict[str, Any], sheet: dict[str, Any]) -> list[str]:
        told = sheet["series"]
        unit = told["time"]["unit"]
        step = lasting(told["step"], unit) if unit else f"{told['step']:g}"
        return [
            f"{manifest['units']:,} units",
            f"{told['readings']:,} readings of {manifest['channels']:,} channels",
            f"windows of {manifest['length']:,} steps of {step}",
        ]

    def shell_lines(self, sheet: dict[str, Any]) -> list[str]:
        told = sheet["series"]
        each = ", ".join(f"{split} {n:,}" for split, n in told["units"].items())
        return [f"units: {each}; a window of {told['window']:,} steps ends every {told['stride']:,}"]


WORDS = SeriesWords("series")
