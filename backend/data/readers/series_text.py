"""Series of the UCR and UEA archives: .ts files, or text files NAME_TRAIN and NAME_TEST whose lines begin with a label.

A .ts file has channels parted by colons, values by commas, `?` or NaN where one is missing, and the label behind the
last colon. The other files have one series a line. A folder holds the two files of one problem.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from ...workspace.artefacts import digest_file
from ...workspace.layout import BadInput
from .. import cleaning
from ..conventions import splits
from ..source import LOOK_ROWS, Glimpse, digest_files
from ..spec import Spec
from ._series import LABEL, Readings, of_arrays

KINDS = ("series",)
PLAIN = (".txt", ".tsv")


def accepts(path: Path) -> bool:
    if path.is_dir():
        return bool(_files(path))
    return path.suffix.lower() == ".ts" or (path.suffix.lower() in PLAIN and _plain(path))


def look(path: Path) -> Glimpse:
    first = (labels for file in _files(path) for labels in [_first(file)])
    told = pd.concat([pd.Series(one, dtype=object) for one in first], ignore_index=True)
    return Glimpse(pd.DataFrame({LABEL: told}) if told.notna().any() else pd.DataFrame(), None, label=LABEL)


def read(path: Path, spec: Spec) -> Readings:
    files = _files(path)
    sha256, size = digest_files(path, files) if path.is_dir() else digest_file(path)
    cleaning.check_size(size, path.name)
    parts = []
    for file in files:
        series, labels = _read(file)
        parts.append((splits.in_name(file.stem) if len(files) > 1 else None, series, labels))
    reasons = {"split": "the names of the files"}
    return of_arrays(path, parts, _channels, "files", (sha256, size), kind="series_text", reasons=reasons)


def _channels(count: int) -> list[str]:
    return [f"channel {place + 1}" for place in range(count)]


def _plain(path: Path) -> bool:
    """Whether a text file is one of the archive, by its name."""
    return path.stem.endswith(("_TRAIN", "_TEST"))


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(f for f in path.iterdir() if f.is_file() and accepts(f))
    if len(kinds := {f.suffix.lower() for f in found}) > 1:
        raise BadInput(f"{path.name}: expected files of one kind in a folder, found {', '.join(sorted(kinds))}")
    return found


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    try:
        with file.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                if (text := line.strip()) and not text.startswith("#"):
                    yield number, text
    except UnicodeDecodeError:
        raise BadInput(f"{file.name}: expected UTF-8 text, found other bytes") from None


def _first(file: Path) -> list[str | None]:
    """The labels of the first series."""
    found = []
    for _, _, label in _series(file):
        found.append(label)
        if len(found) == LOOK_ROWS:
            break
    return found


def _read(file: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """(float64 N x C x T, NaN behind the end of shorter series, N labels or None). Raises BadInput."""
    found = list(_series(file))
    if not found:
        raise BadInput(f"{file.name}: expected a series a line, found none")
    channels = {len(one) for _, one, _ in found}
    if len(channels) > 1:
        line = next(number for number, one, _ in found if len(one) != len(found[0][1]))
        raise BadInput(f"{file.name}: line {line:,}: expected {len(found[0][1])} channels as before, found another "
                       "number")  # fmt: skip
    length = max(len(values) for _, one, _ in found for values in one)
    out = np.full((len(found), channels.pop(), length), np.nan)
    for row, (_, one, _) in enumerate(found):
        for place, values in enumerate(one):
            out[row, place, : len(values)] = values
    labels = [label for _, _, label in found]
    return out, None if labels[0] is None else np.array(labels, dtype=object)


def _series(file: Path) -> Iterator[tuple[int, list[np.ndarray], str | None]]:
    """(line, values of each channel, label) of each series."""
    if file.suffix.lower() != ".ts":
        for number, line in _lines(file):
            label, *values = re.split(r"[,\s]+", line)
            yield number, [_numbers(values, file, number)], _label(label)
        return
    labelled, data = True, False
    for number, line in _lines(file):
        if not data:
            word, _, rest = line.partition(" ")
            labelled = labelled and not (word.lower() == "@classlabel" and rest.strip().lower().startswith("false"))
            data = word.lower() == "@data"
            continue
        *channels, last = line.split(":")
        channels = channels if labelled else [*channels, last]
        values = [_numbers(one.split(","), file, number) for one in channels]
        yield number, values, last.strip() if labelled else None


def _numbers(written: list[str], file: Path, line: int) -> np.ndarray:
    try:
        return np.array([np.nan if one.strip() in ("?", "", "NaN") else float(one) for one in written])
    except ValueError as error:
        raise BadInput(f"{file.name}: line {line:,}: expected numbers, found {error}"[:300]) from None


def _label(written: str) -> str:
    """A label as it is written elsewhere: 1.0000000e+00 is 1."""
    try:
        number = float(written)
    except ValueError:
        return written
    return str(int(number)) if number.is_integer() else written
