"""Which unit (machine, patient) each row of the source is a reading of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...data.conventions.written import word
from ...data.source import no_column
from ...workspace.layout import BadInput
from ..table import kinds
from ..table.reading import Read

_WHOLE = re.compile(r"-?[0-9]+\.0*")


@dataclass(frozen=True)
class Units:
    """names: of the U units, in the order in which they first come; code: int64, of each row the number of its unit;
    column: that names them, None where files do or there is one alone; said: notes for the sheet."""

    names: list[str]
    code: np.ndarray
    column: str | None
    said: Sequence[str] = ()


def units(read: Read, column: str | None, by_file: bool) -> Units:
    """Raises BadInput for a column that there is not, and for rows without a unit."""
    files = read.files()
    if column is None:
        if by_file and files is not None:
            names, code = _of_files(read, files)
            return Units(names, code, None, [f"Each of the {len(names):,} files is one unit, called as the file is."])
        return Units([read.name], np.zeros(read.spool.count, dtype=np.int64), None, ["All readings are of one unit."])
    names, code = _of_column(read, column)
    if not by_file or files is None:
        return Units(names, code, column)
    pairs, first, mixed = np.unique(files * len(names) + code, return_index=True, return_inverse=True)
    if len(pairs) == len(names):
        return Units(names, code, column)
    order = np.argsort(first)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    file_names = _of_files(read, files)[0]
    known = np.unique(files)
    told = [(file_names[int(np.searchsorted(known, pairs[at] // len(names)))], names[pairs[at] % len(names)])
            for at in order]  # fmt: skip
    said = f"Units of several files have the same names in {column}: they are taken for {len(pairs):,} different units."
    return Units([f"{file}: {name}" for file, name in told], place[mixed], column, [said])


def _of_files(read: Read, files: np.ndarray) -> tuple[list[str], np.ndarray]:
    known, first, code = np.unique(files, return_index=True, return_inverse=True)
    names = [PurePosixPath(read.source.places.where(int(row), line=False).rsplit(": row ", 1)[0]) for row in first]
    stems = [name.stem for name in names]
    return (stems if len(set(stems)) == len(known) else [str(name.with_suffix("")) for name in names]), code


def _of_column(read: Read, column: str) -> tuple[list[str], np.ndarray]:
    if column not in read.spool.fields:
        raise no_column(column, "split_by", read.name, read.spool.fields)
    if held := kinds.unreadable(read.spool.fields[column]):
        raise BadInput(f"split_by {column!r} of {read.name}: expected names of units, found {held}")
    values = kinds.present(read.spool.column(column), read.known)
    if n := values.null_count:
        row = int(np.flatnonzero(values.is_null().to_numpy())[0])
        raise BadInput(
            f"split_by {column!r} of {read.name}: expected a unit in every row, found none in {n:,}, the first is "
            f"{read.where(row)}"
        )
    coded = pc.dictionary_encode(values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values)
    names = [str(word(value)) for value in coded.dictionary.to_pylist()]
    code = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    if all(map(_WHOLE.fullmatch, names)):  # 1.0 is unit 1: a column with a gap was written as fractions
        names = [name.split(".")[0] for name in names]
    if len(set(names)) < len(names):  # "1" beside "1.0"
        known = {name: place for place, name in enumerate(dict.fromkeys(names))}
        code, names = np.array([known[name] for name in names])[code], list(known)
    return names, code
