"""The form of the database: numbered migrations make it, and it holds what they make, no more and no less.

A view or a macro in the file could change what every page reads: DuckDB prefers a macro of the file to its own function
of the same name, `contains` and `lower` and `-` among them. So no query is stored, and whoever opens the file asks
first what is in it, by calls that no macro can stand in front of (`system.main.` is spelled out, and the comparison
with a name is no function), and goes no further where that is not what the migrations make.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from functools import cache
from importlib import resources

import duckdb

from ...workspace.events import now
from .reading import StoreDamaged

Object = tuple[str, str, str]  # kind, name, definition
CONFIG = {"threads": 2, "autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
# kind of object: DuckDB's list of them, the columns that name one, those that define it
LISTS = {
    "schema": ("duckdb_schemas", "schema_name", "comment, tags"),
    "table": ("duckdb_tables", "table_name", "sql, comment, tags"),
    "view": ("duckdb_views", "view_name", "sql, comment, tags"),
    "macro": ("duckdb_functions", "function_name", "function_type, macro_definition"),
    "type": ("duckdb_types", "type_name", "logical_type"),
    "sequence": ("duckdb_sequences", "sequence_name", "sql"),
    "index": ("duckdb_indexes", "index_name", "sql"),
    "trigger": ("duckdb_triggers", "trigger_name", "sql"),
    "column": ("duckdb_columns", "table_name, column_name", "data_type, column_default, is_generated, comment, tags"),
}  # constraints are part of the sql of their table
# Of the objects that all migrations make, as DuckDB 2.0 spells them: whoever opens the newest form need not make a
# second database to compare with. Another digest decides nothing.
NEWEST = "c91f8a54bf29ad57fee37f87a28cdbc896fa7841f8df5182b9be0ec68502e14e"
DATED = 3  # up to this migration the table of migrations also said when each was applied


class ForeignObject(StoreDamaged):
    """The database holds something that this version does not make, or lacks something that it makes."""

    kind = "foreign object"


def migrate(connection: duckdb.DuckDBPyConnection, beside: Callable[[str], None] = lambda name: None) -> int:
    """Apply the migrations that this database has not seen, in order, each in its own transaction; returns how many
    made it: all of them. Nobody else can open the file meanwhile, so what was asked before is not asked again.

    beside: called with the name of each, inside its transaction. Raises ForeignObject, and StoreDamaged for a database
    of a newer version.
    """
    names = migrations()
    for number in range(form(connection), len(names)):
        connection.execute("BEGIN TRANSACTION")
        try:
            _apply(connection, number)
            beside(names[number])
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
    return len(names)


def form(connection: duckdb.DuckDBPyConnection) -> int:
    """How many migrations made this database. Raises as `migrate`; asks nothing that the file could subvert."""
    found, names = objects(connection), migrations()
    applied = _applied(connection, found)
    if unknown := sorted(set(applied) - set(names)):
        raise StoreDamaged(f"database: expected migrations up to {names[-1]}, found {unknown[-1]} of a newer version")
    made = len(names) if _digest(found) == NEWEST else _form_of(found)
    if made is None:
        raise ForeignObject(f"database: expected what this version makes and nothing else, found {_odd(found)}"[:600])
    if sorted(applied) != names[:made]:
        told = ", ".join(sorted(applied)) or "none"
        raise ForeignObject(f"database: expected the table of migrations up to {names[made - 1]}, found in it {told}")
    return made


def _form_of(found: frozenset[Object]) -> int | None:
    """How many migrations make exactly these objects; None: no number of them."""
    return next((count for count in range(len(migrations()), -1, -1) if found == expected(count)), None)


def _digest(found: frozenset[Object]) -> str:
    return hashlib.sha256(json.dumps(sorted(found)).encode()).hexdigest()


def objects(connection: duckdb.DuckDBPyConnection) -> frozenset[Object]:
    """All that the catalogue of the file holds beside what DuckDB brings along, which the file cannot change."""
    return frozenset(one for kind in LISTS for one in _listed(connection, kind))


def migrations() -> list[str]:
    """The names of all migrations, in order."""
    return sorted(f.name for f in _folder().iterdir() if f.name.endswith(".sql"))


@cache
def expected(count: int) -> frozenset[Object]:
    """The objects of a database that the first `count` migrations made."""
    with duckdb.connect(":memory:", config=CONFIG) as connection:
        for number in range(count):
            _apply(connection, number)
        return objects(connection)


def _apply(connection: duckdb.DuckDBPyConnection, number: int) -> None:
    if number == 0:
        connection.execute("CREATE TABLE migrations (name VARCHAR NOT NULL, applied VARCHAR NOT NULL)")
    name = migrations()[number]
    connection.execute((_folder() / name).read_text(encoding="utf-8"))
    values = [name, now()] if number < DATED else [name]
    connection.execute(f"INSERT INTO migrations VALUES ({', '.join('?' for _ in values)})", values)


def _listed(connection: duckdb.DuckDBPyConnection, kind: str) -> Iterator[Object]:
    source, named, defined = LISTS[kind]
    width = 1 + named.count(",")
    built_in = "internal" if kind == "type" else "false"  # every database lists DuckDB's own types as well
    columns = f"database_name, schema_name, {built_in}, {named}, {defined}"
    sql = f"SELECT {columns} FROM system.main.{source}() WHERE database_name <> 'system'"
    for database, schema, internal, *rest in connection.execute(sql).fetchall():
        if database != "temp" and not internal:
            parts = rest[:width] if schema == "main" or kind == "schema" else [schema, *rest[:width]]
            yield kind, ".".join(map(str, parts)), " | ".join(map(str, rest[width:]))


def _applied(connection: duckdb.DuckDBPyConnection, found: frozenset[Object]) -> list[str]:
    """The names in the table of migrations; none where it is no table, which is told as a foreign object."""
    if not any(kind == "column" and name == "migrations.name" for kind, name, _ in found):
        return []
    if not any(kind == "table" and name == "migrations" for kind, name, _ in found):
        return []
    return [str(name) for (name,) in connection.execute("SELECT name FROM main.migrations").fetchall()]


def _odd(found: frozenset[Object]) -> str:
    """What is foreign, changed or missing, the most telling first, in a few words."""
    known = min((expected(count) for count in range(len(migrations()), 0, -1)), key=lambda made: len(made ^ found))
    here, there = {one[:2]: one[2] for one in found}, {one[:2]: one[2] for one in known}
    order = list(LISTS)
    told = [("a foreign " if one not in there else "another ", one) for one in here if here[one] != there.get(one)]
    told += [("no ", one) for one in there if one not in here]
    told.sort(key=lambda one: (one[0] != "a foreign ", order.index(one[1][0]), one[1][1]))
    return ", ".join(f"{how}{kind} {name}" for how, (kind, name) in told[:4]) + (" and more" if told[4:] else "")


def _folder():
    return resources.files(f"{__package__}.migrations")
