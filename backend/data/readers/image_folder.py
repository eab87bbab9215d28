"""A folder of images: one subfolder a class, optionally below train/, val/ and test/."""

from __future__ import annotations

import os
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath

import pandas as pd

from ...workspace.layout import BadInput
from ..pixels.kinds import SUFFIXES
from ..source import SPLIT_NAMES, Encoded, Glimpse, Source, below, digest_files
from ..spec import Spec

LOOK_FILES = 100_000


def accepts(path: Path) -> bool:
    return path.is_dir() and not any(path.glob("*.parquet"))


def look(path: Path) -> Glimpse:
    names = [p.relative_to(path).as_posix() for p in islice(files_below(path), LOOK_FILES)]
    source = from_names([n for n in names if n.lower().endswith(SUFFIXES)], [], 0, **nameless(path))
    rows = len(source.frame) if len(names) < LOOK_FILES else None
    return Glimpse(source.frame, rows, None, source.label, source.split)


def read(path: Path, spec: Spec) -> Source:
    """Columns: `path`; `label` where there are class folders; `split` where there are split folders."""
    found = sorted(p.relative_to(path).as_posix() for p in files_below(path))
    names = [n for n in found if n.lower().endswith(SUFFIXES)]
    files = [below(path, n, f"{path.name}/{n}") for n in names]
    sha256, size = digest_files(path.resolve(), files)
    return from_names(
        names,
        [Encoded(f"{path.name}/{n}", partial(open, f, "rb")) for n, f in zip(names, files, strict=True)],
        left_out=len(found) - len(names),
        kind="image_folder",
        name=path.name,
        bytes=size,
        sha256=sha256,
    )


def from_names(names: list[str], images: list[Encoded], left_out: int, **facts) -> Source:
    """A source whose labels and splits stand in its files' relative paths."""
    where = facts["name"]
    if not names:
        raise BadInput(f"{where}: expected images ({', '.join(SUFFIXES)}) in class folders, found none")
    frame, label, split = placed(names, where, "image")
    notes = [f"{left_out:,} files that are no images were left out."] if left_out else []
    return Source(frame=frame, images=images, label=label, split=split, notes=notes, **facts)


def placed(names: list[str], where: str, noun: str) -> tuple[pd.DataFrame, str | None, str | None]:
    """(`path`, `label`, `split` of each file as its relative name tells, which of the last two there are)."""
    parts = [PurePosixPath(n).parts for n in names]
    frame = pd.DataFrame({"path": names})
    split = all(len(p) > 1 and p[0].lower() in SPLIT_NAMES for p in parts)
    if split:
        frame["split"] = [p[0] for p in parts]
        parts = [p[1:] for p in parts]
    folders = sum(len(p) > 1 for p in parts)
    if folders not in (0, len(parts)):
        stray = next(n for n, p in zip(names, parts, strict=True) if len(p) == 1)
        raise BadInput(f"{where}: expected every {noun} in a class folder, found {stray!r} beside them")
    if folders:
        frame["label"] = [p[0] for p in parts]
    return frame, "label" if folders else None, "split" if split else None


def nameless(path: Path) -> dict:
    """The facts of a source that is only looked at."""
    return {"kind": "", "name": path.name, "bytes": 0, "sha256": ""}


def files_below(root: Path):
    """Every file below `root` but hidden ones; linked folders are not entered. Names must be text."""
    for folder, folders, files in os.walk(root):
        strange = next((f for f in files if not f.isprintable()), None)
        if strange is not None:
            raise BadInput(f"{root.name}: expected file names of printable UTF-8, found {strange!r}")
        folders[:] = [f for f in folders if not f.startswith((".", "__MACOSX"))]
        yield from (Path(folder) / f for f in files if not f.startswith("."))
