"""What a label-fraction study fits, counted from a recipe before anything is computed: arms, methods, seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .. import exports
from ..modality import modality
from .sections import Finetune

BASELINE_METHODS = {
    "scratch_aug": ("end_to_end",),
    "scratch_plain": ("end_to_end",),
    "random": ("linear",),
    "reference": ("linear",),
}
# These do not depend on a pretraining seed: one model a subset, paired with every pretraining of that subset.
UNSEEDED = ("scratch_plain", "classical", "reference")
PROBES = {"logistic": "linear", "ridge": "linear"}  # what the linear probe is called on raw data
Arms = Mapping[str, tuple[str, ...]]


def arms(asked: Finetune, kind: str, target: str) -> dict[str, tuple[str, ...]]:
    """{arm: its methods} of a study of this kind of data, whose target is of this type."""
    of = modality(kind)
    raw = of.classical_of_numbers if target == "number" else of.classical
    told = {
        **BASELINE_METHODS,
        "classical": tuple(name for name in raw if takes(name, target)),
        "random": (*BASELINE_METHODS["random"], *joined(asked.methods)),
    }
    return {"ssl": tuple(asked.methods), **{arm: told[arm] for arm in asked.baselines}}


def takes(method: str, target: str) -> bool:
    """Does a method of `finetune` learn this type of target? Its own file says."""
    return target in exports.targets("finetune", PROBES.get(method, method), ("class", "event"))


def joined(methods: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """{method: the methods that are the same but for the encoder} of those that read the raw data and the features.

    Only the same method on an untrained encoder tells whether what it gains is owed to pretraining.
    """
    found = {method: exports.says("finetune", method).get("without", ()) for method in methods}
    return {method: tuple(same) for method, same in found.items() if same}


def models(asked: Finetune, arms: Arms) -> dict[tuple[str, str, float], int]:
    """{(arm, method, fraction): how many models}, of a study that no plan resizes."""
    return {
        (arm, method, fraction): asked.subset_seeds * (1 if arm in UNSEEDED else asked.pretrain_seeds)
        for arm, methods in arms.items()
        for method in methods
        for fraction in asked.fractions
    }
