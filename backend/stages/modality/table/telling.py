"""The columns that tell each cluster of a map from the rest, as short words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ....modality.table.features import MISSING, OTHER
from ....statistics.contrasts import NO_VALUE, Contrast, contrasts
from ....workspace.formats import percent

MOST = 8  # words of a cluster
RARE = 0.05  # share of a value that a cluster is said not to have
LEAST = 0.5  # effect: half a standard deviation, "medium" by Cohen's (1988) convention
ROWS = 20_000  # of a map that are read


def cluster_columns(
    values: np.ndarray, described: Sequence[dict[str, Any]], cluster: np.ndarray, count: int
) -> list[list[str]]:
    """For each cluster 0 .. count - 1 at most MOST words, the strongest first: "age low", "job: clerk 82 %". A column
    tells a cluster where its standardised difference from all other rows is at least LEAST and its interval excludes 0.

    values: float32 N x F, of the mapped rows; cluster: int N, -1 for none.
    """
    if len(values) > ROWS:
        chosen = np.linspace(0, len(values) - 1, ROWS).astype(np.int64)
        values, cluster = values[chosen], cluster[chosen]
    category = [one["kind"] == "category" for one in described]
    found = []
    for number in range(count):
        inside = cluster == number
        told = contrasts(values, category, inside) if inside.any() and not inside.all() else []
        found.append([_word(one, described[one.place]) for one in told if _tells(one)][:MOST])
    return found


def _tells(one: Contrast) -> bool:
    value, low, high = one.effect
    return abs(value) >= LEAST and low * high > 0


def _word(one: Contrast, feature: dict[str, Any]) -> str:
    name = feature["name"]
    if one.code is None:
        ways = ("late", "early") if feature.get("date") else ("high", "low")
        return f"{name} {ways[one.effect[0] < 0]}"
    value = MISSING if one.code == NO_VALUE else OTHER if one.code == 0 else str(feature["values"][one.code - 1])
    if one.effect[0] > 0:
        return f"{name}: {value} {percent(one.inside, 0)}"
    return f"{name}: not {value}" if one.inside < RARE else f"{name}: {value} only {percent(one.inside, 0)}"
