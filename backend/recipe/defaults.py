"""What a recipe leaves open, by kind of data."""

from __future__ import annotations

from typing import Any, Literal

STAGES = ("pretrain", "study", "project", "attribute", "audit_bias", "probe_bias")
Stage = Literal["pretrain", "study", "project", "attribute", "audit_bias", "probe_bias"]
# What a recipe leaves open depends on the kind of data; keys are those of the recipe.
DEFAULTS: dict[str, dict[str, Any]] = {
    "image": {"stages": list(STAGES[:5])},
    "text": {
        "stages": list(STAGES),
        "pretext": {"name": "mlm"},
        "encoder": {"name": "bert"},
        "augment": {"name": "none"},
        "tokenizer": {"name": "wordpiece"},
        "train": {"batch_size": 32, "lr": 1e-3, "weight_decay": 0.01},
        "finetune": {"baselines": ["scratch_aug", "random", "classical"]},
        "attribution": {"methods": ["layer_integrated_gradients", "token_occlusion", "attention"]},
        "probes": {
            "methods": [
                "crows_pairs",
                "winobias",
                "winogender",
                "bec_pro",
                "weat",
                "seat",
                "counterfactual",
                "leakage",
            ]
        },
    },
}
