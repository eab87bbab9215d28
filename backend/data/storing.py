"""What registering keeps of a source: the sheet's facts, the table, the manifest. The same for every kind of data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..workspace.artefacts import Artefact, Artefacts
from . import sheet, sheet_target
from .conventions import joining, written
from .source import Columns


def facts(
    source: Columns, roles: dict[str, Any], parts: np.ndarray, made: list[str], comma: list[str]
) -> dict[str, Any]:
    """The entries of a data sheet that every kind of data has; their meaning: docs/events.md.

    made: the splits that were made here. comma: columns whose numbers have a decimal comma.
    """
    decimal = [f"decimal comma in {', '.join(comma[:5])}"] if comma else []
    codes, classes = roles["codes"], roles["classes"]
    per_split, per_class = sheet.counts(parts, codes, classes)
    return {
        "counts": per_split,
        "class_counts": per_class,
        "crosses": sheet.crosses(roles["groups"], codes, classes),
        "orders": roles["orders"],
        "missing": {c: n for c, n in source.missing().items() if n},
        "group_leaks": sheet.group_leaks(parts, roles["unit"]),
        "chosen": roles["chosen"],
        "alike": roles["alike"],
        **({"called": roles["called"]} if roles["called"] else {}),
        "missing_words": roles["missing_words"],
        "how": [*source.how, *decimal],
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
        **({"target": sheet_target.facts(roles, parts)} if roles["target"] else {}),
    }


def missing_in(column: pa.ChunkedArray, words_only: bool) -> int:
    """How many values of a column are missing: blank ones too where that is all that a file can write."""
    if words_only and pa.types.is_string(column.type):
        column = written.typed(column)[0]
    return column.null_count


def seal(
    name: str, core: dict[str, Any], facts: dict[str, Any], stored: list[Artefact], artefacts: Artefacts
) -> tuple[dict[str, Any], list[Artefact]]:
    """(the manifest with its digest, all artefacts): the sheet, which names the digest, is stored last."""
    digest = hashlib.sha256(json.dumps(core, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    kept = [*stored, artefacts.put_json("sheet", facts | {"digest": digest})]
    return {"name": name, "digest": digest, **core, "sheet": {"sha256": kept[-1].sha256}}, kept


def others(found: pa.Table, roles: dict[str, Any], words_only: Container[str]) -> tuple[pa.Table, list[str]]:
    """(a source's columns as they are stored, those whose numbers have a decimal comma).

    In files that write all values as words, columns become numbers where that loses nothing; the words that a person
    said are missing in every column.
    """
    made, comma = {}, []
    for name in found.column_names:
        made[name] = found.column(name)
        if not (pa.types.is_string(made[name].type) or pa.types.is_large_string(made[name].type)):
            continue
        if roles["missing_said"]:
            gone = pc.is_in(made[name], value_set=pa.array(roles["missing_said"], made[name].type))
            made[name] = pc.if_else(gone, pa.scalar(None, made[name].type), made[name])
        if name in words_only:
            made[name], sign = written.typed(made[name].cast(pa.string()))
            comma += [name] if sign else []
    return pa.table(made), comma


def table(own: dict[str, Any], others: pa.Table, roles: dict[str, Any], parts: np.ndarray) -> pa.Table:
    """The table of a data set: our columns first (`own`: those of one kind of data alone), then the source's `others`;
    a name that is taken gets `source_` before it."""
    ours = {"row": np.arange(len(parts)), "split": parts, "label": roles["codes"]}
    if roles["numbers"] is not None:
        ours["target"] = roles["numbers"]
    if roles["unit"] is not None:
        ours["group"] = roles["unit"]
    ours |= own | roles["groups"]
    told = {name for name in roles["groups"] if name not in roles["banded"]} | {roles["given"]}
    made = {name: pa.array(values, from_pandas=True) for name, values in ours.items()}
    for name, column in zip(others.column_names, others.columns, strict=True):
        if name in told:
            continue
        while name in made:
            name = f"source_{name}"
        made[name] = column
    return pa.table(made)


def as_table(frame: pd.DataFrame) -> pa.Table:
    """The columns of a frame, those of mixed values as text."""
    return pa.table({str(name): _arrow(frame[name]) for name in frame})


def _arrow(values: pd.Series) -> pa.ChunkedArray:
    try:
        made = pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        made = pa.array(map(joining.word, values), pa.string())
    return made if isinstance(made, pa.ChunkedArray) else pa.chunked_array([made])
