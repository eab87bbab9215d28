"""A table with an image column (Parquet, CSV, TSV, or a folder of Parquet files named after their splits).

The image column holds encoded bytes or paths below the table's folder. In a folder, every Parquet file or none
has one of train, val or test as a word of its name (cifar10_train.parquet).
"""

from __future__ import annotations

import io
import re
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ...workspace.artefacts import digest_file
from ...workspace.layout import BadInput
from .. import bounded
from ..source import LOOK_ROWS, SPLIT_NAMES, Encoded, Glimpse, Source, below, check_bytes, digest_files
from ..spec import Spec

TEXT = {".csv": ",", ".tsv": "\t"}
IMAGE_COLUMNS = ("image", "img", "image_path", "path", "file", "filename", "file_name", "filepath", "image_bytes")
UNREADABLE = (pa.ArrowException, pd.errors.ParserError, pd.errors.EmptyDataError, OSError, UnicodeDecodeError)


def accepts(path: Path) -> bool:
    if path.is_dir():
        return any(path.glob("*.parquet"))
    return path.suffix.lower() in (".parquet", *TEXT)


def look(path: Path) -> Glimpse:
    """The first rows of the columns that are no images; of a folder, of its first file."""
    files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
    splits = _splits(files, path.name) if path.is_dir() else [None]
    frame, rows, binary = _first_rows(files[0])
    if splits[0]:
        frame["split"] = splits[0]
    names = [*binary, *frame.columns]
    image = next((c for c in IMAGE_COLUMNS if c in names), next(iter(binary), None))
    label, split = _declared(frame)
    return Glimpse(frame, rows if len(files) == 1 else None, image, label, split)


def read(path: Path, spec: Spec) -> Source:
    """Columns: the table's own, without the image bytes; `label` and `split` are declared by their name."""
    files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
    splits = _splits(files, path.name) if path.is_dir() else [None]
    frames = [_table(f) for f in files]
    if any(list(f.columns) != list(frames[0].columns) for f in frames):
        raise BadInput(f"{path.name}: expected the same columns in all files, found different ones")
    frame = pd.concat(frames, ignore_index=True)
    if splits[0]:
        frame["split"] = [s for f, s in zip(frames, splits, strict=True) for _ in range(len(f))]
    column = image_column(list(frame.columns), spec.image_column, path.name)
    folder = path if path.is_dir() else path.parent
    values = frame[column]
    images = [_encoded(value, i, column, folder, path.name) for i, value in enumerate(values)]
    if not all(isinstance(v, str) for v in values):
        frame = frame.drop(columns=column)
    label, split = _declared(frame)
    sha256, size = digest_files(path, files) if path.is_dir() else digest_file(path)
    return Source(
        kind="tabular_images",
        name=path.name,
        bytes=size,
        sha256=sha256,
        frame=frame,
        images=images,
        label=label,
        split=split,
    )


def image_column(columns: list[str], wanted: str | None, name: str) -> str:
    """The column that holds the images. Raises BadInput that lists the columns."""
    there = ", ".join(map(str, columns))
    if wanted is not None:
        if wanted not in columns:
            raise BadInput(f"image_column: expected a column of {name}, found {wanted!r}; it has {there}"[:500])
        return wanted
    for candidate in IMAGE_COLUMNS:
        if candidate in columns:
            return candidate
    raise BadInput(
        f"{name}: expected a column of images or their paths ({', '.join(IMAGE_COLUMNS)}), found {there}; "
        "name it with image_column"[:500]
    )


def split_of(file: Path) -> str | None:
    """train, val or test when it is a word of the file's name."""
    words = re.split(r"[^a-z]+", file.stem.lower())
    return next((SPLIT_NAMES[w] for w in reversed(words) if w in SPLIT_NAMES), None)


def _splits(files: list[Path], name: str) -> list[str | None]:
    splits = [split_of(f) for f in files]
    if None in splits and any(splits):
        odd = files[splits.index(None)].name
        raise BadInput(f"{name}: expected train, val or test in the name of every Parquet file, found {odd}")
    return splits


def _declared(frame: pd.DataFrame) -> tuple[str | None, str | None]:
    return ("label" if "label" in frame else None), ("split" if "split" in frame else None)


def _first_rows(file: Path) -> tuple[pd.DataFrame, int | None, list[str]]:
    """(first rows of the plain columns, rows in all where known, columns of bytes or structs)."""
    _check_size(file)
    try:
        if file.suffix.lower() in TEXT:
            return _text(file, LOOK_ROWS), None, []
        fields = list(pq.read_schema(file))
        nested = [f.name for f in fields if pa.types.is_nested(f.type) or _is_binary(f.type)]
        plain = [f.name for f in fields if f.name not in nested]
        frame = bounded.first(bounded.parquet(file, plain, LOOK_ROWS), LOOK_ROWS).to_pandas()
        return frame if len(frame) else pd.DataFrame(columns=plain), pq.read_metadata(file).num_rows, nested
    except UNREADABLE as error:
        raise _unreadable(file, error) from None


def _is_binary(kind: pa.DataType) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)


def _check_size(file: Path) -> None:
    if file.stat().st_size == 0:
        raise BadInput(f"{file.name}: expected a table, found an empty file (0 bytes)")
    check_bytes(file.stat().st_size, file.name)


def _text(file: Path, rows: int | None = None) -> pd.DataFrame:
    return pd.read_csv(file, sep=TEXT[file.suffix.lower()], encoding="utf-8-sig", low_memory=False, nrows=rows)


def _unreadable(file: Path, error: Exception) -> BadInput:
    if isinstance(error, MemoryError) or "out of memory" in str(error):  # pandas' parser says it in words alone
        raise MemoryError from None
    line = str(error).strip().split("\n")[0]
    return BadInput(f"{file.name}: expected a readable table, found {line}"[:300])


def _table(file: Path) -> pd.DataFrame:
    _check_size(file)
    try:
        frame = _text(file) if file.suffix.lower() in TEXT else _parquet(file)
    except UNREADABLE as error:
        raise _unreadable(file, error) from None
    if frame.columns.duplicated().any():
        twice = frame.columns[frame.columns.duplicated()][0]
        raise BadInput(f"{file.name}: expected different column names, found {twice!r} twice")
    if frame.empty:
        raise BadInput(f"{file.name}: expected rows, found none")
    return frame


def _parquet(file: Path) -> pd.DataFrame:
    """A value that stands in many rows is held once: a small file may unpack to far more than its size."""
    known: dict[bytes, bytes] = {}
    frames = [
        _shared(piece.to_pandas(), known)
        for piece in bounded.parquet(file, rows=512, cap=partial(check_bytes, name=file.name))
    ]
    return pd.concat(frames, ignore_index=True) if frames else pq.read_schema(file).empty_table().to_pandas()


def _shared(frame: pd.DataFrame, known: dict[bytes, bytes]) -> pd.DataFrame:
    """The frame with one object for equal bytes, those of {bytes, path} too; `known` are those seen so far."""
    for name in frame:
        if frame[name].dtype == object:
            frame[name] = pd.Series([_one(value, known) for value in frame[name]], frame.index, dtype=object)
    return frame


def _one(value, known: dict[bytes, bytes]):
    if isinstance(value, bytes):
        return known.setdefault(value, value)
    if isinstance(value, dict):
        return {key: _one(inner, known) for key, inner in value.items()}
    return value


def _encoded(value, row: int, column: str, folder: Path, name: str) -> Encoded:
    """Bytes, a path, or the struct {bytes, path} that Hugging Face data sets use."""
    where = f"{name}: row {row}, column {column!r}"
    if isinstance(value, dict):
        value = value.get("bytes") or value.get("path")
    if isinstance(value, bytes) and value:
        return Encoded(f"{name} row {row}", partial(io.BytesIO, value))
    if isinstance(value, str) and value.strip():
        return Encoded(f"{name} row {row} ({value})", partial(open, below(folder, value, where), "rb"))
    empty = value is None or value != value or isinstance(value, (bytes, str))
    found = "nothing" if empty else type(value).__name__
    raise BadInput(f"{where}: expected image bytes or a path, found {found}")
