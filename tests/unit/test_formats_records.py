"""docs/formats.md says what the code does: tables of records."""

from __future__ import annotations

import re
from typing import get_args

import pyarrow as pa
import pytest

from backend.data import cleaning
from backend.data.conventions.written import number
from backend.data.readers import _tables, readers
from backend.data.spec import ColumnType
from backend.modality.table import coding, kinds, spool, types, words
from backend.workspace.layout import BadInput
from tests.unit.test_formats import rows, section
from tests.unit.test_formats_written import quoted

COLUMN = "What a column of records is"
TYPED = [row for row in rows(COLUMN) if "`" in row[0]]
TYPES = [row for row in rows(COLUMN) if "`" not in row[0] and row[0] != "type"]


def test_the_endings_of_tables():
    told = rows("Where records may lie")
    assert set(re.findall(r"\.\w+", told[0][0])) == set(_tables.SUFFIXES)
    assert {reader.__name__.rsplit(".", 1)[-1] for reader in readers("table")} == {"records"}
    assert f"{spool.MAX_ROWS:,} of them" in section("Where records may lie")
    assert f"at most {cleaning.MAX_COLUMNS:,} columns" in section("Where records may lie")


@pytest.mark.parametrize("row", TYPED, ids=lambda row: row[0])
def test_what_a_column_is(row):
    written = quoted(row[0])
    values = pa.chunked_array([pa.array(written)])
    known = kinds.Known("t.csv", len(written), words_only=True)
    if row[1] == "asked about":
        with pytest.raises(BadInput) as caught:
            types.column(pa.field("x", pa.string()), values, known)
        for option in quoted(row[2]):
            assert option.split("=")[1].strip("'") in str(caught.value)
        return
    found = types.column(pa.field("x", pa.string()), values, known)
    assert found.type == row[1]
    read = kinds.typed(kinds.present(values, known), found).to_pylist()
    assert [_shown(value) for value in read] == row[2].split("; ")


def _shown(value) -> str:
    if value is None:
        return "missing"
    if isinstance(value, float):
        return number(value)
    return str(value).removesuffix(" 00:00:00")


def test_the_types_and_their_bounds():
    told = {row[0]: row for row in TYPES}
    listed = re.search(r"Types that can be said: (.+?)\.", section(COLUMN))[1].split(", ")
    assert listed == list(get_args(ColumnType))
    assert set(told) == {one for one in listed if not one.startswith("date ")}
    assert [name for name in told if told[name][1] != "nothing"] == list(kinds.FEATURES)
    assert f"more than {coding.MANY} those that {coding.OFTEN} training rows" in told["category"][1]
    assert f"at most {coding.MOST_VALUES:,}" in told["category"][1]
    assert f"from {words.FEW} rows on" in told["identifier"][2]
    assert "1 row in 1,000" in told["constant"][2]
    assert words.NEAR == 1 / 1000
