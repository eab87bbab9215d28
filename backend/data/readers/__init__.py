"""A folder is a registry: one file reads one kind of source.

A reader's docstring opens with its summary. It defines `accepts(path) -> bool`, which looks at the name and the kind
of the file alone, `look(path) -> Glimpse`, which reads little and decodes nothing, and `read(path, spec) -> Source`,
for texts (`KINDS = ("text",)`) `-> TextSource`, for tables `-> Rows`. Both raise BadInput for what they cannot read.
One that reads files of text says `TOLD = True`; its `look(path, told)` is told how they are written, as `spec.told`
tells `read`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
from pydantic import ValidationError

import sample_data

from ...modality import modality
from ...plugins import module
from ...registry import names
from ...workspace.layout import BadInput, given_path
from ...workspace.refused import line
from ..source import BATCH, Source, TextSource
from ..spec import HUB, Spec
from ..storing import as_table
from ._table_files import Rows
from ._walk import Passed, besides, walk

PACKED = {
    **dict.fromkeys(
        (".gz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".tar", ".tgz"), "a compressed file; unpack it first"
    ),
    **dict.fromkeys((".xlsx", ".xls", ".ods"), "a spreadsheet; save it as CSV (UTF-8)"),
    **dict.fromkeys((".pkl", ".pickle", ".pt", ".pth"), "a pickle, which is never opened; save it as Parquet or .npz"),
}


def read(spec: Spec) -> Source:
    """The images that a spec names. Raises BadInput."""
    if spec.builtin is not None:
        return _builtin(spec)
    reader, path = find(spec.path, "image")
    _check_told(reader, path, spec)
    source = reader.read(path, spec)
    asked = Path(spec.path).expanduser()
    if path == asked or not asked.is_dir():
        return source
    passed = Passed()  # the file stands for its folder
    beside = [*besides(name for name in walk(asked, passed) if name != path.name), *passed.left_out()]
    return replace(source, left_out=[*source.left_out, *beside])


def read_texts(spec: Spec) -> TextSource:
    """The texts that a spec names. Raises BadInput."""
    if spec.builtin is not None:
        raise _not_builtin(spec)
    reader, path = find(spec.path, "text")
    _check_told(reader, path, spec)
    return reader.read(path, spec)


def read_rows(spec: Spec) -> Rows:
    """The rows of the table that a spec names. Raises BadInput."""
    if spec.builtin is not None:
        return _builtin_rows(spec)
    reader, path = find(spec.path, "table")
    _check_told(reader, path, spec)
    return reader.read(path, spec)


def find(place: str, kind: str) -> tuple[ModuleType, Path]:
    """The reader for a file or folder of this kind of data, and what it shall read. Raises BadInput.

    A folder without subfolders that holds one file which a reader knows (data.npz beside a README) stands for the file,
    but for one that stands beside images: that tells of them.
    """
    known = readers(kind)
    if place.startswith(HUB):
        path = Path(place)
    else:
        given_path(place)
        path = Path(place).expanduser()
        if not path.exists():
            raise BadInput(f"path: expected a file or folder, found nothing at {place}")
        inside = list(path.iterdir()) if path.is_dir() else []
        files = [file for file in inside if any(reader.accepts(file) for reader in known)]
        alone = len(files) == 1 and files[0].is_file() and not any(i.is_dir() for i in inside)
        apart = modality(kind).stands_apart
        if alone and not any(apart(i.name) for i in inside):
            path = files[0]
    for reader in known:
        if reader.accepts(path):
            return reader, path
    if (packed := PACKED.get(path.suffix.lower())) is not None:
        raise BadInput(f"{path.name}: expected {kind}s that a reader knows, found {packed}")
    summaries = "; ".join(reader.__doc__.strip().split("\n")[0].rstrip(".") for reader in known)
    raise BadInput(
        f"{path.name}: expected a source of {kind}s that a reader knows ({summaries}), found another kind of file"
    )


def _check_told(reader: ModuleType, path: Path, spec: Spec) -> None:
    """Raises BadInput where it was said how text files are written and the reader reads none."""
    said = next((name for name in ("encoding", "separator", "header") if getattr(spec, name) is not None), None)
    if said and not getattr(reader, "TOLD", False):
        raise BadInput(f"{said}: expected it for files of text alone (CSV, TSV, JSON, plain text), found {path.name}")


def readers(kind: str) -> list[ModuleType]:
    """The reader modules of a kind of data, by name."""
    found = [module("data.readers", name) for name in names("data.readers")]
    return [reader for reader in found if kind in getattr(reader, "KINDS", ("image",))]


def _not_builtin(spec: Spec) -> BadInput:
    kind = sample_data.kind(spec.builtin) if spec.builtin in sample_data.names() else "one that there is"
    return BadInput(f"kind: expected {kind} for the built-in {spec.builtin}, found {spec.kind}")


def _sample(spec: Spec) -> sample_data.Sample:
    known = sample_data.names()
    if spec.builtin not in known:
        raise BadInput(f"builtin: expected one of {', '.join(known)}, found {spec.builtin!r}")
    try:
        return sample_data.make(spec.builtin, spec.params)
    except ValidationError as error:
        raise BadInput(line(error, under=("params",))) from None
    except ImportError as error:
        raise BadInput(f"builtin {spec.builtin}: {error}") from None


def _builtin(spec: Spec) -> Source:
    sample = _sample(spec)
    if sample.images is None:
        raise _not_builtin(spec)
    pixels = np.ascontiguousarray(sample.images)
    return Source(
        kind="builtin",
        name=spec.builtin,
        bytes=pixels.nbytes,
        sha256=sample.digest(),
        frame=pd.DataFrame(sample.columns),
        images=pixels,
        label=sample.label,
        split=sample.split,
        group=sample.group,
        sensitive=sample.sensitive,
        masks=sample.masks,
        truth=sample.truth,
    )


def _builtin_rows(spec: Spec) -> Rows:
    sample = _sample(spec)
    if sample.images is not None:
        raise _not_builtin(spec)
    found = as_table(pd.DataFrame(sample.columns))
    return Rows(
        kind="builtin",
        name=spec.builtin,
        bytes=found.nbytes,
        sha256=sample.digest(),
        batches=(found.slice(start, BATCH) for start in range(0, len(found), BATCH)),
        rows=len(found),
        label=sample.label,
        split=sample.split,
        group=sample.group,
        sensitive=sample.sensitive,
        types=sample.column_types,
        target=sample.target,
        unit=sample.unit,
        truth=sample.truth,
    )
