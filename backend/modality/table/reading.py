"""A table that was read to its end: its columns as they are written, as they are typed, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...data.conventions.joining import check_plain
from ...data.conventions.schema import frame
from ...data.source import no_column
from ...data.spec import Spec
from ...workspace.layout import BadInput
from .._base import Progress
from . import kinds, types, words
from .batches import Like
from .kinds import Column, Known, unreadable
from .spool import Spool
from .tally import hashes


class Read:
    """The roles of columns and the sheet see a source by it (`data.source.Columns`). `columns`: typed, in the source's
    order, once `type_columns` was called."""

    def __init__(self, spool: Spool, asked: Spec, like: Like | None = None):
        self.spool, self.source, self.asked, self.like = spool, spool.source, asked, like
        self.columns: list[Column] = []
        self.infinite: dict[str, int] = {}
        there = spool.fields
        self.label = self.source.label or ("label" if "label" in there else None)
        if like is not None and like.label in there:
            self.label = like.label
        self.split = None if asked.split_time else self.source.split or ("split" if "split" in there else None)

    kind = property(lambda self: self.source.kind)
    classes = property(lambda self: self.source.classes)
    name = property(lambda self: self.source.name)
    bytes = property(lambda self: self.source.bytes)
    sha256 = property(lambda self: self.source.sha256)
    group = property(lambda self: self.source.group)
    sensitive = property(lambda self: self.source.sensitive)
    words_only = property(lambda self: self.source.words_only)
    reasons = property(lambda self: self.source.reasons)
    how = property(lambda self: self.source.how)

    @cached_property
    def known(self) -> Known:
        parted = self.asked.separator == ";" or any("semicolons" in said for said in self.source.how)
        return Known(self.name, self.spool.count, self.asked.missing, bool(self.source.words_only), parted)

    def type_columns(self, progress: Progress) -> None:
        """Raises BadInput for types of columns that there are not, or that their values cannot have."""
        for name in self.asked.columns:
            if name not in self.spool.fields:
                raise no_column(name, "columns", self.name, self.spool.fields)
        for done, (name, field) in enumerate(self.spool.fields.items()):
            progress(done, len(self.spool.fields), "columns")
            own, declared = self.asked.columns.get(name), self.source.types.get(name)
            why = "as asked" if own else "as the built-in set says" if declared else ""
            values = self.spool.column(name)
            if n := kinds.infinite(values):
                self.infinite[name] = n
            if self.like is None:
                self.columns.append(types.column(field, values, self.known, own or declared, why))
            else:
                self.columns.append(self.like.column(field, values, self.known))

    def typed(self, column: Column) -> pa.ChunkedArray:
        """A whole column as `kinds.typed` gives it."""
        return kinds.typed(kinds.present(self.spool.column(column.name), self.known), column)

    def parts(self, columns: Sequence[Column], shown: bool = False) -> Iterator[pa.Table]:
        """These columns part by part, typed. shown: as people see them: whole numbers as such, days without a time."""
        made = {one.name: _for_people(one) for one in columns} if shown else {}
        for part in self.spool.parts([one.name for one in columns]):
            typed = {}
            for one in columns:
                values = part.column(one.name)
                if one.type in kinds.FEATURES:
                    values = kinds.typed(kinds.present(values, self.known), one)
                typed[one.name] = made[one.name](values) if one.name in made else values
            yield pa.table(typed)

    def digests(self, columns: Sequence[Column]) -> np.ndarray:
        """uint64 N: rows whose values are the same in all of these columns have the same."""
        found = []
        for part in self.parts(columns):
            each = np.zeros(len(part), np.uint64)
            for one in columns:
                each = each * np.uint64(1_099_511_628_211) + _hashes(part.column(one.name))
            found.append(each)
        return np.concatenate(found)

    def drawn(self, rows: np.ndarray) -> pd.DataFrame:
        """These rows (ascending): float64 of numbers, datetime64 of dates, of all others str or None. Columns of lists
        and records are left out."""
        told = [one for one in self.columns if not unreadable(self.spool.fields[one.name])]
        held, at = [], 0
        for part in self.parts(told):
            inside = rows[(rows >= at) & (rows < at + len(part))] - at
            at += len(part)
            if len(inside):
                held.append(part.take(pa.array(inside)))
        whole = pa.concat_tables(held)
        return pd.DataFrame({one.name: _for_counting(whole.column(one.name), one) for one in told})

    def times(self, name: str) -> np.ndarray:
        """float64 N, ascending with the time of a row. Raises BadInput where a row has none."""
        if name not in self.spool.fields:
            raise no_column(name, "split_time", self.name, self.spool.fields)
        one = next(one for one in self.columns if one.name == name)
        where = f"split_time {name!r} of {self.name}"
        if one.type not in ("date", "number"):
            raise BadInput(f"{where}: expected dates or numbers, found {one.type} ({one.why}); --column '{name}=date'")
        values = self.typed(one)
        if one.missing:
            row = int(np.flatnonzero(values.is_null().to_numpy())[0])
            first = self.where(row)
            raise BadInput(
                f"{where}: expected a time in every row, found none in {one.missing:,}, the first is {first}"
            )
        return pc.cast(
            values if one.type == "number" else pc.cast(values, pa.int64()), pa.float64(), safe=False
        ).to_numpy()

    def warnings(self) -> list[str]:
        """Sentences on what was read otherwise than it may have been meant."""
        said = [
            f"{name}: {n:,} infinite value{'' if n == 1 else 's'} count{'s' if n == 1 else ''} as missing."
            for name, n in self.infinite.items()
        ]
        said += [f"{one.name} is read as {one.type}: {one.how['mixed']}." for one in self.columns if "mixed" in one.how]
        return said

    def column(self, name: str, what: str) -> pd.Series:
        if name not in self.spool.fields:
            raise no_column(name, what, self.name, self.spool.fields)
        check_plain(self.spool.fields[name], f"{what}: column {name!r} of {self.name}")
        one = next((one for one in self.columns if one.name == name), None)
        if one is not None and one.type == "number" and one.how:
            return pd.Series(self.typed(one).to_numpy(), name=name)
        return frame(pa.table({name: self.spool.column(name)}))[name]

    def missing(self) -> dict[str, int]:
        return {one.name: one.missing for one in self.columns}

    def where(self, row: int) -> str:
        return self.source.places.where(row) if self.source.places else f"{self.name}: row {row:,}"

    def files(self) -> np.ndarray | None:
        return self.source.places.files(np.arange(self.spool.count)) if self.source.places else None


def _hashes(values: pa.ChunkedArray) -> np.ndarray:
    """uint64 of each value, the same for equal ones."""
    if pa.types.is_string(values.type):
        return np.concatenate([hashes(chunk) for chunk in values.chunks])
    plain = pc.cast(
        values if pa.types.is_floating(values.type) else pc.cast(values, pa.int64()), pa.float64(), safe=False
    )
    return pd.util.hash_array(plain.to_numpy() + 0.0)


def _for_counting(values: pa.ChunkedArray, one: Column) -> np.ndarray:
    if one.type == "number":
        return values.to_numpy()
    if one.type == "date":
        return values.to_numpy().astype("datetime64[us]")
    return words.written(values).to_numpy()


def _for_people(one: Column):
    """How typed values of a column stand in the stored table."""
    if one.type == "number" and one.whole:
        return lambda values: pc.cast(values, pa.int64())
    if one.type == "date" and one.whole:
        return lambda values: pc.cast(values, pa.date32())
    return lambda values: values
