"""A folder that the `datasets` library wrote with `save_to_disk`, with a column of images, read as data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from ...workspace.layout import BadInput
from .. import bounded
from ..conventions import schema
from ..conventions.joining import joined
from ..source import LOOK_ROWS, Glimpse, Places, Source, check_bytes, digest_files
from ..spec import Spec
from . import datasets_folder as folder
from ._image_tables import IMAGE_COLUMNS, ImageTable, Paths, image_column, is_image
from .tabular_images import encoded

SPLITS = "the names of the splits"


def accepts(path: Path) -> bool:
    return folder.accepts(path)


def look(path: Path) -> Glimpse:
    """The first rows of the columns that are no images. Raises BadInput where no column holds any."""
    parts = folder.parts_of(path, [])
    first = bounded.first(folder.rows_of(parts, Places(path.name)), LOOK_ROWS)
    column = _column(first.schema, None, path.name)
    frame = schema.frame(first.drop_columns(column))
    return Glimpse(frame, None, column, **_declared(frame), reasons=_reasons(parts))


def read(path: Path, spec: Spec) -> Source:
    """`label` and `split` are declared by their name; numbers of a ClassLabel become the names that it gives them."""
    notes: list[str] = []
    parts, places = folder.parts_of(path, notes), Places(path.name)
    files = [file for _, part in parts for file in folder.arrow_files(part)]
    sha256, size = digest_files(path.resolve(), files)
    check_bytes(size, path.name)
    values: list[Any] = []
    tables: list[pa.Table] = []
    column, total = None, 0
    for table in folder.rows_of(parts, places):
        column = column or _column(table.schema, spec.image_column, path.name)
        total += table.nbytes
        check_bytes(total, path.name)
        values += table.column(column).to_pylist()
        tables.append(table.drop_columns(column))
    if column is None:
        raise BadInput(f"{path.name}: expected rows, found none")
    found = ImageTable(column, values, schema.frame(joined(tables)), places, notes, [], ())
    paths = Paths(path)
    return Source(
        kind="datasets_images",
        name=path.name,
        bytes=size,
        sha256=sha256,
        frame=found.frame,
        images=[encoded(value, row, found, paths) for row, value in enumerate(values)],
        **_declared(found.frame),
        classes=folder.classes_of(parts[0][1]).get("label", ()),
        notes=notes,
        reasons=_reasons(parts),
        places=places,
    )


def _column(found: pa.Schema, wanted: str | None, name: str) -> str:
    """The column of images: the one that was asked for, else one of bytes or records of them, a usual name first."""
    if wanted is not None:
        return image_column(found.names, wanted, name)
    known = [field.name for field in found if is_image(field.type)]
    usual = [column for column in IMAGE_COLUMNS if column in known]
    if not known:
        raise BadInput(f"{name}: expected a column of images, found {', '.join(found.names)}"[:400])
    return (usual or known)[0]


def _declared(frame: Any) -> dict[str, str | None]:
    return {role: role if role in frame else None for role in ("label", "split")}


def _reasons(parts: list[tuple[str | None, Path]]) -> dict[str, str]:
    return {"split": SPLITS} if parts[0][0] else {}
