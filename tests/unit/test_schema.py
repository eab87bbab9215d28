"""The database holds what its migrations make, no more and no less, and nothing in it changes what is read."""

import duckdb
import pytest

from backend.control.record import schema
from backend.control.record.reading import StoreDamaged
from backend.control.record.schema import ForeignObject, form, migrate
from backend.control.record.store import Store

CREATED = {
    "CREATE MACRO contains(a, b) AS false": "a foreign macro contains",
    'CREATE MACRO "="(a, b) AS false': "a foreign macro =",
    'CREATE MACRO "<>"(a, b) AS false': "a foreign macro <>",
    'CREATE MACRO "-"(a, b) AS 42': "a foreign macro -",
    "CREATE MACRO lower(a) AS ''": "a foreign macro lower",
    "CREATE MACRO duckdb_functions() AS TABLE SELECT 'x' AS function_name WHERE false": "a foreign macro duckdb_fun",
    "CREATE MACRO duckdb_tables() AS TABLE SELECT 'x' AS table_name WHERE false": "a foreign macro duckdb_tables",
    "CREATE MACRO pragma_database_list() AS TABLE SELECT 1 AS x": "a foreign macro pragma_database_list",
    "CREATE VIEW events AS SELECT *, NULL AS payload FROM ledger": "a foreign view events",
    "CREATE TABLE runs (run VARCHAR)": "a foreign table runs",
    "CREATE SCHEMA system": "a foreign schema system",
    "CREATE SCHEMA other; CREATE VIEW other.ledger AS SELECT 1 AS leaf": "a foreign schema other",
    "CREATE TYPE mood AS ENUM ('good')": "a foreign type mood",
    "CREATE SEQUENCE counter": "a foreign sequence counter",
    "CREATE INDEX by_kind ON ledger (kind)": "a foreign index by_kind",
    "CREATE TRIGGER t AFTER INSERT ON ledger FOR EACH STATEMENT INSERT INTO roots SELECT * FROM roots": "trigger t",
    "ALTER TABLE ledger ADD COLUMN more VARCHAR": "a foreign column ledger.more",
    "ALTER TABLE processes ALTER slot SET DEFAULT 'x'": "another table processes",
    "ALTER TABLE secrets ALTER value DROP NOT NULL": "another table secrets",
    "ALTER TABLE payloads ALTER payload TYPE BLOB USING payload::BLOB": "another table payloads",
    "COMMENT ON TABLE ledger IS 'checked'": "another table ledger",
    "COMMENT ON COLUMN ledger.body IS 'checked'": "another column ledger.body",
    "DROP TABLE payloads": "no table payloads",
    "ALTER TABLE ledger RENAME TO real; CREATE VIEW ledger AS SELECT * FROM real": "a foreign table real",
    "ALTER TABLE migrations RENAME TO old; CREATE VIEW migrations AS SELECT * FROM old": "a foreign view migrations",
}


@pytest.fixture
def made():
    with duckdb.connect(":memory:", config=schema.CONFIG) as connection:
        migrate(connection)
        yield connection


def test_every_form_is_recognised():
    with duckdb.connect(":memory:", config=schema.CONFIG) as connection:
        assert form(connection) == 0
        for number in range(len(schema.migrations())):
            schema._apply(connection, number)
            assert form(connection) == number + 1


def test_the_digest_of_the_newest_form_is_the_one_in_the_code():
    """Without it every opening makes a database in memory to compare with."""
    assert schema._digest(schema.expected(len(schema.migrations()))) == schema.NEWEST


@pytest.mark.parametrize(("sql", "says"), CREATED.items(), ids=[sql[:40] for sql in CREATED])
def test_what_the_program_does_not_make_is_refused_in_one_line(made, sql, says):
    assert form(made) == len(schema.migrations())
    made.execute(sql)
    with pytest.raises(ForeignObject) as refused:
        form(made)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("DELETE FROM migrations WHERE name LIKE '0002%'", "found in it 0001_first.sql, 0003"),
        ("INSERT INTO migrations SELECT * FROM migrations LIMIT 1", "0001_first.sql, 0001_first.sql"),
        ("DELETE FROM migrations", "found in it none"),
    ],
)
def test_the_table_of_migrations_says_what_made_the_rest(made, sql, says):
    made.execute(sql)
    with pytest.raises(ForeignObject, match=says):
        form(made)


def test_a_macro_in_a_closed_database_is_refused_before_anything_is_asked(tmp_path):
    """Operators, lists of the catalogue and what queries use are replaced; none of them is called."""
    path = tmp_path / "t.duckdb"
    store = Store(path)
    store.write(lambda tx: tx.log("a", {}, actor="x"))
    store.close()
    with duckdb.connect(str(path)) as connection:
        named = connection.execute("SELECT DISTINCT function_name, function_type FROM duckdb_functions()").fetchall()
        used = {"contains", "lower", "concat_ws", "count", "count_star", "max", "min", "sha256", "encode", "any_value"}
        for name, kind in named:
            if not (name in used or name.startswith(("duckdb_", "pragma_")) or not name.isidentifier()):
                continue
            if kind in ("scalar", "aggregate"):
                parameters = "(a, b)" if not name.isidentifier() else "(a)"
                connection.execute(f'CREATE MACRO "{name}"{parameters} AS NULL')
            elif kind == "table":
                connection.execute(f'CREATE MACRO "{name}"() AS TABLE SELECT NULL AS x WHERE false')
    before = path.read_bytes()
    with pytest.raises(ForeignObject, match="a foreign macro"):
        Store(path)
    assert path.read_bytes() == before


def test_a_view_of_an_earlier_version_that_says_something_else_is_refused(tmp_path):
    path = tmp_path / "t.duckdb"
    with duckdb.connect(str(path)) as connection:
        for number in range(3):
            schema._apply(connection, number)
        connection.execute("CREATE OR REPLACE VIEW events AS SELECT *, 'forged' AS payload FROM ledger")
    with pytest.raises(ForeignObject, match="another view events"):
        Store(path)


def test_an_earlier_form_put_back_over_a_newer_ledger_is_refused(tmp_path):
    """Who makes a database look old hopes that what it holds is believed once more."""
    path = tmp_path / "t.duckdb"
    store = Store(path)
    store.write(lambda tx: tx.log("run.submitted", {"kind": "run", "form": 2}, actor="x", run="r1"))
    store.close()
    with duckdb.connect(str(path)) as connection:
        rows = connection.execute("SELECT * FROM ledger").fetchall()
        roots = connection.execute("SELECT * FROM roots").fetchall()
    path.unlink()
    with duckdb.connect(str(path)) as connection:
        for number in range(3):
            schema._apply(connection, number)
        connection.executemany(f"INSERT INTO ledger VALUES ({', '.join('?' * 10)})", rows)
        connection.executemany("INSERT INTO roots VALUES (?, ?, ?, ?)", roots)
        connection.execute("INSERT INTO secrets VALUES (0, 'ada', 'password', 'mine')")
    with pytest.raises(StoreDamaged, match="found that of an older version"):
        Store(path)


def test_a_killed_migration_is_done_again(tmp_path):
    path = tmp_path / "t.duckdb"
    with duckdb.connect(str(path)) as connection:
        for number in range(3):
            schema._apply(connection, number)

        def killed(name: str) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            migrate(connection, killed)
        assert form(connection) == 3
    store = Store(path)
    assert store.write(lambda tx: tx.log("a", {}, actor="x")) == 0
    store.close()
