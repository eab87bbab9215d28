"""A folder that the `datasets` library wrote with `save_to_disk`: Arrow files, read as data and never executed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from ...workspace.layout import BadInput, given_path
from .. import bounded, cleaning
from ..conventions import schema, splits
from ..source import BATCH, Glimpse, Places, TextSource, below, digest_files
from ..spec import Spec
from ._tables import unreadable
from ._texts import declared, glimpse, with_text

KINDS = ("text",)


def accepts(path: Path) -> bool:
    return path.is_dir() and ((path / "state.json").is_file() or (path / "dataset_dict.json").is_file())


def look(path: Path) -> Glimpse:
    return glimpse(rows_of(parts_of(path, []), Places(path.name)), None)


def read(path: Path, spec: Spec) -> TextSource:
    """`label` and `split` are declared by their name; numbers of a ClassLabel become the names that it gives them."""
    notes: list[str] = []
    places = Places(path.name)
    parts = parts_of(path, notes)
    files = [file for _, folder in parts for file in arrow_files(folder)]
    sha256, size = digest_files(path.resolve(), files)
    cleaning.check_size(size, path.name)
    text, names, batches = with_text(rows_of(parts, places), spec, path.name)
    return TextSource(
        kind="datasets_folder",
        name=path.name,
        bytes=size,
        sha256=sha256,
        batches=batches,
        text=text.column,
        **declared(names, text),
        classes=classes_of(parts[0][1]).get("label", ()),
        notes=notes,
        reasons={"text": text.why} | ({"split": "the names of the splits"} if parts[0][0] else {}),
        places=places,
    )


def parts_of(path: Path, notes: list[str]) -> list[tuple[str | None, Path]]:
    """(train, val, test, unlabelled or None, the folder of each). Other splits are left out, which `notes` tells."""
    if not (path / "dataset_dict.json").is_file():
        return [(None, path)]
    named = _json(path / "dataset_dict.json").get("splits")
    if not isinstance(named, list) or not named or not all(isinstance(n, str) for n in named):
        raise BadInput(f"{path.name}/dataset_dict.json: expected the names of the splits, found {str(named)[:80]!r}")
    known = splits.known(named, path.name, notes)
    return [(split, below(path, f"{n}/state.json", path.name).parent) for n, split in known.items()]


def arrow_files(folder: Path) -> list[Path]:
    state = _json(folder / "state.json")
    if state.get("_indices_data_files") or state.get("_indices_files"):
        raise BadInput(
            f"{folder.name}: expected rows in their final order, found an index beside them; "
            "call flatten_indices() before save_to_disk()"
        )
    listed = state.get("_data_files")
    try:
        names = [entry["filename"] for entry in listed]
        return [below(folder, name, f"{folder.name}/state.json") for name in names]
    except (TypeError, KeyError):
        raise BadInput(
            f"{folder.name}/state.json: expected the names of its files, found {str(listed)[:80]!r}"
        ) from None


def rows_of(parts: list[tuple[str | None, Path]], places: Places) -> Iterator[pa.Table]:
    row = 0
    for split, folder in parts:
        classes = classes_of(folder)
        for file in arrow_files(folder):
            where = f"{folder.name}/{file.name}"
            places.begin(row, where)
            for table in _batches(file):
                row += len(table)
                table = schema.with_names(schema.plain_index(table, where), classes, where)
                if split is not None and "split" not in table.column_names:
                    table = table.append_column("split", pa.array([split] * len(table)))
                yield table


def _batches(file: Path) -> Iterator[pa.Table]:
    """Tables of at most BATCH rows of an Arrow stream."""
    try:
        with open(file, "rb") as source, pa.ipc.open_stream(source) as stream:
            slices = (batch.slice(at, BATCH) for batch in stream for at in range(0, len(batch), BATCH))
            tables = (pa.Table.from_batches([part]) for part in slices)
            yield from bounded.pieces(tables, partial(cleaning.check_decoded, name=file.name))
    except (pa.ArrowException, OSError) as error:
        raise unreadable(f"{file.parent.name}/{file.name}", error) from None


def classes_of(folder: Path) -> dict[str, list[str]]:
    """{column: names of its classes} of the columns that dataset_info.json calls a ClassLabel."""
    info = folder / "dataset_info.json"
    return schema.classes((_json(info) if info.is_file() else {}).get("features"))


def _json(file: Path) -> dict[str, Any]:
    where = f"{file.parent.name}/{file.name}"
    try:
        found = json.loads(given_path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(f"{where}: expected JSON as save_to_disk writes it, found {error}"[:300]) from None
    if not isinstance(found, dict):
        raise BadInput(f"{where}: expected a JSON object, found {type(found).__name__}")
    return found
