"""What the columns of any source mean, how its rows part, and the table they become: the same for images and texts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ..workspace.artefacts import Artefact, Artefacts
from ..workspace.layout import BadInput
from . import columns, sheet
from .dataset import SPLITS
from .source import Columns
from .spec import Sensitive, Spec

MIN_EXAMPLES = 8
# Names of columns in our own tables and on the maps: as a sensitive attribute they would stand in their place
RESERVED = ("row", "split", "label", "group", "characters", "predicted", "outcome", "confidence", "kept")


def read(asked: Spec, source: Columns, count: int, noun: str) -> dict[str, Any]:
    """Codes, classes, groups, units and the given split of `count` rows; `noun`: what a row is. Raises BadInput."""
    where = source.name
    if count < MIN_EXAMPLES:
        raise BadInput(f"{where}: expected at least {MIN_EXAMPLES} {noun}s, found {count}")
    label = asked.label or source.label
    codes, classes, positive = np.full(count, -1, dtype=np.int64), [], None
    if label is not None:
        values = source.column(label, "label")
        order = source.classes if label == source.label else ()
        codes, classes, positive = columns.labels(
            values, order, asked.positive, asked.positive_name, f"label {label!r} of {where}"
        )
        if (usable := int((codes >= 0).sum())) < MIN_EXAMPLES:
            raise BadInput(f"label {label!r} of {where}: expected at least {MIN_EXAMPLES} labels, found {usable}")
    elif asked.positive:
        raise BadInput(f"positive: expected a label to cut in two, found none in {where}; choose the label column")
    unit = asked.split_by or source.group
    given = asked.split_column or source.split
    sensitive = asked.sensitive or [Sensitive(**s) for s in source.sensitive]
    if label in [s.column for s in sensitive]:
        raise BadInput(f"sensitive: expected other columns than the label, found {label!r}")
    if reserved := [s.column for s in sensitive if s.column in RESERVED]:
        raise BadInput(
            f"sensitive {reserved[0]!r} of {where}: expected a name that the workbench does not use for columns of its "
            f"own ({', '.join(RESERVED)}); rename the column"
        )
    cut = {s.column: columns.groups(source.column(s.column, "sensitive"), s.cuts, f"sensitive {s.column!r} of {where}")
           for s in sensitive}  # fmt: skip
    return {
        "label": label,
        "codes": codes,
        "classes": classes,
        "positive": positive,
        "group": unit,
        "unit": None if unit is None else columns.units(source.column(unit, "split_by")),
        "given": given,
        "split": None if given is None else columns.splits(source.column(given, "split_column"), f"split of {where}"),
        "groups": {name: column for name, (column, _) in cut.items()},
        "orders": {name: order for name, (_, order) in cut.items()},
        "banded": [s.column for s in sensitive if s.cuts],
    }


def check_parts(parts: np.ndarray, codes: np.ndarray, where: str, noun: str) -> None:
    """Raises BadInput for a split without rows and for a train split of one class."""
    for name in SPLITS:
        if not (parts == name).any():
            raise BadInput(f"{where}: expected {noun}s in train, val and test, found none for {name}")
    if (codes >= 0).any() and len(np.unique(codes[(parts == "train") & (codes >= 0)])) < 2:
        raise BadInput(f"{where}: expected at least two classes in train, found fewer")


def facts(source: Columns, roles: dict[str, Any], parts: np.ndarray, made: list[str]) -> dict[str, Any]:
    """The entries of a data sheet that every kind of data has; their meaning: docs/events.md."""
    codes, classes = roles["codes"], roles["classes"]
    per_split, per_class = sheet.counts(parts, codes, classes)
    return {
        "counts": per_split,
        "class_counts": per_class,
        "crosses": sheet.crosses(roles["groups"], codes, classes),
        "orders": roles["orders"],
        "missing": {c: n for c, n in source.missing().items() if n},
        "group_leaks": sheet.group_leaks(parts, roles["unit"]),
        "source": {"kind": source.kind, "name": source.name, "bytes": source.bytes, "sha256": source.sha256},
        "label": {
            "column": roles["label"],
            "classes": classes,
            "positive": roles["positive"],
            "missing": int((codes < 0).sum()) if classes else 0,
            "group": roles["group"],
            "split": roles["given"],
            "made": made,
        },
    }


def meaning(roles: dict[str, Any]) -> dict[str, Any]:
    """What the manifest says of the columns."""
    known = {name: roles[name] for name in ("label", "classes", "positive", "group")}
    return known | {"sensitive": list(roles["groups"])}


def seal(
    name: str, core: dict[str, Any], facts: dict[str, Any], stored: list[Artefact], artefacts: Artefacts
) -> tuple[dict[str, Any], list[Artefact]]:
    """(the manifest with its digest, all artefacts): the sheet, which names the digest, is stored last."""
    digest = hashlib.sha256(json.dumps(core, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    kept = [*stored, artefacts.put_json("sheet", facts | {"digest": digest})]
    return {"name": name, "digest": digest, **core, "sheet": {"sha256": kept[-1].sha256}}, kept


def table(own: dict[str, Any], others: Iterable[tuple[Any, Any]], roles: dict[str, Any], parts: np.ndarray) -> pa.Table:
    """The table of a data set: our columns first (`own`: those of one kind of data alone), then the source's others,
    (name, values) each; a name that is taken gets `source_` before it."""
    ours = {"row": np.arange(len(parts)), "split": parts, "label": roles["codes"]}
    if roles["unit"] is not None:
        ours["group"] = roles["unit"]
    ours |= own | roles["groups"]
    told = {name for name in roles["groups"] if name not in roles["banded"]} | {roles["given"]}
    made = pa.table({name: pa.array(values, from_pandas=True) for name, values in ours.items()})
    for name, values in others:
        if name in told:
            continue
        title = str(name)
        while title in made.column_names:
            title = f"source_{title}"
        made = made.append_column(title, _arrow(values))
    return made


def _arrow(values: Any) -> pa.Array | pa.ChunkedArray:
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if pd.isna(v) else str(v) for v in values])
