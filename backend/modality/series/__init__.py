"""Sensor series: readings of machines or patients over time; one window of a unit's readings is one example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...recipe.stages import LABELLED
from .._base import Cell, Modality

if TYPE_CHECKING:
    from ...data.source import Glimpse


class SensorSeries(Modality):
    cell = "record"
    noun, nouns, title = "window", "windows", "Sensor series"
    recipe = {  # noqa: RUF012
        "stages": [*LABELLED[:2], "decide", *LABELLED[2:]],
        "pretext": {"name": "masked_patches"},
        "encoder": {"name": "tcn"},
        "augment": {"name": "machine_sensors"},
        "train": {"batch_size": 128, "lr": 1e-3, "weight_decay": 1e-4},
        "finetune": {
            "fractions": [0.05, 0.1, 0.2, 1.0],
            "methods": ["knn", "linear", "lpft"],
            "baselines": ["scratch_aug", "random", "classical"],
        },
        "attribution": {"methods": ["window_integrated_gradients", "window_ablation"], "examples": 60},
    }
    classical = (
        "random_convolutions", "tuned_boosting", "lightgbm_boosting", "table_linear", "last_value", "unit_age", "never",
    )  # fmt: skip
    classical_of_numbers = classical[:-1]
    spec_fields = ("split_time", "time_column", "columns", "window", "stride", "step", "ahead", "cap", "whole_lives")

    def claim(self, reader: str, glimpse: Glimpse) -> float:
        """Files that hold nothing else but series are of it; of tables and arrays a person has to say so."""
        return 1.0 if reader == "series_text" else 0.0

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


MODALITY = SensorSeries()
