"""Register a table: read its rows, type the columns, split, describe, code, store. Rows are never all in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa

from ...data import column_roles as role
from ...data import duplicates, readers, sheet, split, storing
from ...data.conventions import left_out
from ...data.spec import Spec
from ...workspace.artefacts import Artefact, Artefacts
from ...workspace.layout import BadInput
from .._base import Progress
from . import coding, describe, kinds, leak_words, leakage
from .batches import Like
from .kinds import Column
from .reading import Read
from .spool import Spool


def register(asked: Spec, artefacts: Artefacts, progress: Progress) -> tuple[dict[str, Any], list[Artefact]]:
    """As `backend.data.register.register`."""
    like = None if asked.parent is None else Like(asked.parent, asked, artefacts)
    source = readers.read_rows(asked)
    spool = Spool(source, artefacts.root, progress)
    try:
        return _registered(_as_declared(asked, source), Read(spool, asked, like), artefacts, progress)
    finally:
        spool.close()


def _as_declared(asked: Spec, source: Any) -> Spec:
    """The spec with what a built-in set says of its target, where nobody said otherwise."""
    if source.target in (None, asked.target) or asked.label not in (None, source.label):
        return asked
    return asked.model_copy(update={"target": source.target, "unit": asked.unit or source.unit})


def _registered(
    asked: Spec, read: Read, artefacts: Artefacts, progress: Progress
) -> tuple[dict[str, Any], list[Artefact]]:
    read.type_columns(progress)
    count = read.spool.count
    roles = role.read(asked, read, count, "row")
    if read.like is not None:
        roles = read.like.aligned(roles, read.name)
    columns = _with_roles(read.columns, asked, read, roles)
    used = [one for one in columns if one.type in kinds.FEATURES and one.name not in _taken(asked, read, roles)]
    if read.like is not None:
        used = read.like.used(columns)
    if not used:
        raise BadInput(f"{read.name}: expected a column that a model can read beside the label, found none")
    progress(0, 1, "looking for duplicates")
    digests = read.digests(used)
    belongs = [digests] if roles["unit"] is None else [digests, roles["unit"].to_numpy()]
    if asked.split_time is None:
        parts, made = split.complete(roles["split"], roles["strata"], belongs, asked.seed)
    else:
        parts, made = split.by_time(read.times(asked.split_time), belongs[1:], f"split_time {asked.split_time!r}")
    role.check_parts(parts, roles, read.name, "row")
    if read.like is None:
        described = _features(read, used, parts == "train", progress)
    else:
        described = read.like.features
    stored = _stored(read, roles, parts, described, artefacts, progress)
    facts = _facts(read, roles, parts, made, digests, columns, described)
    progress(0, 1, "looking for leaks")
    if read.like is not None:
        facts["warnings"] += read.like.unknown(used, read.typed)
    facts |= _looked_into(asked, read, roles, parts, facts["columns"])
    facts["warnings"] = leak_words.among(facts["warnings"], facts["leaks"], _label(asked, read))
    core = {
        "kind": "table",
        "records": {"sha256": stored[0].sha256, "key": "records"},
        "features": {"sha256": stored[1].sha256},
        "table": {"sha256": stored[2].sha256},
        "count": count,
        **role.meaning(roles),
        **({} if read.like is None else {"batch_of": read.like.parent.digest}),
    }
    return storing.seal(asked.name, core, facts, stored, artefacts)


def _taken(asked: Spec, read: Read, roles: dict[str, Any]) -> set[str | None]:
    """Columns that say what a row is or where it belongs, and so are no features."""
    return {_label(asked, read), roles["given"], roles["group"], asked.observed}


def _label(asked: Spec, read: Read) -> str | None:
    return None if asked.label is False else asked.label or read.label


def _with_roles(columns: list[Column], asked: Spec, read: Read, roles: dict[str, Any]) -> list[Column]:
    """The columns, those with a role of their own under what it is."""
    told = {
        _label(asked, read): "the label",
        roles["given"]: "says the split",
        roles["group"]: "says which rows belong together",
        asked.observed: "says whether the event was seen",
    }
    return [replace(one, why=f"{one.why}; {told[one.name]}") if one.name in told else one for one in columns]


def _features(read: Read, used: list[Column], train: np.ndarray, progress: Progress) -> dict[str, list[dict[str, Any]]]:
    """{column: its features}; a column whose value no training row knows has none. Raises BadInput for none at all."""
    found = {}
    for done, one in enumerate(used):
        progress(done, len(used), "columns")
        if features := coding.described(one, read.typed(one), train):
            found[one.name] = features
    if not found:
        raise BadInput(f"{read.name}: expected values in the training rows, found every column missing there")
    return found


def _stored(
    read: Read,
    roles: dict[str, Any],
    parts: np.ndarray,
    described: dict[str, list[dict[str, Any]]],
    artefacts: Artefacts,
    progress: Progress,
) -> list[Artefact]:
    """The records, what their columns mean, the table."""
    features = [one for found in described.values() for one in found]
    schema = {"features": features, "columns": [one.as_dict() for one in read.columns]}
    schema = schema if read.like is None else read.like.stored
    shape = (read.spool.count, len(features))
    records = artefacts.put_rows("records", "records", np.float32, shape, _records(read, described, progress))
    told = artefacts.put_json("features", schema)
    first, rest = _peeked(_tables(read, roles, parts))
    return [records, told, artefacts.put_batches("table", first.schema, chain([first], rest))]


def _records(read: Read, described: dict[str, list[dict[str, Any]]], progress: Progress) -> Iterator[np.ndarray]:
    used = [one for one in read.columns if one.name in described]
    coders = [coding.coder(one, described[one.name]) for one in used]
    done = 0
    for part in read.parts(used):
        columns = zip(coders, used, strict=True)
        yield np.concatenate([coded(part.column(one.name)) for coded, one in columns], axis=1)
        progress(done := done + len(part), read.spool.count, "rows coded")


def _peeked(tables: Iterator[pa.Table]) -> tuple[pa.Table, Iterator[pa.Table]]:
    """(the first table, the others cast to its types)"""
    first = next(tables)
    plain = pa.schema([f.with_type(pa.string()) if pa.types.is_null(f.type) else f for f in first.schema])
    return first.cast(plain), (one.cast(plain) for one in tables)


def _tables(read: Read, roles: dict[str, Any], parts: np.ndarray) -> Iterator[pa.Table]:
    """The table to store, part by part: our columns, then the source's as they were typed."""
    at = 0
    for part in read.parts(read.columns, shown=True):
        rows = slice(at, at + len(part))
        cut = {name: None if roles[name] is None else roles[name][rows] for name in ("codes", "numbers", "unit")}
        cut["groups"] = {name: column[rows] for name, column in roles["groups"].items()}
        made = storing.table({}, part, roles | cut, parts[rows])
        yield made.set_column(0, "row", pa.array(np.arange(rows.start, rows.stop)))
        at = rows.stop


def _looked_into(
    asked: Spec, read: Read, roles: dict[str, Any], parts: np.ndarray, columns: list[dict[str, Any]]
) -> dict[str, Any]:
    """The sheet's entries that are counted on some of the rows."""
    most = max(2_000, min(describe.MOST_ROWS, describe.MOST_CELLS // len(columns)))
    count = read.spool.count
    rows = np.arange(count)
    if count > most:
        rows = np.sort(np.random.default_rng(asked.seed).choice(count, most, replace=False))
    known = describe.Known(
        codes=roles["codes"][rows],
        classes=roles["classes"],
        numbers=None if roles["numbers"] is None else roles["numbers"][rows],
        groups={name: column.to_numpy()[rows] for name, column in roles["groups"].items()},
        unit=None if roles["unit"] is None else roles["unit"].to_numpy()[rows],
        label=_label(asked, read),
        split_time=asked.split_time,
    )
    frame = read.drawn(rows)
    told = [one for one in columns if one["name"] in frame]
    described = describe.facts(frame, told, parts[rows], known)
    return {"describe": described, "leaks": leakage.find(frame, told, parts[rows], known)}


def _facts(
    read: Read,
    roles: dict[str, Any],
    parts: np.ndarray,
    made: list[str],
    digests: np.ndarray,
    columns: list[Column],
    described: dict[str, list[dict[str, Any]]],
) -> dict[str, Any]:
    """The data sheet."""
    facts = storing.facts(read, roles, parts, made, [])
    if time := read.asked.split_time:
        facts["label"]["time"] = time
        facts["chosen"]["split"] = {"column": time, "why": "in the order of time, as asked"}
    within, across = duplicates.exact(digests, parts)
    facts["duplicates"] = {"exact_within": within, "exact_across": across, "near_across": [], "near_complete": True}
    facts["columns"] = [
        {"name": one.name, "type": one.type, "why": one.why, "feature": one.name in described, "missing": one.missing,
         "distinct": one.distinct}
        for one in columns
    ]  # fmt: skip
    facts["left_out"] = left_out.facts(read.source.left_out)
    conflicts = duplicates.conflicts(digests, roles["conflicting"])
    said = sheet.warnings(facts, parts, roles["groups"], conflicts, "row", "values")
    facts["warnings"] = said + read.warnings() + left_out.sentences(read.source.left_out) + list(read.source.notes)
    return facts
