"""What the models of a study are called and what beating each of them means, for any kind of data. Pure.

What a modality says otherwise stands in its words (workbench/modality/NAME/words.py).
"""

from __future__ import annotations

from backend.exports import plain, titles

# arm -> how a sentence calls it
ARM = {
    "ssl": "pretraining",
    "scratch_aug": "supervised training from scratch",
    "scratch_plain": "supervised training without augmentation",
    "random": "a probe on a random encoder",
    "reference": "a probe on the frozen reference model",
    "classical": "a classical model",
}
# arm -> how a legend calls it
ARM_NAME = {
    "ssl": "Pretrained (SSL)",
    "scratch_aug": "Supervised from scratch",
    "scratch_plain": "Supervised, no augmentation",
    "random": "Random encoder + probe",
    "classical": "Classical model",
    "reference": "Reference model, frozen",
}
PROBES = {"logistic": "logistic regression", "ridge": "ridge regression"}  # the linear probe, of raw data
PAIRED = "Paired: both models of a pair saw the same labels, and "
TESTED = (
    " p is Holm-adjusted over the fractions. “As good as” takes two one-sided tests against the margin that was stated "
    "beforehand; no significant difference alone does not show it. All models were tuned on the same validation split, "
    "which is larger than the smallest label subsets."
)
RANDOM = ("A linear probe on the features of the network before any training.", "The encoder learned something.")
HEADLINE = "Pretraining itself helped. The headline speaks of this one."
# arm -> (what it is, what beating it means)
BASELINES = {
    "scratch_aug": (
        "The same network from fresh weights, trained on the labelled examples with as many passes as pretraining and "
        "fine-tuning together; stopped early on validation.",
        HEADLINE,
    ),
    "random": RANDOM,
    "classical": ("A model without a network, on the data as they are.", "The task needs more than that."),
}


def method(name: str) -> str:
    """How an encoder became a classifier, in words."""
    return methods().get(name) or plain(name)


def methods() -> dict[str, str]:
    """{method: how it is called within a sentence}, as its own file says (backend/finetune/)."""
    return PROBES | titles("finetune")
