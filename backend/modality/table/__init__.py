"""Tables: transactions, records, credit; one row is one example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...recipe.stages import LABELLED
from .._base import Cell, Modality

if TYPE_CHECKING:
    from ...data.conventions.told import Told
    from ...data.source import Glimpse

PROSE = 0.25  # the claim on a table whose main column is prose: less than that of texts


class Tables(Modality):
    cell = "record"
    noun, nouns, title = "row", "rows", "Tables"
    recipe = {  # noqa: RUF012
        "stages": [*LABELLED[:2], "decide", *LABELLED[2:], "proxies"],
        "pretext": {"name": "masked_features"},
        "encoder": {"name": "mlp"},
        "augment": {"name": "none"},
        "collapse": {"every": 25},  # a step on a table is short: readings every ten would take a fifth of the time
        "train": {"batch_size": 256, "lr": 1e-3, "weight_decay": 1e-5},
        "finetune": {
            "methods": ["knn", "linear", "lpft", "trees_on_both"],
            "baselines": ["scratch_aug", "random", "classical"],
        },
        "attribution": {
            "methods": ["column_integrated_gradients", "column_ablation", "kernel_shap", "shapley_values"],
            "examples": 60,
        },
    }

    classical = classical_of_numbers = ("table_linear", "tuned_boosting", "lightgbm_boosting", "pseudo_label_boosting")
    spec_fields = ("columns", "split_time", "schema_of", "parent")

    def claim(self, reader: str, glimpse: Glimpse) -> float:
        """A table of short columns is one of records; one whose main column is prose is one of texts."""
        from .words import prose

        return PROSE if prose(glimpse.frame) else (glimpse.rows or 0) + 0.75

    def columns(self, glimpse: Glimpse, name: str, told: Told) -> dict[str, dict[str, Any]]:
        """{column: {"type", "why"}}, guessed from these rows."""
        from .types import looked

        return looked(glimpse, name, told)

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
