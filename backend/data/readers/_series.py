"""Readings of sensors as rows, whatever they were stored as: what every reader of series gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

import sample_data

from ...workspace.layout import BadInput
from ..source import BATCH
from ..spec import Spec
from ..storing import as_table
from ._table_files import Rows

UNIT, TIME, LABEL = "series", "position", "label"  # columns of series that were stored as arrays


@dataclass(frozen=True)
class Readings(Rows):
    """Rows, one a reading. time: the column that says when it was taken, where the source itself says so; by_file: a
    unit of one file is no unit of another, and where no column names the units each file is one; whole: each unit is
    one example from its first reading to its last; declared: further fields of a data spec, where nobody says
    otherwise."""

    time: str | None = None
    by_file: bool = False
    whole: bool = False
    declared: Mapping[str, Any] = field(default_factory=dict)


Parts = Sequence[tuple[str | None, np.ndarray, np.ndarray | None]]  # split, N x C x T, N labels


def of_arrays(
    path: Path, parts: Parts, names: Callable[[int], Sequence[str]], where: str, digest: tuple[str, int], **told: Any
) -> Readings:
    """Readings of series that were stored as arrays, each a unit and one example. parts: as of `unrolled`; names: of so
    many channels; where: what each part is, for who reads a refusal; digest: SHA-256 and bytes of the source; told:
    further fields. Raises BadInput where the parts have other channels."""
    counts = [values.shape[1] for _, values, _ in parts]
    if len(set(counts)) > 1:
        found = ", ".join(map(str, counts))
        raise BadInput(f"{path.name}: expected the same channels in all {where}, found {found}")
    table = unrolled(parts, names(counts[0]))
    return Readings(
        name=path.name,
        sha256=digest[0],
        bytes=digest[1],
        batches=batches(table),
        rows=len(table),
        label=LABEL if LABEL in table.column_names else None,
        split="split" if "split" in table.column_names else None,
        group=UNIT,
        time=TIME,
        whole=True,
        **told,
    )


def unrolled(parts: Parts, names: Sequence[str]) -> pa.Table:
    """Arrays of series as rows, one a reading, in batches: the columns UNIT, TIME, the channels and, where there are
    any, LABEL and split.

    parts: (split or None, N x C x T with NaN where a series is shorter, N labels or None); names: of the C channels.
    Readings behind the last value of a series are left out.
    """
    return pa.concat_tables([pa.table(one) for one in _columns(parts, names)], promote_options="default")


def batches(table: pa.Table) -> Iterator[pa.Table]:
    """The rows in tables of at most BATCH."""
    return (table.slice(start, BATCH) for start in range(0, len(table), BATCH))


def builtin(spec: Spec) -> Readings:
    """A built-in set of sample_data, whose columns are one row a reading."""
    from . import _sample

    sample = _sample(spec)
    found = as_table(pd.DataFrame(sample.columns))
    return Readings(
        kind="builtin",
        name=spec.builtin,
        bytes=found.nbytes,
        sha256=sample.digest(),
        batches=batches(found),
        rows=len(found),
        label=sample.label,
        split=sample.split,
        group=sample.group,
        sensitive=sample.sensitive,
        types=sample.column_types,
        target=sample.target,
        unit=sample.unit,
        truth=sample.truth,
        time=sample.time,
        declared=sample.spec,
    )


def is_builtin(name: str | None) -> bool:
    return name is not None and name in sample_data.names()


def _columns(parts: Sequence[tuple], names: Sequence[str]) -> Iterator[dict[str, pa.Array]]:
    begin = 0
    for split, values, labels in parts:
        count, channels, length = values.shape
        there = ~np.isnan(values).all(axis=1)
        ends = np.where(there.any(axis=1), length - there[:, ::-1].argmax(axis=1), 1)
        kept = np.arange(length)[None] < ends[:, None]
        unit = np.repeat(np.arange(begin, begin + count), ends)
        made = {UNIT: pa.array(unit.astype(str)), TIME: pa.array(np.nonzero(kept)[1])}
        rows = values.transpose(0, 2, 1)[kept]
        made |= {names[place]: pa.array(rows[:, place], from_pandas=True) for place in range(channels)}
        if labels is not None:
            made[LABEL] = pa.array(pd.Series(labels)).take(pa.array(unit - begin))
        if split is not None:
            made["split"] = pa.array([split] * len(rows))
        yield made
        begin += count
