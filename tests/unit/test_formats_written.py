"""docs/formats.md says what the code does: texts, tables, what is written in them, and words of the shell."""

from __future__ import annotations

import json
import re
import shlex

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from backend.data.conventions import chosen, dialect, encodings, missing, splits, written
from backend.data.conventions.told import MISSING_WORDS
from backend.data.readers import _side_table, _tables, find, readers
from backend.data.spec import parse
from backend.workspace.layout import BadInput
from tests.unit.test_formats import rows, section
from workbench.cli import data_words

KINDS = {"whole numbers": pa.int64(), "numbers": pa.float64(), "text": pa.string()}


def quoted(cell: str) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`([^`]+)`", cell)


def test_the_endings_of_texts():
    told = [re.findall(r"\.\w+", row[0]) for row in rows("Where texts may lie")]
    assert set(told[0]) == set(_tables.SUFFIXES)
    assert set(told[2]) == set(_side_table.DOCUMENTS)
    known = {reader.__name__.rsplit(".", 1)[-1] for reader in readers("text")}
    assert known == {"text_tables", "text_files", "datasets_folder", "hub"}, "a reader that the table lacks"


@pytest.mark.parametrize("row", rows("Which column is the text"), ids=lambda row: row[0])
def test_which_column_is_the_text(row):
    long = {"url": "https://example.org/a/long/one", "body": "more words than that", "label": "a very long class name"}
    values = {name: long.get(name, "some words") for name in quoted(row[0])}
    columns = {name: [["a"]] if name == "tokens" else ["12"] if name == "id" else [v] for name, v in values.items()}
    found = chosen.text_column(pa.table(columns), ())
    assert (found.column or "none") == row[1].split(":")[0]
    assert found.column is None or row[2].split(":")[0] in found.why


def test_how_text_tables_are_written():
    told = section("Text tables: CSV and TSV")
    assert re.search(r"first of ([\w, ]+) that does", told)[1] == "semicolon, comma, tab, bar"
    assert {name: data_words.SEPARATORS[name] for name in ("semicolon", "comma", "tab", "bar")} == {
        "semicolon": ";",
        "comma": ",",
        "tab": "\t",
        "bar": "|",
    }
    assert set(dialect.SEPARATORS) == set(";,\t|")
    listed = re.search(r"can be said: (.+?), also", told, re.DOTALL)[1]
    assert re.split(r",\s+", listed) == list(encodings.KNOWN)
    assert [encodings.known(name) for name in ("Windows-1252", "SJIS")] == ["cp1252", "shift-jis"]


@pytest.mark.parametrize("row", rows("JSON"), ids=lambda row: row[0])
def test_the_shapes_of_json(row, tmp_path):
    (tmp_path / "t.json").write_text(quoted(row[0])[0])
    asked = parse({"name": "x", "kind": "text", "path": str(tmp_path / "t.json"), "text_column": "text"})
    reader, path = find(asked.path, "text")
    if row[1] == "refused":
        with pytest.raises(BadInput, match="expected one JSON object a line, or an array of objects"):
            reader.read(path, asked)
        return
    source = reader.read(path, asked)
    batches = list(source.batches)
    assert [text for batch in batches for text in batch["text"].to_pylist()] == ["a", "b"]
    assert ("split" in batches[0].column_names) == ("split" in row[1])
    if "laid out" in row[0]:
        (tmp_path / "t.json").write_text("\n".join(json.dumps({"text": text}, indent=2) for text in "ab"))
        assert sum(map(len, reader.read(path, asked).batches)) == 2


@pytest.mark.parametrize("row", rows("What a column becomes"), ids=lambda row: row[0])
def test_what_a_column_becomes(row):
    values = [*quoted(row[0]), *[""] * ("blank" in row[0])]
    known = missing.settled(written.text(pd.Series(values)), None, True, "label")
    assert written.without_zeros(known, None).dropna().unique().tolist() == quoted(row[1].split(";")[0])
    told, sign = written.typed(pa.chunked_array([pa.array(values, pa.string())]))
    assert told.type == KINDS[row[2].split(",")[0]]
    assert (sign == "comma") == ("comma" in row[2])
    assert bool(written.twins(set(known.dropna()))) == ("kept apart" in row[1] or row[0] in TWINS)


TWINS = ("`01`, `1`", "`1.10`, `1.1`", "`+3`, `3`")  # numbers in two spellings are kept apart and said as well


def test_the_words_for_missing_values():
    listed = re.search(r"\n\n    (NA .+)\n", section("Missing values"))[1].split()
    assert tuple(word.replace("#N/A_N/A", "#N/A N/A") for word in listed) == MISSING_WORDS


@pytest.mark.parametrize("row", rows("Missing values")[1:], ids=lambda row: row[0])
def test_what_minus_one_is(row):
    values = pd.Series(quoted(row[0]) * 4, dtype=object)
    split = np.where(values == "-1", "test", "train") if "test" in row[0] else None
    if row[1] == "asked about":
        with pytest.raises(BadInput, match="--missing=-1"):
            missing.unlabelled(values, split, None, "label")
        return
    known = missing.unlabelled(values, split, None, "label")
    assert ("-1" in set(known)) == (row[1] == "a class")


def test_the_names_of_splits():
    for names, split in rows("Names of splits"):
        found = "unlabelled" if "without" in split else split
        assert tuple(names.split(", ")) == splits.WORDS[found]
    tails = re.search(r"alone or with ([\w, ]+) or a number", section("Names of splits"))[1]
    assert tuple(tails.split(", ")) == splits.TAILS


@pytest.mark.parametrize("row", rows("Names in the shell"), ids=lambda row: row[0])
def test_names_in_the_shell(row):
    option, word = shlex.split(quoted(row[0])[0])
    spec = data_words.data_spec("builtin:clinic", "x", "image", **{option.removeprefix("--"): word})
    if option == "--label":
        assert spec["label"] == {"no label": False, "the column none": "none"}[row[1]]
        return
    assert len(spec[option.removeprefix("--")]) == {"one": 1, "two": 2}[row[1].split()[0]]
    assert spec.get("positive_name") == (row[1].split("called ")[1] if "called" in row[1] else None)
    cut = [column for column in spec.get("sensitive", ()) if isinstance(column, dict)]
    assert len(cut) == row[1].count("one cut")
