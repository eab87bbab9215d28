"""What is particular to tables in sentences and tables: columns, rows, what tells a cluster. Pure."""

from __future__ import annotations

from typing import Any, ClassVar

from backend.modality.table import leak_words

from .study_words import StudyWords


class TableWords(StudyWords):
    hint = "Tables: .parquet, .csv, .tsv, .jsonl"

    part = "columns"
    makes, made = "scores", "scored the columns"
    judged, certified = "method", "row"
    controls: ClassVar = ("random_scores", "distance_from_typical")
    noise = "random scores"
    passes = (
        "A method passes when it beats both controls. It must depend on the model: the rank correlation of its scores "
        "with those of a re-initialised model stays below 0.5, where the distance of each value from the typical one "
        "scores 1. And it must be faithful: columns that it ranks high move the class's probability more than columns "
        "in random order, the 95 % interval of the difference excluding 0, where random scores score 0. A column is "
        "taken away by the value of the typical training row. Tables of fewer than 6 columns cannot pass: so few ranks "
        "agree by chance."
    )
    colours = "Bars: orange for the predicted class (or a higher number), blue and hatched against it."

    def grave(self, warnings: list[str]) -> str:
        return leak_words.grave(warnings)

    clusters = "Clusters and their columns"

    def cluster(self, cluster: dict[str, Any], most: int = 3) -> str:
        """The columns in which it differs most from the rest; they take more room than words of a text."""
        return ", ".join(cluster["words"][: max(1, most - 1)]) or "no column of its own"

    def clusters_called(self, body: dict[str, Any]) -> str:
        return "Each is named by the columns in which it lies half a standard deviation or more from the other rows."

    def cluster_cells(self, cluster: dict[str, Any]) -> dict[str, Any]:
        return {"What tells it from the rest": self.cluster(cluster, most=9)}

    def clusters_titled(self, clusters: list[dict[str, Any]]) -> str:
        return "Clusters of the rows and the columns that tell them from the rest"


WORDS = TableWords("table")
