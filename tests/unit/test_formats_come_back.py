"""What is written as CSV, TSV, JSON lines or Parquet is read back the same: texts, words, floats, integers, dates."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from backend.data import storing
from backend.data.conventions import joining, names, schema, written
from backend.data.readers import find
from backend.data.spec import parse

WORD = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
TEXT = WORD.map(lambda word: f"a text: {word}")
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "text": TEXT,
            "word": WORD,
            "real": st.floats(allow_nan=False, allow_infinity=False),
            "whole": st.integers(-(2**63), 2**63 - 1),
            "day": st.dates(date(1, 1, 1)).map(date.isoformat),
        }
    ),
    min_size=1,
    max_size=8,
)


def comma(file: Path, rows: list[dict[str, Any]], separator: str = ",") -> None:
    with open(file, "w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]), delimiter=separator)
        writer.writeheader()
        writer.writerows(rows)


def tab(file: Path, rows: list[dict[str, Any]]) -> None:
    comma(file, rows, "\t")


def json_lines(file: Path, rows: list[dict[str, Any]]) -> None:
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")


def parquet(file: Path, rows: list[dict[str, Any]]) -> None:
    pq.write_table(pa.Table.from_pylist(rows), file)


# Codes below a name that is a code as well could be data: the header is said where that is possible
HEADED = {"csv": {"header": True}, "tsv": {"header": True}, "jsonl": {}, "parquet": {}}
WRITERS = {"csv": comma, "tsv": tab, "jsonl": json_lines, "parquet": parquet}


def read(file: Path, **more) -> tuple[Any, pa.Table]:
    """(the source, all that was read of it) of texts."""
    asked = parse({"name": "x", "kind": "text", "path": str(file), "text_column": "text", **more})
    reader, place = find(asked.path, "text")
    source = reader.read(place, asked)
    return source, joining.joined(list(source.batches))


def stored(source, table: pa.Table) -> dict[str, list[Any]]:
    return storing.others(table, {"missing_said": None}, source.words_only)[0].to_pydict()


@pytest.mark.parametrize("suffix", WRITERS)
@given(rows=ROWS)
@settings(max_examples=25)
def test_texts_words_numbers_and_dates(suffix, rows):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"t.{suffix}"
        WRITERS[suffix](file, rows)
        source, table = read(file)
    assert table["text"].to_pylist() == [row["text"] for row in rows]
    assert written.text(schema.frame(table)["word"]).tolist() == [names.same(row["word"]) or None for row in rows]
    kept = stored(source, table)
    assert list(map(repr, map(float, kept["real"]))) == [repr(row["real"]) for row in rows]
    assert list(map(int, kept["whole"])) == [row["whole"] for row in rows]
    assert kept["day"] == [row["day"] for row in rows]


CODES = st.from_regex(
    r"-?[0-9]{1,22}(\.[0-9]{1,6})?|0x[0-9A-F]{1,4}|[0-9]{1,3}e[0-9]{1,2}|[A-Z][0-9]{2}\.[0-9]", fullmatch=True
)


@pytest.mark.parametrize("suffix", WRITERS)
@given(codes=st.lists(st.one_of(st.none(), CODES), min_size=2, max_size=12))
@settings(max_examples=25)
def test_codes_of_patients_stay_as_they_are_written(suffix, codes):
    """Two codes are one exactly where their letters are: as a label, a group, a unit or a sensitive attribute."""
    rows = [{"text": f"note {i}", "code": code} for i, code in enumerate(codes)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"t.{suffix}"
        WRITERS[suffix](file, rows)
        _, table = read(file, **HEADED[suffix])
    assert written.text(schema.frame(table)["code"]).tolist() == codes


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
@given(ids=st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)), min_size=1, max_size=12))
@settings(max_examples=25)
def test_typed_ids_with_gaps_stay_exact(suffix, ids):
    rows = [{"text": f"note {i}", "id": i_d} for i, i_d in enumerate(ids)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"t.{suffix}"
        WRITERS[suffix](file, rows)
        _, table = read(file)
    assert written.text(schema.frame(table)["id"]).tolist() == [None if i is None else str(i) for i in ids]


ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "shift-jis")


@given(
    rows=ROWS,
    separator=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(ENCODINGS),
    suffix=st.sampled_from(["csv", "tsv"]),
)
@settings(max_examples=40)
def test_any_dialect_is_found_out(rows, separator, end, encoding, suffix):
    """Only an encoding without a mark has to be said."""
    told = {} if encoding in ("utf-8", "utf-8-sig", "utf-16") else {"encoding": encoding}
    for row in rows:
        row["text"], row["word"] = (row[k].encode(encoding, "ignore").decode(encoding) for k in ("text", "word"))
    out = io.StringIO(newline="")
    # Python 3.11 quotes none but the signs that end its own lines
    quoting = csv.QUOTE_MINIMAL if end == "\r\n" else csv.QUOTE_NONNUMERIC
    writer = csv.DictWriter(out, list(rows[0]), delimiter=separator, lineterminator=end, quoting=quoting)
    writer.writeheader()
    writer.writerows(rows)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"t.{suffix}"
        file.write_bytes(out.getvalue().encode(encoding))
        source, table = read(file, **told)
    assert table["text"].to_pylist() == [row["text"] for row in rows]
    assert table["word"].to_pylist() == [row["word"] for row in rows]
    own = {"csv": ",", "tsv": "\t"}[suffix]
    assert any("values parted by" in said for said in source.how) == (separator != own)


def png() -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("suffix", WRITERS)
@given(codes=st.lists(CODES, min_size=1, max_size=6))
@settings(max_examples=10)
def test_codes_beside_images_too(suffix, codes):
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.png").write_bytes(png())
        rows = [{"path": "a.png", "code": code} for code in codes]
        WRITERS[suffix](Path(folder) / f"t.{suffix}", rows)
        asked = parse({"name": "x", "path": f"{folder}/t.{suffix}", **HEADED[suffix]})
        reader, place = find(asked.path, "image")
        assert written.text(reader.read(place, asked).frame["code"]).tolist() == codes
