"""Counts of a selection by groups, answered by DuckDB in memory while a person waits.

A table of small codes is loaded once; a selection then costs one pass over the selected rows (25 ms of a million on one
core, of which 131,000 were selected).
"""

from __future__ import annotations

import threading
from collections import OrderedDict

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from ..workspace.layout import BadInput

KEPT = 8  # tables


class Slices:
    """Tables of codes by name; every call may come from another thread."""

    def __init__(self) -> None:
        self._connection = duckdb.connect(":memory:")
        self._lock = threading.Lock()
        self._held: OrderedDict[str, tuple[str, dict[str, str], int]] = OrderedDict()
        self._number = 0

    def offer(self, name: str, codes: dict[str, np.ndarray]) -> None:
        """Load columns of codes (whole numbers, all of one length) under `name`, unless they are there already.

        Columns are numbered inside: what a data set calls them never becomes part of a statement.
        """
        with self._lock:
            if name in self._held:
                self._held.move_to_end(name)
                return
            places = {column: f"c{i}" for i, column in enumerate(codes)}
            count = len(next(iter(codes.values()), ()))
            self._number += 1
            table = f"t{self._number}"
            given = pa.table({places[column]: np.asarray(values) for column, values in codes.items()})
            with self._connection.cursor() as cursor:
                cursor.register("given", given)
                cursor.execute(f"CREATE TABLE {table} AS SELECT * FROM given")
            self._held[name] = table, places, count
            while len(self._held) > KEPT:
                _, (oldest, _, _) = self._held.popitem(last=False)
                self._connection.execute(f"DROP TABLE {oldest}")

    def counts(self, name: str, groupings: list[tuple[str, ...]], chosen: np.ndarray | None = None) -> list[pd.Series]:
        """For each grouping how many rows have each combination of codes, as an int64 Series over its columns' codes.

        chosen: bool, the rows that count; None: all. Combinations without rows are left out. Raises BadInput for an
        unknown table or column, or a `chosen` of another length.
        """
        with self._lock:
            if name not in self._held:
                raise BadInput(f"slices: expected a table that was loaded, found {name[:80]!r}")
            table, places, count = self._held[name]
            unknown = [column for grouping in groupings for column in grouping if column not in places]
            if unknown:
                raise BadInput(f"slices: expected columns of {', '.join(places)}, found {unknown[0]!r}"[:400])
            if chosen is not None and len(chosen) != count:
                raise BadInput(f"slices: expected {count:,} marks, one a row, found {len(chosen):,}")
            return [] if not groupings else self._asked(table, places, groupings, chosen)

    def _asked(
        self, table: str, places: dict[str, str], groupings: list[tuple[str, ...]], chosen: np.ndarray | None
    ) -> list[pd.Series]:
        sets = [[places[column] for column in grouping] for grouping in groupings]
        columns = list(dict.fromkeys(place for group in sets for place in group))
        listed = ", ".join(columns)
        source = table if chosen is None else f"{table} POSITIONAL JOIN chosen WHERE yes"
        spread = ", ".join(f"({', '.join(group)})" for group in sets)
        with self._connection.cursor() as cursor:
            if chosen is not None:
                cursor.register("chosen", pa.table({"yes": np.asarray(chosen, dtype=bool)}))
            found = cursor.execute(
                f"SELECT {listed}, GROUPING({listed}) AS rolled, count(*) AS n FROM {source} "
                f"GROUP BY GROUPING SETS ({spread})"
            ).df()
        answers = []
        for grouping, group in zip(groupings, sets, strict=True):
            # GROUPING() has a 1, the first column in the highest bit, for each column that a set leaves out.
            rolled = sum(1 << (len(columns) - 1 - i) for i, column in enumerate(columns) if column not in group)
            part = found.loc[found["rolled"] == rolled, [*group, "n"]].set_index(group)["n"].sort_index()
            part.index.names = list(grouping)
            answers.append(part.astype("int64"))
        return answers
