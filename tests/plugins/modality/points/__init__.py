"""Sets of points in the plane, each with the same number of points."""

from __future__ import annotations

from typing import Any

from backend.modality import Cell, Modality
from backend.recipe.stages import LABELLED


class Points(Modality):
    cell = "record"
    noun, nouns, title = "point set", "point sets", "Point sets"
    recipe = {  # noqa: RUF012
        "stages": list(LABELLED),
        "pretext": {"name": "jittered"},
        "encoder": {"name": "point_mean"},
        "augment": {"name": "jitter"},
        "finetune": {"baselines": ["scratch_aug", "random", "classical"]},
        "attribution": {"methods": ["point_occlusion"]},
    }

    def cells(
        self,
        stored: Any,
        manifest: dict[str, Any],
        rows: list[int],
        size: int | None = None,
        characters: int | None = None,
    ) -> list[Cell]:
        found = stored.array(manifest["points"]["sha256"], "points", [int(row) for row in rows])
        return [Cell("record", {f"point {i}": f"{x:.2f}, {y:.2f}" for i, (x, y) in enumerate(one)}) for one in found]


MODALITY = Points()
