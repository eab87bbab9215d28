"""What a selection is made of: counts by class, group, outcome and number, of the selection and of the whole map.

The columns of a map are handed to DuckDB once, as small codes; a selection is then answered in one pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import numpy as np
import pandas as pd

from backend.control.content.slices import Slices

from .columns import CLUSTER, OUTCOME, Category, Quantity, Source, choices, colour, is_number, places
from .grid import packed

BINS = 20
MOST_NUMBERS = 4  # histograms
MOST_NAMES = 200  # of a category; the rarest beyond share one
TITLES = {CLUSTER: "cluster", "outcome": "prediction"}


@dataclass(frozen=True)
class Facet:
    """A column of the map as codes, int16 P: of a category into `names`, of a number into bins between `edges`, -1 for
    missing."""

    column: str
    title: str
    codes: np.ndarray
    names: tuple[str, ...] = ()
    edges: tuple[float, ...] = ()


@dataclass(frozen=True)
class Made:
    """A facet's counts, int64, one a name or bin: of all points of the map, and of the selected ones."""

    facet: Facet
    every: np.ndarray
    chosen: np.ndarray


@lru_cache(maxsize=1)
def slices() -> Slices:
    return Slices()


@lru_cache(maxsize=8)
def facets(sha256: str, source: Source) -> tuple[Facet, ...]:
    """The categories that every data set is asked for, then its numbers, at most MOST_NUMBERS of them."""
    titles = choices(source)
    kinds = [c for c in ("label", CLUSTER, "split", "outcome", *source.sensitive) if c in titles]
    found = []
    for column in kinds:
        values = colour(column, sha256, source, MOST_NAMES)
        title = str(source.label) if column == "label" else TITLES.get(column, column)
        found.append(_category(column, title, values) if isinstance(values, Category) else _number(column, values))
    numbers = (c for c in titles if c not in (*kinds, "predicted") and is_number(c, source))
    numbers = ((c, values) for c in numbers if isinstance(values := colour(c, sha256, source), Quantity))
    return (*found, *(_number(c, values) for c, values in islice(numbers, MOST_NUMBERS)))


def _category(column: str, title: str, values: Category) -> Facet:
    return Facet(column, title, values.codes, values.names)


def _number(column: str, values: Quantity) -> Facet:
    known = np.isfinite(values.values)
    low, high = (float(values.values[known].min()), float(values.values[known].max())) if known.any() else (0.0, 0.0)
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    codes = np.full(len(known), -1, dtype=np.int16)
    codes[known] = np.clip(np.searchsorted(edges, values.values[known], side="right") - 1, 0, BINS - 1)
    return Facet(column, values.title, codes, edges=tuple(edges.tolist()))


def warm(sha256: str, source: Source) -> None:
    """Load the map's columns before the first selection asks for them: of a million points that takes seconds."""
    _whole(sha256, source)


def made_of(sha256: str, source: Source, chosen: np.ndarray) -> list[Made]:
    """Every facet's counts; chosen: bool P, the selected points."""
    every, found = _whole(sha256, source), _counted(sha256, source, packed(chosen))
    return [
        Made(facet, _spread(every[(facet.column,)], facet), _spread(found[(facet.column,)], facet))
        for facet in facets(sha256, source)
    ]


@lru_cache(maxsize=8)
def _whole(sha256: str, source: Source) -> dict[tuple[str, ...], pd.Series]:
    return _asked(sha256, source, None)


@lru_cache(maxsize=8)
def _counted(sha256: str, source: Source, bits: bytes) -> dict[tuple[str, ...], pd.Series]:
    """Everything that the page says of a selection, in one pass; bits: the selected points (grid.packed)."""
    marks = np.unpackbits(np.frombuffer(bits, dtype=np.uint8), count=len(places(sha256).rows), bitorder="little")
    return _asked(sha256, source, marks.astype(bool))


def _asked(sha256: str, source: Source, chosen: np.ndarray | None) -> dict[tuple[str, ...], pd.Series]:
    """Counts by each facet, and by class x group of each sensitive attribute."""
    groupings = [(facet.column,) for facet in facets(sha256, source)]
    groupings += [grouping for group in source.sensitive if (grouping := crossed(sha256, source, group))]
    return dict(zip(groupings, slices().counts(_loaded(sha256, source), groupings, chosen), strict=True))


def crossed(sha256: str, source: Source, group: str) -> tuple[str, ...] | None:
    """The columns of class x group, with the outcome where there is one; None where the map has no such groups."""
    known = {facet.column: facet for facet in facets(sha256, source)}
    if not {"label", group} <= known.keys() or not (known["label"].names and known[group].names):
        return None
    return ("label", group, "outcome") if "outcome" in known else ("label", group)


def _spread(counts: pd.Series, facet: Facet) -> np.ndarray:
    """Counts by code as an array over all codes; what is missing (-1) is left out."""
    return counts.reindex(range(len(facet.names) or BINS), fill_value=0).to_numpy()


def _loaded(sha256: str, source: Source) -> str:
    """The name under which the map's codes are loaded."""
    name = f"{sha256} {source}"
    slices().offer(name, {facet.column: facet.codes for facet in facets(sha256, source)})
    return name


def by_group(sha256: str, source: Source, chosen: np.ndarray, group: str) -> pd.DataFrame | None:
    """Class x group of the selected points: how many, and of those with a prediction how many it gets wrong.

    Columns: Class, Group, Points, Predicted, Wrong; None where the map has no such columns.
    """
    grouping = crossed(sha256, source, group) if group in source.sensitive else None
    if grouping is None:
        return None
    known = {facet.column: facet for facet in facets(sha256, source)}
    counts = _counted(sha256, source, packed(chosen))[grouping]
    levels = ("class", "group", "outcome")[: counts.index.nlevels]  # by place: the data's own names may be any
    parts = counts.rename_axis(levels).reset_index(name="Points")
    outcome = np.array(known["outcome"].names)[parts["outcome"]] if "outcome" in known else OUTCOME[2]
    parts["Wrong"] = np.where(outcome == OUTCOME[1], parts["Points"], 0)
    parts["Predicted"] = np.where(outcome == OUTCOME[2], 0, parts["Points"])
    found = parts.groupby(["class", "group"], as_index=False)[["Points", "Predicted", "Wrong"]].sum()
    found.insert(0, "Class", [known["label"].names[code] for code in found.pop("class")])
    found.insert(1, "Group", [known[group].names[code] for code in found.pop("group")])
    return found


def in_bins(sha256: str, source: Source, bins: dict[str, set[int]]) -> np.ndarray:
    """bool P: the map's points whose numbers lie in the chosen bins of every column that is named."""
    found = np.ones(len(places(sha256).rows), dtype=bool)
    for facet in facets(sha256, source):
        if facet.column in bins:
            found &= np.isin(facet.codes, list(bins[facet.column]))
    return found


def points_of(sha256: str, mask: np.ndarray) -> np.ndarray:
    """bool P: the map's points whose rows `mask` (bool, one a row of the data set) marks."""
    return mask[places(sha256).rows]
