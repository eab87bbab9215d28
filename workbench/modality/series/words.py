"""What is particular to sensor series in sentences and tables. Pure."""

from __future__ import annotations

from typing import Any, ClassVar

from .._words import Words


class SeriesWords(Words):
    hint = "Readings: .parquet, .csv, .tsv, .npz, .ts"

    part = "pieces"
    makes, made = "scores", "scored the pieces"
    judged, certified = "method", "window"
    controls: ClassVar = ("random_scores", "distance_from_mean")
    noise = "random scores"
    passes = (
        "A method passes when it beats both controls. It must depend on the model: the rank correlation of its scores "
        "with those of a re-initialised model stays below 0.5, where the distance of a piece from its channel's mean "
        "scores 1. And it must be faithful: pieces that it ranks high move the class's probability more than pieces in "
        "random order, the 95 % interval of the difference excluding 0, where random scores score 0. A piece is some "
        "steps of one channel; it is taken away by laying it flat at the channel's training mean."
    )
    repeated = "same readings"

    def extent(self, manifest: dict[str, Any], sheet: dict[str, Any]) -> list[str]:
        told = sheet["series"]
        unit = told["time"]["unit"]
        step = f"{told['step']:g} {unit}" if unit else f"{told['step']:g}"
        return [
            f"{manifest['units']:,} units",
            f"{told['readings']:,} readings of {manifest['channels']:,} channels",
            f"windows of {manifest['length']:,} steps of {step}",
        ]

    def shell_lines(self, sheet: dict[str, Any]) -> list[str]:
        told = sheet["series"]
        each = ", ".join(f"{split} {n:,}" for split, n in told["units"].items())
        return [f"units: {each}; a window of {told['window']:,} steps ends every {told['stride']:,}"]


WORDS = SeriesWords("series")
