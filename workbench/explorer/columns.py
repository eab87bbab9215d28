"""What the explorer draws and counts, as columns, prepared once per artefact.

Artefacts are named by their content, so a digest is a safe key for as long as the process lives. Coordinates
(float32) and codes (int16) are laid out as a WebGL view would upload them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import ArrayLike

from backend.data.conventions import schema
from backend.workspace.layout import BadInput

from ..frame.session import service
from ..verdicts.embeddings import cluster_name

if TYPE_CHECKING:
    from ..modality._words import Words

NAMED = 16  # categories that get a colour and marker of their own; the others share one
FEW = 12  # a number with so few values is shown as categories
OTHERS, MISSING = "all others", "missing"
OUTCOME = ("right", "wrong", "not predicted")
CLUSTER, LONER = "cluster of the map", "in no cluster"
ERROR = "error of the prediction"  # of a number
PREDICTED = ("outcome", "predicted", "confidence", ERROR)  # columns that are made of a model's predictions
# ours: a column of the data that is called so gets `source_` before it
OWN = ("outcome", "predicted", "confidence", CLUSTER, "kept")


@dataclass(frozen=True)
class Places:
    """rows: int64 P, ascending; at: float32 P x 2 or 3; kept: float32 P, share of the true neighbours kept."""

    rows: np.ndarray
    at: np.ndarray
    kept: np.ndarray


@dataclass(frozen=True)
class Category:
    """codes: int16 P into names."""

    title: str
    names: tuple[str, ...]
    codes: np.ndarray


@dataclass(frozen=True)
class Quantity:
    """values: float32 P, NaN where missing."""

    title: str
    values: np.ndarray


@dataclass(frozen=True)
class Clusters:
    """table: the digest of the rows' clusters; names: what they are called, the largest first."""

    table: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, event: dict[str, Any] | None, data: Words) -> Clusters | None:
        """From a `clusters` event; None where it is missing or found no cluster."""
        if event is None or not event["body"]["clusters"]:
            return None
        return cls(event["subjects"][0]["sha256"], tuple(cluster_name(c, data) for c in event["body"]["clusters"]))


@dataclass(frozen=True)
class Source:
    """Where the columns of a data set's rows come from: its table, a classifier's predictions, clusters (digests);
    number: what is said of the number that is predicted, where it is one."""

    table: str
    classes: tuple[str, ...]
    label: str | None
    sensitive: tuple[str, ...]
    predictions: str | None = None
    clusters: Clusters | None = None
    number: str | None = None

    @classmethod
    def of(cls, manifest: dict[str, Any], predictions: str | None, clusters: Clusters | None = None) -> Source:
        sensitive = tuple(f"source_{name}" if name in OWN else name for name in manifest["sensitive"])  # as in `frame`
        known = tuple(manifest["classes"]), manifest["label"], sensitive
        told = manifest.get("target") or {}
        unit = f", {told['unit']}" if told.get("unit") else ""
        number = f"Number ({told['column']}{unit})" if told.get("type") == "number" else None
        return cls(manifest["table"]["sha256"], *known, predictions, clusters, number)


@lru_cache(maxsize=32)
def places(sha256: str) -> Places:
    table = service().table(sha256)
    lacking = {"row", "x", "y", "kept"} - set(table.column_names)
    if lacking:
        raise BadInput(f"map {sha256[:12]}: expected the columns row, x, y and kept, found no {min(lacking)}")
    axes = [axis for axis in "xyz" if axis in table.column_names]
    at = np.column_stack([table[axis].to_numpy() for axis in axes]).astype(np.float32)
    return Places(table["row"].to_numpy(), at, table["kept"].to_numpy().astype(np.float32))


@lru_cache(maxsize=8)
def frame(source: Source) -> pd.DataFrame:
    """All rows of the data set: `label` by name, then `predicted`, `outcome`, `confidence` and the cluster where they
    are known."""
    table = schema.frame(service().table(source.table))
    table.columns = _apart(table.columns)
    if source.label is None:
        table = table.drop(columns="label")
    else:
        table["label"] = _named(table["label"].to_numpy(), source.classes)
    if source.clusters is not None:
        found = service().table(source.clusters.table).to_pandas()
        codes, names = found["cluster"].to_numpy(), (*source.clusters.names, LONER)
        table[CLUSTER] = _named(np.where(codes < 0, len(names) - 1, codes), names, found["row"])
    if source.predictions is None:
        return table
    found = service().table(source.predictions).to_pandas()
    rows = found["row"].to_numpy()
    if source.number is not None:
        told = pd.Series(found["predicted"].to_numpy(), index=rows, dtype="float32")
        table["predicted"], table[ERROR] = told, told - table["target"].reindex(rows).astype("float32")
        return table
    shares = found[[c for c in found.columns if c.startswith("p_")]].to_numpy()
    table["predicted"] = _named(found["predicted"].to_numpy(), source.classes, rows)
    table["confidence"] = pd.Series(shares.max(axis=1), index=rows, dtype="float32")
    right, wrong, unknown = range(len(OUTCOME))
    outcome = np.full(len(table), unknown)
    outcome[table.index.get_indexer(rows)] = np.select(
        [found["label"] < 0, found["predicted"] != found["label"]], [unknown, wrong], right
    )
    table["outcome"] = _named(outcome, OUTCOME)
    return table


def _apart(names: Iterable[str]) -> list[str]:
    """The names of a data set's columns beside ours, each once."""
    found: list[str] = []
    taken = {*OWN, *names}
    for name in names:
        told = name
        while told in OWN or told in found or (told != name and told in taken):
            told = f"source_{told}"
        found.append(told)
    return found


def _named(codes: np.ndarray, names: tuple[str, ...], index: ArrayLike | None = None) -> pd.Series:
    """The names of codes, missing for -1; made by Arrow, for a million Python strings take a second."""
    known = pa.array(codes, mask=codes < 0)
    told = pa.DictionaryArray.from_arrays(known, pa.array(names, pa.large_string())).dictionary_decode().to_pandas()
    return told if index is None else told.set_axis(index)


@lru_cache(maxsize=8)
def choices(source: Source) -> dict[str, str]:
    """{column: name} by which the points may be coloured, the most asked for first."""
    table = frame(source)
    first = {
        "label": f"Label ({source.label})",
        **({"target": source.number, ERROR: "Error (held-out rows)"} if source.number else {}),
        CLUSTER: "Cluster",
        "split": "Split",
        **{a: a for a in source.sensitive},
        "outcome": "Error (held-out rows)",
        "predicted": "Prediction",
        "confidence": "Confidence of the prediction",
    }
    found = {column: name for column, name in first.items() if column in table}
    found["kept"] = "True neighbours kept on the map"
    for column in table.columns.difference([*found, "row"], sort=False):
        if _plain(table[column]):
            title = str(column)
            found[column] = f"{title} (column of the data)" if title in found.values() else title
    return found


def _plain(values: pd.Series) -> bool:
    """Whether a column holds one plain value a row; lists, records and bytes have no colour."""
    return not isinstance(next(iter(values.dropna()), None), list | dict | bytes | np.ndarray)


def is_number(column: str, source: Source) -> bool:
    """Whether a column of `choices` holds numbers."""
    if column == "kept":
        return True
    values = frame(source)[column]
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


@lru_cache(maxsize=8)
def cluster_places(sha256: str, source: Source) -> list[tuple[float, float, str]]:
    """(x, y, name) of every cluster at the median of its points on the flat map `sha256`, the largest first."""
    if source.clusters is None:
        return []
    here, table = places(sha256), service().table(source.clusters.table)
    of_row = pd.Series(table["cluster"].to_numpy(), index=table["row"].to_numpy())
    of_point = of_row.reindex(here.rows, fill_value=-1).to_numpy()
    order = np.argsort(of_point, kind="stable")
    ends = np.searchsorted(of_point[order], np.arange(len(source.clusters.names) + 1))
    points = [order[ends[code] : ends[code + 1]] for code in range(len(source.clusters.names))]
    places_ = [(name, here.at[at, :2]) for name, at in zip(source.clusters.names, points, strict=True)]
    return [(*map(float, np.median(at, axis=0)), name) for name, at in places_ if len(at)]


@lru_cache(maxsize=64)
def colour(choice: str, sha256: str, source: Source, most: int = NAMED) -> Category | Quantity:
    """The column `choice` for the points of the map `sha256`; of a category at most so many names."""
    here = places(sha256)
    title = choices(source)[choice]
    if choice == "kept":
        return Quantity(title, here.kept)
    values = frame(source)[choice].iloc[here.rows]
    if is_number(choice, source) and (choice == "confidence" or values.nunique() > FEW):
        return Quantity(title, values.to_numpy(dtype=np.float32, na_value=np.nan))
    fixed = {
        "label": source.classes,
        "predicted": source.classes,
        "split": ("train", "val", "test"),
        "outcome": OUTCOME,
        CLUSTER: source.clusters and (*source.clusters.names, LONER),
    }
    return category(title, values, fixed.get(choice), most)


def category(title: str, values: pd.Series, order: tuple[str, ...] | None = None, most: int = NAMED) -> Category:
    """Codes in the given order, else sorted; beyond `most` the rarest values share one name, and so do missing ones."""
    seen, distinct = pd.factorize(values)  # -1: missing, the last of the texts
    texts = np.array([*map(str, distinct), MISSING], dtype=object)
    named, names = pd.factorize(texts)  # 1 and "1" are one name
    counts = np.bincount(named[seen], minlength=len(names))
    present = [str(names[i]) for i in np.argsort(-counts, kind="stable") if counts[i]]
    kept = set(present if len(present) <= most else [*present[: most - 1], OTHERS])
    ordered = [name for name in order or sorted(kept - {OTHERS, MISSING}) if name in kept]
    final = tuple(dict.fromkeys([*ordered, *sorted(kept - set(ordered))]))
    place = {name: code for code, name in enumerate(final)}
    codes = np.array([place.get(name, place.get(OTHERS, 0)) for name in names], dtype=np.int16)
    return Category(title, final, codes[named[seen]])
