"""New rows of a table, typed and coded as those of the training were. It leaves with a model (backend/leaving), so it
reads without Arrow and pandas: value by value, by the rules that the columns were read by when the data was registered.
"""

from __future__ import annotations

import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ....data.conventions import dialect
from ....data.conventions.told import Told
from ....modality.table import dates, numbers
from ....modality.table.coding import MONTHS, WEEKDAYS
from ....workspace.layout import BadInput

TOGETHER = 1024
BIGGEST = float(np.finfo(np.float32).max)


def read(paths: Sequence[Path], told: dict[str, Any], folder: Path) -> Iterator[tuple[list[str], tuple[Tensor, ...]]]:
    """(names, float32 n x F) of the rows of CSV or TSV files, some at a time; a row is called by its place.

    told: columns [{name, type, how, features}] (backend/modality/table/kinds.py, features.py), missing: words that a
    person said are missing, header: whether files have one, None where it is found out. A value that is no number or
    date of its column's form counts as missing and is told of on stderr; a category that was not seen is "other".
    Raises BadInput for a file without one of the columns.
    """
    for path in paths:
        lost: Counter[tuple[str, str]] = Counter()
        coders = [_coder(one, told["missing"] or (), lost) for one in told["columns"]]
        for first, rows in _grouped(path, told):
            columns = zip(*rows, strict=True)
            coded = np.concatenate([code(values) for code, values in zip(coders, columns, strict=True)], axis=1)
            begin = "" if len(paths) == 1 else f"{path}: "
            yield [f"{begin}row {first + at}" for at in range(len(rows))], (torch.from_numpy(coded),)
        for (column, value), count in lost.most_common(3):
            print(f"{path}: column {column!r}: {value!r} counts as missing in {count:,} rows", file=sys.stderr)


def _grouped(path: Path, told: dict[str, Any]) -> Iterator[tuple[int, list[list[str]]]]:
    """(place of the first row, values of the columns that the model reads) some rows at a time."""
    name = path.name
    style = dialect.sniff(path, Told(header=told["header"]), name)
    found = dialect.records(path, style, name)
    first = next(found, (0, []))
    names = dialect.column_names(first[1], style.header, name)
    if lacking := [one["name"] for one in told["columns"] if one["name"] not in names]:
        listed = ", ".join(map(repr, lacking[:5]))
        raise BadInput(f"{name}: expected the columns of the training, found none called {listed}")
    places, held, count = [names.index(one["name"]) for one in told["columns"]], [], 0
    for line, row in found if style.header else _again(first, found):
        if style.header and row == first[1] and len(row) > 1:  # a file that was joined from several
            continue
        if len(row) != len(names):
            raise BadInput(f"{name}: line {line:,}: expected {len(names)} columns in every row, found {len(row)}")
        held.append([row[place] for place in places])
        if len(held) == TOGETHER:
            yield count, held
            held, count = [], count + len(held)
    if held:
        yield count, held


def _again(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest


def _coder(
    column: dict[str, Any], missing: Sequence[str], lost: Counter[tuple[str, str]]
) -> Callable[[Sequence[str]], np.ndarray]:
    """A function from written values of a column to its features, float32 n x len(features)."""
    value, gone = _value(column), {"", *missing}
    codes = [{word: at for at, word in enumerate(one.get("values", ()), 1)} for one in column["features"]]

    def coded(values: Sequence[str]) -> np.ndarray:
        out = np.full((len(values), len(codes)), np.nan, dtype=np.float32)
        for row, written in enumerate(values):
            text = unicodedata.normalize("NFC", written).strip()
            if text in gone:
                continue
            found = value(text)
            if found is None:
                lost[column["name"], text[:40]] += 1
                continue
            for place, one in enumerate(column["features"]):
                out[row, place] = _code(one, found, codes[place])
        return out

    return coded


def _value(column: dict[str, Any]) -> Callable[[str], Any]:
    """What a written value is: a number, days since 1970, a word; None where it is none of these."""
    how = column["how"]
    if column["type"] == "number":
        form = numbers.Form(**how.get("form", {}))
        return lambda text: numbers.one(text, form)
    if column["type"] == "date":
        return lambda text: _days(text, how)
    return lambda text: text


def _days(text: str, how: dict[str, Any]) -> float | None:
    if how.get("compact") and len(text) == 8 and text.isdecimal():
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    found = dates.one(text, how.get("form", "iso"))
    return None if found is None else found / dates.DAY


def _code(one: dict[str, Any], value: Any, codes: dict[str, int]) -> float:
    if one["kind"] == "number":
        return min(max((value - one["mean"]) / one["std"], -BIGGEST), BIGGEST)
    if one["name"] != one["column"]:  # a part of a date
        day = int(np.floor(value))
        month = int(np.datetime64(day, "D").astype("datetime64[M]").astype(np.int64) % 12)
        value = WEEKDAYS[(day + 3) % 7] if one["name"].endswith(": weekday") else MONTHS[month]
    return codes.get(value, 0)
