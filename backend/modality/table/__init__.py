"""Tables: transactions, records, credit; one row is one example."""

from __future__ import annotations

from typing import Any

from ...recipe.stages import LABELLED
from .._base import Cell, Modality


class Tables(Modality):
    cell = "record"
    noun, nouns, title = "row", "rows", "Tables"
    recipe = {  # noqa: RUF012
        "stages": [*LABELLED[:2], "decide", *LABELLED[2:]],
        "pretext": {"name": "masked_features"},
        "encoder": {"name": "mlp"},
        "augment": {"name": "none"},
        "train": {"batch_size": 256, "lr": 1e-3, "weight_decay": 1e-5},
        "finetune": {"baselines": ["scratch_aug", "random", "classical"]},
        "attribution": {"methods": ["column_integrated_gradients", "column_ablation", "kernel_shap", "shapley_values"]},
    }

    def cells(
        self,
        stored: Any,
        manifest: dict[str, Any],
        rows: list[int],
        size: int | None = None,
        characters: int | None = None,
    ) -> list[Cell]:
        from .cell import records

        return [Cell("record", record) for record in records(stored, manifest, rows)]


MODALITY = Tables()
