"""Reviews that are good or bad by one word of theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.fixtures import make_workspace as kept

KNOWN = ("classical", 0.9)  # which words occur tells all
RECIPE = {
    **kept.TEXTS,
    "stages": ["pretrain", "study", "project", "attribute", "audit_bias"],
    "finetune": {**kept.TEXTS["finetune"], "max_steps": 20, "baselines": ["scratch_aug", "random", "classical"]},
    "attribution": {"methods": ["token_occlusion"], "examples": 2},
}


def write(folder: Path) -> dict[str, Any]:
    kept.texts(folder / "reviews.csv")
    return {"name": "reviews", "path": str(folder / "reviews.csv"), "kind": "text", "text_column": "review",
            "label": "label", "positive": ["good"], "sensitive": ["sex"]}  # fmt: skip


def again(folder: Path, rows: list[int]) -> list[Path]:
    header, *lines = (folder / "reviews.csv").read_text().splitlines()
    (folder / "new.csv").write_text("\n".join([header, *(lines[row] for row in rows)]) + "\n")
    return [folder / "new.csv"]
