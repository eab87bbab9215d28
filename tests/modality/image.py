"""Pictures of a bright bar, upright or level, on noise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.fixtures import make_workspace as kept

KNOWN = ("ssl", 0.8)
RECIPE = {**kept.IMAGES, "finetune": {**kept.IMAGES["finetune"], "baselines": ["scratch_aug", "random", "classical"]}}


def write(folder: Path) -> dict[str, Any]:
    kept.images(folder / "bars.npz")
    return {"name": "bars", "path": str(folder / "bars.npz"), "kind": "image", "label": "label", "sensitive": ["sex"],
            "split_by": "patient"}  # fmt: skip


def again(folder: Path, rows: list[int]) -> list[Path]:
    """Each as a picture, whose name says which it is."""
    pictures = np.load(folder / "bars.npz")["images"]
    (folder / "new").mkdir(exist_ok=True)
    for place, row in enumerate(rows):
        Image.fromarray(pictures[row]).save(folder / "new" / f"{place:04} = {row}.png")
    return [folder / "new"]
