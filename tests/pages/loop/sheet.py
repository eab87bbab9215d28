"""The data sheet of the tiny images."""

from __future__ import annotations

SHEET = {
    "counts": {"train": 120, "val": 60, "test": 60},
    "class_counts": {s: {"level": n // 2, "upright": n // 2} for s, n in (("train", 120), ("val", 60), ("test", 60))},
    "crosses": {
        "sex": {"female": {"level": 62, "upright": 60}, "male": {"level": 58, "upright": 60}},
        "age": {
            "under 40": {"level": 40, "upright": 41},
            "40 to 60": {"level": 39, "upright": 40},
            "over 60": {"level": 41, "upright": 39},
        },
    },
    "missing": {"age": 3},
    "sizes": [[16, 16, 240]],
    "resized_to": None,
    "duplicates": {
        "exact_within": {"train": 2, "val": 0, "test": 0},
        "exact_across": [{"splits": ["train", "val"], "count": 8, "pairs": [[0, 130]]}],
        "near_across": [],
        "near_complete": True,
    },
    "orders": {"sex": ["female", "male"], "age": ["under 40", "40 to 60", "over 60"]},
    "group_leaks": [],
    "warnings": ["8 validation images also stand in train: the validation score is biased upwards."],
    "source": {"kind": "builtin", "name": "bars", "bytes": 61440, "sha256": "0" * 64},
    "label": {
        "column": "label",
        "classes": ["level", "upright"],
        "positive": "upright",
        "missing": 0,
        "group": "group",
        "split": None,
        "made": ["train", "val", "test"],
    },
    "digest": "0" * 64,
}
