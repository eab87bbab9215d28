"""What is put into the database's catalogue: views, macros, tables and columns that would change what is read."""

from __future__ import annotations

from .hand import Hand, mutation

FOREIGN = "foreign object"


@mutation("a view `events` that shows other numbers", FOREIGN)
def view_of_events(hand: Hand) -> None:
    hand.sql("DROP VIEW IF EXISTS events")
    hand.sql("CREATE VIEW events AS SELECT * REPLACE (replace(body, '1', '2') AS body), NULL AS payload FROM ledger")


@mutation("a view `datasets` that shows another manifest", FOREIGN)
def view_of_datasets(hand: Hand) -> None:
    hand.sql("DROP VIEW IF EXISTS datasets")
    hand.sql(
        "CREATE VIEW datasets AS SELECT run, time, '{}' AS manifest, leaf FROM ledger WHERE kind = 'data.registered'"
    )


@mutation("a macro `contains` that hides events from the search", FOREIGN)
def macro_contains(hand: Hand) -> None:
    hand.sql("CREATE MACRO contains(a, b) AS false")


@mutation("a macro in the place of another built-in function", FOREIGN)
def macro_coalesce(hand: Hand) -> None:
    hand.sql("CREATE MACRO substr(a, b, c) AS 'x'")


@mutation("a macro that hides the list of macros", FOREIGN)
def macro_of_the_catalogue(hand: Hand) -> None:
    hand.sql("CREATE MACRO duckdb_functions() AS TABLE SELECT 'x' AS function_name WHERE false")


@mutation("a macro that gives a table", FOREIGN)
def table_macro(hand: Hand) -> None:
    hand.sql("CREATE MACRO all_runs() AS TABLE SELECT 1 AS run")


@mutation("a view in the place of the table of leaves", FOREIGN, "database", "edited", "missing leaf")
def ledger_hidden_by_a_view(hand: Hand) -> None:
    hand.sql("ALTER TABLE ledger RENAME TO real_ledger")
    hand.sql("CREATE VIEW ledger AS SELECT * FROM real_ledger WHERE kind != 'review.decided'")


@mutation("a table of their own", FOREIGN)
def table_added(hand: Hand) -> None:
    hand.sql("CREATE TABLE notes AS SELECT 1 AS x")


@mutation("the table of runs that earlier versions kept, with another title", FOREIGN)
def table_of_runs(hand: Hand) -> None:
    hand.sql("CREATE TABLE runs AS SELECT run, 'Better' AS title, 'succeeded' AS state FROM processes")


@mutation("a trigger that changes what is written", FOREIGN)
def trigger_added(hand: Hand) -> None:
    hand.sql("CREATE TRIGGER more AFTER INSERT ON ledger FOR EACH STATEMENT INSERT INTO migrations VALUES ('x')")


@mutation("a schema of their own with a second ledger", FOREIGN)
def schema_added(hand: Hand) -> None:
    hand.sql("CREATE SCHEMA other")
    hand.sql("CREATE TABLE other.ledger AS SELECT * FROM ledger")


@mutation("a column more in a table", FOREIGN)
def column_added(hand: Hand) -> None:
    hand.sql("ALTER TABLE processes ADD COLUMN title VARCHAR")


@mutation("another type of a column", FOREIGN)
def column_retyped(hand: Hand) -> None:
    hand.sql("ALTER TABLE payloads ALTER payload TYPE BLOB USING payload::BLOB")


@mutation("a default in a column", FOREIGN)
def default_added(hand: Hand) -> None:
    hand.sql("ALTER TABLE checkpoints ALTER time SET DEFAULT '2020-01-01'")


@mutation("an index over the leaves", FOREIGN)
def index_added(hand: Hand) -> None:
    hand.sql("CREATE INDEX by_kind ON ledger (kind)")


@mutation("a type of their own", FOREIGN)
def type_added(hand: Hand) -> None:
    hand.sql("CREATE TYPE mood AS ENUM ('good', 'bad')")


@mutation("a sequence", FOREIGN)
def sequence_added(hand: Hand) -> None:
    hand.sql("CREATE SEQUENCE counter")


@mutation("takes a table away", FOREIGN, "database")
def table_dropped(hand: Hand) -> None:
    hand.sql("DROP TABLE payloads")


@mutation("a comment on a table", FOREIGN)
def comment_added(hand: Hand) -> None:
    hand.sql("COMMENT ON TABLE ledger IS 'checked and found right'")
