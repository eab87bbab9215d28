"""Words of the shell and of the form for tables, and what the service adds to a batch."""

from __future__ import annotations

import pytest

from backend.control.runs.specs import data_spec, parent_of
from backend.data.spec import parse
from backend.workspace.layout import BadInput
from workbench.cli import data_words
from workbench.modality.table.form import ASK, changed, column_rows
from workbench.verdicts.data import split_line


def test_types_of_columns_are_said_one_by_one():
    said = ["age=number", '"a = b"=date day first', "zip=category"]
    spec = data_words.data_spec("/t.csv", "t", None, columns=said, split_time='"day"', label="y")
    assert spec["columns"] == {"age": "number", "a = b": "date day first", "zip": "category"}
    assert (spec["split_time"], spec["kind"]) == ("day", "table")
    assert parse(spec).columns["zip"] == "category"
    for wrong in ("age", "=number", "age="):
        with pytest.raises(BadInput, match=r"--column .*expected NAME=TYPE"):
            data_words.data_spec("/t.csv", "t", None, columns=[wrong])


def test_the_kind_of_a_source_of_which_none_was_said():
    assert data_words.data_spec("builtin:loans", "x", None)["kind"] == "table"
    assert data_words.data_spec("builtin:clinic", "x", None)["kind"] == "image"
    assert data_words.data_spec("/t.csv", "x", None)["kind"] == "image"
    assert data_words.data_spec("/t.csv", "x", None, text_column="body")["kind"] == "text"
    assert data_words.data_spec("/t.csv", "x", None, schema_of="t")["kind"] == "table"
    assert data_words.data_spec("builtin:loans", "x", "image")["kind"] == "image"


def test_fields_of_tables_are_refused_elsewhere():
    for field in ({"columns": {"a": "number"}}, {"split_time": "day"}, {"schema_of": "t"}):
        with pytest.raises(BadInput, match=r"expected no .* with images"):
            parse({"name": "x", "path": "/t.csv", **field})


MANIFEST = {"name": "t", "kind": "table", "digest": "d" * 64, "label": "y", "classes": ["a", "b"], "count": 9}


def test_a_batch_carries_what_is_known_of_its_table(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    asked = {"name": "later", "kind": "table", "path": str(tmp_path / "t.csv"), "schema_of": "t"}
    manifest = MANIFEST | {"features": {"sha256": "f" * 64}}
    given = data_spec(asked | {"parent": {"name": "o", "digest": "", "features": "", "label": None, "classes": []}})
    assert parent_of(given, lambda name: manifest)["parent"] == {
        "name": "t", "digest": "d" * 64, "label": "y", "classes": ["a", "b"], "features": "f" * 64,
    }  # fmt: skip
    assert parent_of(given | {"schema_of": None}, lambda name: manifest) == {"parent": None}  # nobody else gives it
    with pytest.raises(BadInput, match="schema_of: expected a data set of kind table, found t, of image"):
        parent_of(given, lambda name: MANIFEST | {"kind": "image"})


LOOK = {
    "columns": [
        {"name": "age", "type": "number", "why": "numbers", "values": ["1", "2"]},
        {"name": "day", "type": None, "why": "say which", "values": ["03/04/2021"]},
    ]
}


def test_the_form_asks_for_what_was_changed_alone():
    rows = column_rows(LOOK)
    assert [row["Type"] for row in rows] == ["number", ASK]
    assert rows[0]["For example"] == "1, 2"
    assert changed(LOOK["columns"], ["number", ASK]) == {}
    assert changed(LOOK["columns"], ["category", "date day first"]) == {"age": "category", "day": "date day first"}


def test_a_split_in_time_is_said():
    assert split_line({"made": ["train", "val", "test"], "time": "day"}) == "split here 70/15/15 in the order of day"
