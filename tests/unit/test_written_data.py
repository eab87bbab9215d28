"""Files as people have them, registered and read back: labels, groups, units and splits, of images and of texts."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from backend.data.dataset import Dataset
from backend.data.register import register
from backend.workspace.artefacts import Artefacts
from backend.workspace.layout import BadInput, Workspace

N = 24
KINDS = ("image", "text")


class Read:
    """A registered data set as a person would look at it."""

    def __init__(self, manifest: dict[str, Any], artefacts: Artefacts):
        data = Dataset(manifest, artefacts)
        self.table, self.classes = data.table, data.classes
        self.labels = [data.classes[code] if code >= 0 else None for code in data.labels]
        self.split = self.table["split"].tolist()
        self.sheet = artefacts.json(manifest["sheet"]["sha256"])
        self.said = " ".join(self.sheet["warnings"])


@pytest.fixture
def registered(tmp_path):
    """registered(path, kind, **spec) -> Read; registered.refused -> the line."""
    artefacts = Artefacts(Workspace.open(tmp_path / "workspace").artefacts)

    def call(path: Path, kind: str = "text", **spec) -> Read:
        manifest, _ = register({"name": "x", "path": str(path), "kind": kind, **spec}, artefacts)
        return Read(manifest, artefacts)

    def refused(path: Path, kind: str = "text", **spec) -> str:
        with pytest.raises(BadInput) as caught:
            call(path, kind, **spec)
        line = str(caught.value)
        assert line.isprintable()
        assert len(line) < 600
        assert not any(word in line for word in ("pyarrow", "Arrow", "int64", "list<", "struct<")), line
        return line

    call.refused = refused
    return call


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder with N different pictures, for tables that name them."""
    place = tmp_path / "visits"
    (place / "img").mkdir(parents=True)
    for i in range(N):
        Image.fromarray(np.full((8, 8), 10 * i, np.uint8)).save(place / "img" / f"{i}.png")
    return place


def rows(kind: str, n: int = N, **columns: list[Any]) -> dict[str, list[Any]]:
    """Columns of a table of pictures or of texts."""
    told = [f"img/{i}.png" for i in range(n)] if kind == "image" else [f"Visit {i} went well." for i in range(n)]
    return {"path" if kind == "image" else "text": told, **columns}


def put(file: Path, columns: dict[str, list[Any]], **style) -> Path:
    """The columns as the ending of the file says; style: of csv.writer, and the encoding."""
    encoding = style.pop("encoding", "utf-8")
    each = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    if file.suffix == ".parquet":
        pq.write_table(pa.table(columns), file)
    elif file.suffix == ".jsonl":
        file.write_text("\n".join(map(json.dumps, each)), encoding=encoding)
    else:
        out = io.StringIO()
        style = {"delimiter": "\t" if file.suffix == ".tsv" else ",", **style}
        csv.writer(out, **style).writerows([list(columns), *zip(*columns.values(), strict=True)])
        file.write_bytes(out.getvalue().encode(encoding))
    return file


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet"])
class TestWhatIsWrittenIsKept:
    def test_codes(self, suffix, kind, folder, registered):
        codes = [("07", "7", "7.10", "7.1")[i % 4] for i in range(N)]
        who = [f"{i // 4:0{1 + i // 2 % 2}d}" for i in range(N)]
        data = registered(put(folder / f"t.{suffix}", rows(kind, label=codes, who=who)), kind, split_by="who")
        assert data.labels == codes
        assert data.table["group"].tolist() == who
        assert "label: 2 values are written in several ways, which are kept apart" in data.said

    def test_long_ids_with_a_gap(self, suffix, kind, folder, registered):
        ids = [None if i == 5 else 9007199254740993 + i // 3 for i in range(N)]
        columns = rows(kind, label=["a", "b"] * (N // 2), who=ids)
        if suffix in ("csv", "tsv"):
            columns["who"] = ["" if i is None else i for i in ids]
        data = registered(put(folder / f"t.{suffix}", columns), kind, split_by="who")
        assert data.table["group"].tolist() == [f"row {i}" if v is None else str(v) for i, v in enumerate(ids)]
        assert [None if pd.isna(v) else int(v) for v in data.table["who"]] == ids


@pytest.mark.parametrize("kind", KINDS)
class TestMissing:
    def test_a_word_is_asked_about(self, kind, folder, registered):
        sex = [("f", "m", "NA")[i % 3] for i in range(N)]
        file = put(folder / "t.csv", rows(kind, label=["null", "crack"] * (N // 2), sex=sex))
        assert "label 'label' of t.csv: 'null' stands in 12 of 24 rows" in registered.refused(file, kind)
        assert "sensitive 'sex' of t.csv: 'NA' stands in 8 of 24 rows" in registered.refused(
            file, kind, label=False, sensitive=["sex"]
        )
        data = registered(file, kind, sensitive=["sex"], missing=["NA"])
        assert set(data.labels) == {"null", "crack"}
        assert data.table["sex"].tolist() == [("f", "m", "missing")[i % 3] for i in range(N)]
        assert data.sheet["missing_words"] == {"words": ["NA"], "said": True}

    def test_words_of_a_file_that_marks_missing_values_itself(self, kind, folder, registered):
        labels = [("None", "crack", None)[i % 3] for i in range(N)]
        assert registered(put(folder / "t.parquet", rows(kind, label=labels)), kind).labels == labels

    def test_among_numbers_no_question(self, kind, folder, registered):
        columns = rows(kind, label=[("0", "1", "NA")[i % 3] for i in range(N)], age=["NA", *range(30, 29 + N)])
        data = registered(put(folder / "t.csv", columns), kind, sensitive=[{"column": "age", "cuts": [40]}])
        assert data.labels == [("0", "1", None)[i % 3] for i in range(N)]
        assert data.table["age"][0] == "missing"

    def test_whole_numbers_that_a_gap_made_floats(self, kind, folder, registered):
        columns = rows(kind, label=[("1.0", "0.0", "")[i % 3] for i in range(N)])
        assert set(registered(put(folder / "t.csv", columns), kind).labels) == {"0", "1", None}

    def test_minus_one(self, kind, folder, registered):
        split = ["train"] * 16 + ["test"] * 8
        hidden = put(folder / "t.csv", rows(kind, label=[*[0, 1] * 8, *[-1] * 8], split=split))
        assert registered(hidden, kind).labels[16:] == [None] * 8
        mixed = put(folder / "u.csv", rows(kind, label=[i % 3 - 1 for i in range(N)]))
        assert "-1 stands in 8 of 24 rows beside 0, 1" in registered.refused(mixed, kind)
        assert set(registered(mixed, kind, missing=[]).labels) == {"-1", "0", "1"}
        assert set(registered(mixed, kind, missing=["-1"]).labels) == {None, "0", "1"}


@pytest.mark.parametrize("kind", KINDS)
class TestDialects:
    WORDS = tuple(("été", "hiver")[i % 2] for i in range(N))

    @pytest.mark.parametrize(
        ("style", "told", "said"),
        [
            ({"delimiter": ";"}, {}, ["values parted by semicolons"]),
            ({"delimiter": "|", "lineterminator": "\r"}, {}, ["values parted by bars"]),
            ({"delimiter": "\t", "encoding": "utf-16"}, {}, ["encoding utf-16", "values parted by tabs"]),
            ({"encoding": "utf-8-sig"}, {}, []),
            ({"encoding": "cp1252"}, {"encoding": "Windows-1252"}, ["encoding cp1252"]),
            ({"delimiter": "~"}, {"separator": "~"}, ["values parted by '~'"]),
        ],
    )
    def test_are_found_out_and_said(self, style, told, said, kind, folder, registered):
        data = registered(put(folder / "t.csv", rows(kind, label=list(self.WORDS)), **style), kind, **told)
        assert tuple(data.labels) == self.WORDS
        assert data.sheet["how"] == said

    def test_a_decimal_comma_is_a_number(self, kind, folder, registered):
        columns = rows(kind, label=list(self.WORDS), age=[f"{20 + i},5" for i in range(N)])
        file = put(folder / "t.csv", columns, delimiter=";")
        data = registered(file, kind, sensitive=[{"column": "age", "cuts": [30]}])
        assert data.table["age"].tolist() == ["under 30"] * 10 + ["30 and over"] * 14
        assert data.table["source_age"].tolist() == [20.5 + i for i in range(N)]
        assert "decimal comma in age" in data.sheet["how"]

    def test_blanks_after_separators(self, kind, folder, registered):
        first = rows(kind)
        name, values = next(iter(first.items()))
        lines = [f"label, {name}", *(f'{label}, "{value}"' for label, value in zip(self.WORDS, values, strict=True))]
        (folder / "t.csv").write_text("\n".join(lines))
        assert tuple(registered(folder / "t.csv", kind).labels) == self.WORDS

    def test_a_header_that_is_not_there(self, kind, folder, registered):
        first = next(iter(rows(kind).values()))
        lines = [f"{value},{label}" for label, value in zip(self.WORDS, first, strict=True)]
        (folder / "t.csv").write_text("\n".join(lines))
        assert "looks like data: say whether the file has a header" in registered.refused(folder / "t.csv", kind)
        role = "image_column" if kind == "image" else "text_column"
        data = registered(folder / "t.csv", kind, header=False, label="column 2", **{role: "column 1"})
        assert tuple(data.labels) == self.WORDS

    def test_another_code_page_is_shown_as_it_would_read(self, kind, folder, registered):
        put(folder / "t.csv", rows(kind, label=list(self.WORDS)), encoding="latin-1")
        assert "in cp1252 it reads 'été'" in registered.refused(folder / "t.csv", kind)


class TestTabs:
    def test_quotes_as_pandas_writes_them(self, folder, registered):
        texts = [('said "yes" twice', "two\nlines", "plain", '"all of it"')[i % 4] + f" {i}" for i in range(N)]
        put(folder / "t.tsv", {"text": texts, "label": ["a", "b"] * (N // 2)})
        data = registered(folder / "t.tsv")
        assert data.table["characters"].tolist() == list(map(len, texts))

    def test_quotes_that_are_part_of_the_text(self, folder, registered):
        texts = [f'"never closed {i}' if i % 2 else f'"word" and more {i}' for i in range(N)]
        (folder / "t.tsv").write_text("\n".join(["text\tlabel", *(f"{t}\t{'ab'[i % 2]}" for i, t in enumerate(texts))]))
        assert registered(folder / "t.tsv").table["characters"].tolist() == list(map(len, texts))


@pytest.mark.parametrize("kind", KINDS)
class TestRoles:
    def test_label_and_split_can_be_declined(self, kind, folder, registered):
        scores = [i / 7 for i in range(N)]
        file = put(folder / "t.csv", rows(kind, label=scores, split=["odd", "even"] * (N // 2)))
        assert "choose (none), in the shell --split-column none" in registered.refused(file, kind)
        assert "choose (none), in the shell --label none" in registered.refused(file, kind, split_column=False)
        data = registered(file, kind, label=False, split_column=False)
        assert data.labels == [None] * N
        assert {role: data.sheet["chosen"][role]["why"] for role in ("label", "split")} == dict.fromkeys(
            ("label", "split"), "declined"
        )

    def test_names_of_splits(self, kind, folder, registered):
        names = [("Training set", "dev", "TEST", "unsup")[i % 4] for i in range(N)]
        data = registered(
            put(folder / "t.csv", rows(kind, label=["a", "b", "c"] * 8, part=names)), kind, split_column="part"
        )
        assert data.split == [("train", "val", "test", "train")[i % 4] for i in range(N)]
        assert [label for label, name in zip(data.labels, names, strict=True) if name == "unsup"] == [None] * 6

    def test_composed_and_decomposed_letters_are_one(self, kind, folder, registered):
        forms = [unicodedata.normalize(("NFC", "NFD")[i % 2], ("café", "thé")[i // 2 % 2]) for i in range(N)]
        column = unicodedata.normalize("NFD", "goût")
        data = registered(put(folder / "t.csv", rows(kind, **{column: forms})), kind, label="goût")
        assert data.labels == [("café", "thé")[i // 2 % 2] for i in range(N)]

    def test_columns_and_classes_with_signs_in_their_names(self, kind, folder, registered):
        columns = {"k=v, w:x": ["a", "b"] * (N // 2), "income": ["<=50K", ">50K", ">50K"] * (N // 3)}
        file = put(folder / "t.csv", rows(kind, **columns))
        data = registered(file, kind, label="income", positive=["<=50K"], sensitive=["k=v, w:x"])
        assert data.classes == [">50K", "<=50K"]
        assert set(data.table["k=v, w:x"]) == {"a", "b"}

    def test_a_column_of_lists_is_one_plain_line(self, kind, folder, registered):
        file = put(folder / "t.jsonl", rows(kind, tags=[["a"]] * N))
        assert "expected one plain value in every row, found lists or records" in registered.refused(
            file, kind, label="tags"
        )

    def test_a_line_names_the_row_and_the_line(self, kind, folder, registered):
        split = ["train"] * 20 + ["oops"] + ["test"] * 3
        file = put(folder / "t.csv", rows(kind, split=split))
        assert "t.csv: row 20 (line 22): split 'split'" in registered.refused(file, kind)


class TestTexts:
    def test_a_label_is_never_the_text_and_the_sheet_says_what_is(self, folder, registered):
        labels = [("a class of a very long name", "another one that is long")[i % 2] for i in range(N)]
        data = registered(put(folder / "t.csv", {"name": [f"n{i}" for i in range(N)], "label": labels}))
        assert data.labels == labels
        assert data.sheet["chosen"]["text"] == {"column": "name", "why": "the only column of text"}

    def test_numbers_and_lists_are_no_text(self, folder, registered):
        file = put(folder / "t.jsonl", {"id": [str(i) for i in range(N)], "tokens": [["a", "b"]] * N})
        assert "it has id (numbers), tokens (lists or records)" in registered.refused(file)

    def test_a_row_is_counted_in_its_own_file_and_past_empty_texts(self, folder, registered):
        for split, n in (("train", 12), ("test", 12)):
            columns = rows("text", n, part=["train"] * (n - 1) + ["train" if split == "train" else "oops"])
            columns["text"][:2] = [" ", " "]
            put(folder / f"{split}.jsonl", columns)
        (folder / "img").rename(folder.parent / "img")
        line = registered.refused(folder, split_column="part")
        assert line.startswith("visits/test.jsonl: row 11 (line 12): split 'part'")

    def test_files_that_type_a_column_differently(self, folder, registered):
        (folder / "img").rename(folder.parent / "img")
        for split, tags, code in (("train", [["x"]] * N, [1] * N), ("test", ["x"] * N, ["01"] * N)):
            columns = {
                "text": [f"{split} {i}" for i in range(N)],
                "label": [0, 1] * (N // 2),
                "tags": tags,
                "code": code,
            }
            put(folder / f"{split}.parquet", columns)
        data = registered(folder)
        assert set(data.table["code"]) == {"1", "01"}
        assert "lists or records in some rows and text in others" in registered.refused(folder, label="tags")

    def test_unlabelled_rows_train(self, folder, registered):
        (folder / "img").rename(folder.parent / "img")
        for name in ("train", "test", "unlabeled"):
            put(folder / f"{name}.csv", {"text": [f"{name} {i}" for i in range(N)], "label": ["a", "b"] * (N // 2)})
        data = registered(folder)
        assert data.split.count("test") == N
        assert data.labels.count(None) == N
        assert "24 texts without a label" in data.said

    def test_one_file_of_many_in_another_encoding_is_named(self, folder, registered):
        (folder / "img").rename(folder.parent / "img")
        for name in ("a", "b"):
            (folder / name).mkdir()
            for i in range(8):
                (folder / name / f"{i}.txt").write_text(f"report {i} of {name}")
        (folder / "b" / "3.txt").write_bytes("für £5".encode("cp1252"))
        assert registered.refused(folder).startswith("visits/b/3.txt: expected UTF-8, found byte 0xfc")
        assert len(registered(folder, encoding="cp1252").labels) == 16


class TestParquet:
    @pytest.mark.parametrize("kind", KINDS)
    def test_the_index_is_a_column(self, kind, folder, registered):
        frame = pd.DataFrame(rows(kind, label=["a", "b"] * (N // 2), who=[f"p{i // 2}" for i in range(N)]))
        frame.set_index("who").to_parquet(folder / "t.parquet")
        data = registered(folder / "t.parquet", kind, split_by="who")
        assert data.table["group"].tolist() == frame["who"].tolist()

    @pytest.mark.parametrize("kind", KINDS)
    def test_names_of_classes_in_the_schema(self, kind, folder, registered):
        told = {"info": {"features": {"label": {"names": ["zebra", "ant"], "_type": "ClassLabel"}}}}
        table = pa.table(rows(kind, label=[i % 3 - 1 for i in range(N)]))
        pq.write_table(table.replace_schema_metadata({"huggingface": json.dumps(told)}), folder / "t.parquet")
        data = registered(folder / "t.parquet", kind)
        assert data.classes == ["zebra", "ant"]
        assert data.labels == [(None, "zebra", "ant")[i % 3] for i in range(N)]


class TestPaths:
    @pytest.mark.parametrize(
        "path",
        [
            "img\\{}.png",
            "{}/img/{{}}.png",
            " ./img/{}.png ",
            "../visits/img/{}.png",
            "{}",
            "{}.PNG",
            "C:\\old\\img\\{}.png",
        ],
    )
    def test_what_means_a_picture(self, path, folder, registered):
        path = path.format(folder) if "{{" in path else path
        data = registered(
            put(folder / "t.csv", {"path": [path.format(i) for i in range(N)], "label": ["a", "b"] * 12}), "image"
        )
        assert data.labels == ["a", "b"] * 12

    def test_a_path_of_another_folder_means_none(self, folder, registered):
        file = put(folder / "t.csv", {"path": [f"other/{i}.png" for i in range(N)], "label": ["a", "b"] * 12})
        assert "t.csv: row 0 (line 2), column 'path': expected a file" in registered.refused(file, "image")
