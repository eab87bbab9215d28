"""Reading the record: queries on cursors of their own, and snapshots of one moment. Nothing here writes.

`Reading` is what the one owner of the database (store.py) and who merely looks have in common.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from ...audit.ledger.ledger import Leaf, Root
from ...audit.ledger.payloads import Payload
from ...workspace.layout import BadInput

if TYPE_CHECKING:
    from .board import Board

LEAF_COLUMNS = "leaf, time, actor, kind, run, seq, key, subjects, body"


class StoreDamaged(BadInput):
    """The database cannot be opened or read as it is; nothing was moved or changed. `kind`: of the finding."""

    kind = "database"


@dataclass(frozen=True)
class Snapshot:
    """The record at one moment. `leaves` can be gone through once; until then `rows` asks about the same moment."""

    roots: list[Root]
    count: int  # of leaves
    payloads: dict[int, Payload]  # by leaf
    leaves: Iterator[tuple[Leaf, bytes]]  # with their stored hashes, in order
    moment: Moment

    def rows(self, sql: str, parameters: Iterable[Any] = ()) -> list[dict[str, Any]]:
        return self.moment.rows(sql, parameters)


class Moment:
    """One transaction that only reads: every question is answered from the state in which it began."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, path: Path):
        self._cursor, self.path = cursor, path
        cursor.execute("BEGIN TRANSACTION READ ONLY")

    def rows(self, sql: str, parameters: Iterable[Any] = ()) -> list[dict[str, Any]]:
        """Raises StoreDamaged where the file cannot be read."""
        try:
            return rows_of(self._cursor.execute(sql, list(parameters)))
        except (duckdb.Error, UnicodeDecodeError) as error:
            raise StoreDamaged(alarm(self.path, error)) from None

    def leaves(self, block: int, span: tuple[int, int] | None = None) -> Iterator[tuple[Leaf, bytes]]:
        """All leaves, or those from the first of `span` up to before its second, with their stored hashes.

        Asked last: after it the moment is over.
        """
        where = "" if span is None else "WHERE leaf >= ? AND leaf < ?"
        try:
            with self._cursor as cursor:
                cursor.execute(f"SELECT {LEAF_COLUMNS}, hash FROM ledger {where} ORDER BY leaf", span or ())
                while rows := cursor.fetchmany(block):
                    for *fields, hashed in rows:
                        yield Leaf(*fields), hashed
        except (duckdb.Error, UnicodeDecodeError) as error:
            raise StoreDamaged(alarm(self.path, error)) from None


class Reading:
    """Questions to the database at `path`; `_reader` is the connection that cursors come from."""

    read_only = False
    path: Path
    form: int  # how many migrations made the database (schema.py)
    board: Board  # its runs and data sets
    _reader: duckdb.DuckDBPyConnection

    def rows(self, sql: str, parameters: Iterable[Any] = ()) -> list[dict[str, Any]]:
        """Read the last committed state; may run beside writes."""
        with self._reader.cursor() as cursor:
            return rows_of(cursor.execute(sql, list(parameters)))

    def snapshot(self, block: int = 10_000) -> Snapshot:
        """The record as it is now; `leaves` reads it in blocks. Raises StoreDamaged where the file cannot be read."""
        moment = Moment(self._reader.cursor(), self.path)
        roots = [Root(**row) for row in moment.rows("SELECT size, root, frontier, time FROM roots ORDER BY size")]
        count = moment.rows("SELECT count(*) AS leaves FROM ledger")[0]["leaves"]
        kept = moment.rows("SELECT leaf, salt, payload FROM payloads")
        payloads = {row["leaf"]: Payload(row["salt"], row["payload"]) for row in kept}
        return Snapshot(roots, count, payloads, moment.leaves(block), moment)

    def leaves(self, first: int, until: int, block: int = 10_000) -> Iterator[Leaf]:
        """The leaves from `first` to `until` - 1 as they are now, in order. Raises StoreDamaged."""
        return (leaf for leaf, _ in Moment(self._reader.cursor(), self.path).leaves(block, (first, until)))

    def ledger(self, block: int = 10_000) -> tuple[list[Root], int, Iterator[tuple[Leaf, bytes]]]:
        """(roots, number of leaves, leaves with their stored hashes in order), all of one moment."""
        found = self.snapshot(block)
        return found.roots, found.count, found.leaves


def rows_of(result: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def alarm(path: Path, error: Exception) -> str:
    what = " ".join(str(error).split())[:300]
    return f"ALARM {path}: the database or its write-ahead log cannot be opened: {what} Nothing was moved or changed."
