"""Which columns are channels, which are of a unit, and the readings of the channels as they are stored."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ...workspace.layout import BadInput
from ..table import kinds, types
from ..table.kinds import Column
from ..table.reading import Read
from ..table.tally import hashes
from .clock import Grid

MOST = 1_000  # channels
MOSTLY = 0.5  # share of numbers from which on a column with words among them is one of numbers
BLOCK = 1 << 16  # readings that are written at a time
BIGGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Chosen:
    """channels, static: names; left_out: [{"name", "why"}]"""

    channels: list[str]
    static: list[str]
    left_out: list[dict[str, str]]


def retyped(read: Read) -> list[str]:
    """Columns of numbers with some words among them become numbers: a sensor that says ERR said nothing. Returns what
    was lost, in sentences."""
    said = []
    for place, one in enumerate(read.columns):
        if "mixed" in one.how and one.name not in read.asked.columns:
            values = read.spool.column(one.name)
            if _share_of_numbers(values, read) < MOSTLY:
                continue
            field = read.spool.fields[one.name]
            read.columns[place] = types.column(field, values, read.known, "number", "numbers in most rows")
            said.append(f"{one.name}: {read.columns[place].why.split('; ')[1]}.")
    return said


def _share_of_numbers(values: pa.ChunkedArray, read: Read) -> float:
    there = kinds.present(values, read.known)
    told = kinds.typed(there, Column("", "number", ""))
    return (len(told) - told.null_count) / max(1, len(there) - there.null_count)


def chosen(read: Read, grid: Grid, taken: Sequence[str | None]) -> Chosen:
    """taken: columns that say what a row is, when it was, or what is asked for. Raises BadInput where no column is
    left."""
    found, static, left = [], [], []
    for one in read.columns:
        if one.name in taken:
            continue
        if one.type in ("leave out", "constant") or kinds.unreadable(read.spool.fields[one.name]):
            left.append({"name": one.name, "why": one.why})
            continue
        numeric = one.type in ("number", "yes/no", "identifier") and not _words(one, read)
        if _of_units(read, one, grid, numeric):
            static.append(one.name)
        elif numeric:
            found.append(one.name)
        else:
            left.append({"name": one.name, "why": f"{one.type} that changes within a unit ({one.why})"})
    if not found:
        listed = "; ".join(f"{one['name']}: {one['why']}" for one in left[:5]) or "no other column"
        raise BadInput(f"{read.name}: expected a column of numbers that changes over time, found none ({listed})"[:500])
    if len(found) > MOST:
        raise BadInput(f"{read.name}: expected at most {MOST:,} channels, found {len(found):,}; leave some out")
    return Chosen(found, static, left)


def _words(one: Column, read: Read) -> bool:
    kind = read.spool.fields[one.name].type
    return kinds.is_text(kind) and one.type != "number" and _share_of_numbers(read.spool.column(one.name), read) < 1


def _of_units(read: Read, one: Column, grid: Grid, numeric: bool) -> bool:
    """Whether a column says the same in all rows of every unit, and there are several units."""
    if len(grid.begins) < 3:
        return False
    if numeric:
        values = values_of(read, one)
        keys = np.where(np.isnan(values), -0.5, values)
    else:
        keys = hashes(kinds.present(read.spool.column(one.name), read.known).combine_chunks().cast(pa.string()))
    rows = keys[grid.order]
    units = grid.unit[np.repeat(np.arange(len(grid.first)), np.diff(np.append(grid.first, len(rows))))]
    return bool(((rows[1:] == rows[:-1]) | (units[1:] != units[:-1])).all())


def values_of(read: Read, one: Column) -> np.ndarray:
    """float64 N of a column of numbers, NaN where missing."""
    there = kinds.present(read.spool.column(one.name), read.known)
    if kinds.is_text(there.type):
        there = kinds.typed(there, Column(one.name, "number", "", one.how))
    return there.cast(pa.float64(), safe=False).to_numpy()


class Readings:
    """R x C readings in a file of their own while a data set is registered: written channel by channel, read in
    blocks of rows."""

    def __init__(self, folder: Path, read: Read, grid: Grid, names: Sequence[str], tick: Callable[[int, int], None]):
        columns = {one.name: one for one in read.columns}
        self.names, self._file = list(names), folder / "readings"
        shape = (len(names), len(grid.first))
        self.values = np.memmap(self._file, np.float64, "w+", shape=shape)
        for place, name in enumerate(names):
            tick(place, len(names))
            self.values[place] = _merged(values_of(read, columns[name])[grid.order], grid.first)

    def digests(self, begins: np.ndarray) -> np.ndarray:
        """Of each unit, the same for units with the same readings. begins: U + 1 places."""
        found = []
        for first, end in itertools.pairwise(begins):
            found.append(hashlib.sha256(np.ascontiguousarray(self.values[:, first:end]).tobytes()).hexdigest())
        return np.array(found)

    def described(self, train: np.ndarray) -> list[dict[str, Any]]:
        """[{"name", "mean", "std", "low", "high", "missing"}] by the training readings (bool R); std 0 where they
        do not vary."""
        found = []
        for name, values in zip(self.names, self.values, strict=True):
            there = values[train]
            there = there[~np.isnan(there)]
            mean, std = (float(there.mean()), float(there.std())) if len(there) else (0.0, 0.0)
            std = std if np.isfinite(std) and std > 1e-9 * max(1.0, abs(mean)) else 0.0
            low, high = (float(there.min()), float(there.max())) if len(there) else (None, None)
            missing = float(np.isnan(values).mean())
            found.append({"name": name, "mean": mean, "std": std, "low": low, "high": high, "missing": missing})
        return found

    def blocks(self, described: Sequence[dict[str, Any]]) -> Iterator[np.ndarray]:
        """float32 blocks of rows x channels, standardised, NaN where missing; of the channels that are described."""
        places = [self.names.index(one["name"]) for one in described]
        mean, std = (np.array([one[key] for one in described])[:, None] for key in ("mean", "std"))
        for start in range(0, self.values.shape[1], BLOCK):
            block = (self.values[places, start : start + BLOCK] - mean) / std
            yield np.clip(block, -BIGGEST, BIGGEST).astype(np.float32).T


def _merged(values: np.ndarray, first: np.ndarray) -> np.ndarray:
    """The mean of the values of each reading that are there, NaN where none is."""
    if len(first) == len(values):
        return values
    there = ~np.isnan(values)
    count = np.add.reduceat(there, first, dtype=np.int64)
    total = np.add.reduceat(np.where(there, values, 0.0), first)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
