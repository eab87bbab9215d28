"""What the models of the study are called, by kind of data, and what beating each of them means. Pure."""

from __future__ import annotations

NOUN = {"image": "images", "text": "texts"}  # what the examples are called
_SHARED = {
    "ssl": "pretraining",
    "random": "a probe on a random encoder",
    "reference": "a probe on the frozen reference model",
}
ARM = {
    "image": _SHARED
    | {
        "scratch_aug": "supervised training with the same augmentation",
        "scratch_plain": "supervised training without augmentation",
        "classical": "a classical model on pixels",
    },
    "text": _SHARED
    | {
        "scratch_aug": "supervised training from scratch",
        "classical": "TF-IDF with logistic regression",
    },
}
METHOD = {
    "knn": "nearest neighbours",
    "linear": "linear probe",
    "lpft": "LP-FT",
    "lora": "LoRA",
    "end_to_end": "end to end",
    "logistic": "logistic regression",
    "ridge": "ridge regression",
    "boosting": "boosted trees",
    "tfidf": "TF-IDF + logistic regression",
}
_PAIRED = "Paired: both models of a pair saw the same labels, and "
_TESTED = (
    " p is Holm-adjusted over the fractions. “As good as” takes two one-sided tests against the margin that was stated "
    "beforehand; no significant difference alone does not show it. All models were tuned on the same validation split, "
    "which is larger than the smallest label subsets."
)
RULE = {
    "image": _PAIRED + "the baseline with the same augmentation starts from the weights that pretraining started from."
    f"{_TESTED}",
    "text": _PAIRED + f"the baseline from scratch is the same network from fresh weights.{_TESTED}",
}
# arm -> (what it is, what beating it means)
BASELINES = {
    "image": {
        "scratch_aug": (
            "The same network from fresh weights, the same augmentation, and as many image passes as pretraining and "
            "fine-tuning together; stopped early on validation.",
            "Pretraining itself helped. The headline speaks of this one.",
        ),
        "scratch_plain": (
            "The same, on plain images; one model a label subset.",
            "Little: augmentation alone explains much of it.",
        ),
        "random": (
            "A linear probe on the features of the network before any training.",
            "The encoder learned something.",
        ),
        "classical": (
            "Logistic regression or boosted trees on pixels, whichever is better on validation.",
            "The task needs more than pixels.",
        ),
    },
    "text": {
        "scratch_aug": (
            "The same network and tokenizer from fresh weights, trained on the labelled texts with as many passes over "
            "texts as pretraining and fine-tuning together; stopped early on validation.",
            "Pretraining itself helped. The headline speaks of this one.",
        ),
        "random": (
            "A linear probe on the features of the network before any training.",
            "The encoder learned something.",
        ),
        "classical": (
            "Logistic regression on words, alone or in pairs too, weighted by how rare they are (TF-IDF); no network.",
            "The task needs more than which words occur.",
        ),
        "reference": (
            "A linear probe on the frozen features of a model that others pretrained on far more text.",
            "Pretraining here does more than what can be had ready-made.",
        ),
    },
}


def method(name: str) -> str:
    """How an encoder became a classifier, in words."""
    return METHOD.get(name, name.replace("_", " "))
