"""Sensor series: readings of machines or patients over time; one window of a unit's readings is one example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...recipe.stages import LABELLED
from .._base import Cell, Modality

if TYPE_CHECKING:
    import pandas as pd

    from ...data.conventions.told import Told
    from ...data.source import Glimpse

FIRST = 600  # readings of a source that is only looked at

WINDOWS_A_MINUTE, MOST_MINUTES = 5_000, 10  # of pretraining that a new run is offered


class SensorSeries(Modality):
    cell = "record"
    noun, nouns, title = "window", "windows", "Sensor series"
    recipe = {  # noqa: RUF012
        "stages": [*LABELLED[:2], "decide", "maintenance", *LABELLED[2:]],
        "pretext": {"name": "sensor_contrast"},
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

    def suggest(self, manifest: dict[str, Any], catalogue: dict[str, Any]) -> dict[str, Any]:
        """A new run counts minutes: an epoch of overlapping windows may take seconds or an hour."""
        return {"train": {"minutes": min(MOST_MINUTES, max(2, round(manifest["count"] / WINDOWS_A_MINUTE)))}}

    def claim(self, reader: str, glimpse: Glimpse) -> float:
        """Files that hold nothing else but series are of it; of tables and arrays a person has to say so."""
        return 1.0 if reader == "series_text" else 0.0

    def columns(self, glimpse: Glimpse, name: str, told: Told) -> dict[str, dict[str, Any]]:
        """{column: {"first": its first values}}, for a picture of a window before anything is registered."""
        first = glimpse.frame.head(FIRST)
        return {str(column): {"first": _plainly(first[column])} for column in first}

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


def _plainly(values: pd.Series) -> list[float | str | None]:
    """As JSON holds them: finite numbers, words, None for a missing one."""
    from math import isfinite

    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    if is_numeric_dtype(values) and not is_bool_dtype(values):
        return [float(value) if value == value and isfinite(value) else None for value in values.astype("float64")]
    return [None if missing else str(value)[:40] for value, missing in zip(values, values.isna(), strict=True)]


MODALITY = SensorSeries()
