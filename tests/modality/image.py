"""Pictures of a bright bar, upright or level, on noise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.fixtures import make_workspace as kept

KNOWN = ("ssl", 0.8)
RECIPE = {**kept.IMAGES, "finetune": {**kept.IMAGES["finetune"], "baselines": ["scratch_aug", "random", "classical"]}}


def write(folder: Path) -> dict[str, Any]:
    kept.images(folder / "bars.npz")
    return {"name": "bars", "path": str(folder / "bars.npz"), "kind": "image", "label": "label", "sensitive": ["sex"],
            "split_by": "patient"}  # fmt: skip
