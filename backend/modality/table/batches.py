"""A later file of a table's columns: read and coded as the table was, so that their rows can be compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...data.conventions import missing
from ...data.spec import Parent, Spec
from ...workspace import formats
from ...workspace.artefacts import Artefacts
from ...workspace.layout import BadInput
from . import guess, kinds
from .features import OTHER
from .kinds import Column, Known
from .tally import found as different
from .tally import tally


class Like:
    """The table that was registered first. stored: what its artefact `features` holds; features: {column: its
    features}, as that table's training rows made them.

    Raises BadInput where the spec says of columns what that table has settled.
    """

    def __init__(self, parent: Parent, asked: Spec, artefacts: Artefacts):
        if asked.columns:
            raise BadInput(f"columns: expected no types in a batch of {parent.name}, found {', '.join(asked.columns)}")
        self.parent, self.label, self.classes = parent, parent.label, parent.classes
        self.stored = stored = artefacts.json(parent.features)
        self._columns = {one["name"]: Column(**one) for one in stored["columns"]}
        self.features: dict[str, list[dict[str, Any]]] = {}
        for one in stored["features"]:
            self.features.setdefault(one["column"], []).append(one)

    def column(self, field: pa.Field, values: pa.ChunkedArray, known: Known) -> Column:
        """A column of the batch, typed as there. Raises BadInput for values that cannot be read so."""
        name = field.name
        if name not in self._columns:
            return Column(name, "leave out", f"{self.parent.name} has no such column", missing=values.null_count)
        one = replace(self._columns[name], why=f"as in {self.parent.name}")
        if name not in self.features or kinds.unreadable(field):
            if name in self.features:
                raise self._other(name, known, f"{kinds.unreadable(field)}")
            return replace(one, missing=values.null_count, distinct=0)
        values = kinds.present(values, known)
        if one.type == "date" and "form" not in one.how and kinds.is_text(values.type):
            found = guess.date(name, different(values), known)
            one = one if found is None else replace(one, how=found.how)
        try:
            read = kinds.typed(values, one)
        except (pa.ArrowException, KeyError):
            raise self._other(name, known, f"values of type {values.type}") from None
        self._check(one, values, read, known)
        whole = one.whole and kinds.is_whole(read)
        return replace(one, missing=read.null_count, distinct=tally(read).distinct, whole=whole)

    def used(self, columns: Sequence[Column]) -> list[Column]:
        """The columns that are features. Raises BadInput for those that the batch lacks."""
        there = {one.name: one for one in columns}
        if lost := [name for name in self.features if name not in there]:
            listed = ", ".join(map(repr, lost[:5]))
            raise BadInput(f"schema_of: expected the columns of {self.parent.name}, found none called {listed}")
        return [there[name] for name in self.features]

    def aligned(self, roles: dict[str, Any], where: str) -> dict[str, Any]:
        """The roles with the classes of the table. Raises BadInput where the batch has a class that the table has
        not."""
        classes = roles["classes"]
        if not classes:
            return roles
        if strange := [one for one in classes if one not in self.classes]:
            raise BadInput(
                f"label {self.label!r} of {where}: expected the classes of {self.parent.name} "
                f"({', '.join(self.classes[:5])}), found {strange[0]!r}"
            )
        place = np.array([*(self.classes.index(one) for one in classes), -1])
        positive = self.classes[1] if len(self.classes) == 2 else None
        return roles | {"codes": place[roles["codes"]], "classes": self.classes, "positive": positive}

    def unknown(self, columns: Sequence[Column], typed: Callable[[Column], pa.ChunkedArray]) -> list[str]:
        """A sentence on the values of the batch's categories that have no code in the table, the most frequent three
        by name; [] where all have one. columns: those that are features; typed: gives the values of one."""
        found = []
        for one in columns:
            if one.type not in ("category", "yes/no"):
                continue
            listed = pa.array(self.features[one.name][0]["values"], pa.string())
            values = typed(one).drop_null()
            strange = pc.value_counts(values.filter(pc.invert(pc.is_in(values, value_set=listed)))).to_pylist()
            found += [(-each["counts"], one.name, each["values"]) for each in strange]
        if not found:
            return []
        rows, where = -sum(count for count, _, _ in found), len({name for _, name, _ in found})
        named = ", ".join(f"{value[:40]!r} of {name} ({-count:,})" for count, name, value in sorted(found)[:3])
        more = f" and {len(found) - 3:,} more" if len(found) > 3 else ""
        return [
            f"{formats.count(rows, 'value')} of {formats.count(where, 'column')} {'has' if rows == 1 else 'have'} "
            f"no code in {self.parent.name} and count{'s' if rows == 1 else ''} as {OTHER}: {named}{more}."
        ]

    def _check(self, one: Column, values: pa.ChunkedArray, read: pa.ChunkedArray, known: Known) -> None:
        lost = pc.and_(values.is_valid(), read.is_null())
        words = pa.array([*missing.WORDS, *guess.PLACEHOLDERS], pa.string())
        odd = pc.unique(values.filter(lost))
        if kinds.is_text(odd.type):
            odd = odd.filter(pc.invert(pc.is_in(pc.utf8_lower(odd), value_set=pc.utf8_lower(words))))
        if len(odd):
            rows = pc.sum(pc.is_in(values, value_set=odd)).as_py()
            raise self._other(one.name, known, f"{str(odd[0].as_py())[:60]!r} in {rows:,} of {len(values):,} rows")

    def _other(self, name: str, known: Known, found: str) -> BadInput:
        one = self._columns[name]
        return BadInput(
            f"column {name!r} of {known.name}: expected type {one.type} as in {self.parent.name}, found {found}"
        )
