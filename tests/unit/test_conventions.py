"""The conventions that every reader follows: names of splits, missing words, numbers, paths, tables beside files."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.data.conventions import missing, names, schema, side_table, splits, written
from backend.data.conventions.files import Files
from backend.workspace.layout import BadInput


def column(*values: str | None) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values, pa.string())])


class TestSplits:
    @pytest.mark.parametrize(
        ("name", "split"),
        [
            ("train", "train"),
            ("Training set", "train"),
            ("training_set", "train"),
            ("trainset", "train"),
            ("val2017", "val"),
            ("Valid", "val"),
            ("development", "val"),
            ("TestData", "test"),
            ("test_images", "test"),
            ("unsup", "unlabelled"),
            ("Unlabeled", "unlabelled"),
            ("figures", None),
            ("contest", None),
            ("trainer", None),
            ("train_test", None),
            ("set", None),
            ("", None),
        ],
    )
    def test_a_whole_name(self, name, split):
        assert splits.named(name) == split

    @pytest.mark.parametrize(
        ("name", "split"),
        [
            ("cifar10_train", "train"),
            ("train-00000-of-00001", "train"),
            ("sst.dev", "val"),
            ("labeledTrainData", "train"),
            ("unlabeledTrainData", "unlabelled"),
            ("test_unlabeled", "test"),
            ("contest_results", None),
        ],
    )
    def test_a_word_of_a_file_name(self, name, split):
        assert splits.in_name(name) == split


class TestNames:
    def test_what_looks_the_same_is_the_same(self):
        for name in ("café", "9.22\u202fPM", "a\u00a0b", " padded "):
            for form in ("NFC", "NFD"):
                assert names.same(unicodedata.normalize(form, name)) == names.same(name)
        assert names.same("9.22\u202fPM") == "9.22 PM"
        assert names.same("Cat") != names.same("cat")

    @given(st.text())
    def test_one_spelling_stays_as_it_is(self, name):
        assert names.same(names.same(name)) == names.same(name)

    @pytest.mark.parametrize(
        "name", ["Screenshot at 9.22\u202fPM.png", "写真\u300001.png", "👨\u200d👩\u200d👧.png", "\ue000.png"]
    )
    def test_names_that_people_have_can_be_shown(self, name):
        assert not names.strange(name)

    @pytest.mark.parametrize("name", ["a\nb.png", "caf\udce9.png", "\x1b[2J.png"])
    def test_names_that_cannot(self, name):
        assert names.strange(name)


class TestMissing:
    def settle(self, *values, said=None, words_only=True):
        return missing.settled(pd.Series(values, dtype=object), said, words_only, "label 'x' of t.csv").tolist()

    @pytest.mark.parametrize("word", ["None", "NA", "null", "nan"])
    def test_a_word_among_words_is_asked_about(self, word):
        with pytest.raises(BadInput, match=f"{word!r} stands in 2 of 4 rows.*--missing ''"):
            self.settle("Scratch", word, "Edge", word)
        assert self.settle("Scratch", word, said=[]) == ["Scratch", word]
        assert self.settle("Scratch", word, said=[word]) == ["Scratch", None]
        assert self.settle("Scratch", word, words_only=False) == ["Scratch", word]

    @pytest.mark.parametrize(
        "values", [("1", "2.5"), ("01", "10"), ("2020-01-31", "2021-02-01T10:00:00Z"), ("TRUE", "false")]
    )
    def test_a_word_among_numbers_dates_or_truth_values_is_missing(self, values):
        assert self.settle(*values, "NA") == [*values, None]

    def test_another_word_is_missing_where_it_was_said(self):
        assert self.settle("f", "unknown", "m", said=["unknown"]) == ["f", None, "m"]


class TestWritten:
    @pytest.mark.parametrize(
        ("values", "kind"),
        [
            (("1", "2", "NA", ""), "int64"),
            (("-1", "1239162456494753670", None), "int64"),
            (("1.5", "2"), "double"),
            (("0.0", "-0.0"), "double"),
            (("1e+16", "2.5e-07", "inf"), "double"),
            (("01", "2"), "string"),
            (("20.5", "20.50"), "string"),
            (("+3", "3"), "string"),
            (("1e5", "2"), "string"),
            (("0x1F", "3"), "string"),
            (("1_000", "2"), "string"),
            (("12345678901234567890", "1.5"), "string"),
            (("9007199254740993", "1.5"), "string"),
            (("1,234", "2,345"), "string"),
            (("nan", "None"), "string"),
            (("a", "1"), "string"),
        ],
    )
    def test_numbers_only_where_nothing_is_lost(self, values, kind):
        assert written.typed(column(*values))[0].type == {"int64": pa.int64(), "double": pa.float64()}.get(
            kind, pa.string()
        )

    def test_a_decimal_comma(self):
        told, sign = written.typed(column("20,5", "21", ""))
        assert (told.to_pylist(), sign) == ([20.5, 21.0, None], "comma")

    @given(st.lists(st.floats(allow_nan=False), min_size=1, unique_by=repr))
    def test_floats_as_programs_write_them_come_back(self, values):
        told = written.typed(column(*map(repr, values)))[0].to_pylist()
        assert list(map(repr, map(float, told))) == list(map(repr, values))

    @given(st.lists(st.integers(), min_size=1, unique=True))
    def test_whole_numbers_come_back_or_stay_text(self, values):
        assert list(map(int, written.typed(column(*map(str, values)))[0].to_pylist())) == values

    @given(st.lists(st.text(st.sampled_from("0123456789.,+-eE xN"), min_size=1), min_size=1))
    def test_no_two_values_become_one(self, values):
        kept = [v for v in values if v.strip() and v.strip() not in missing.WORDS]
        told = written.typed(column(*kept))[0].to_pylist() if kept else []
        assert len(set(map(repr, told))) >= len({v.strip() for v in kept})

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            (pd.Series([250001.1, 3.0, np.nan]), ["250001.1", "3", None]),
            (pd.Series(np.array([0.1, 2], "f4")), ["0.1", "2"]),
            (pd.Series([2**62 + 1, None], dtype="Int64"), ["4611686018427387905", None]),
            (pd.Series([True, None, " x ", b"cat", 10**30]), ["True", None, "x", "cat", "1" + "0" * 30]),
            (pd.Series(["b", "a", None], dtype="category"), ["b", "a", None]),
        ],
    )
    def test_values_of_any_type_as_a_person_writes_them(self, values, said):
        assert written.text(values).tolist() == said

    def test_lists_are_one_line(self):
        with pytest.raises(
            BadInput, match="column 'tags': expected one plain value in every row, found lists or records"
        ):
            written.text(pd.Series([["a"], ["b"]], name="tags"))

    def test_twins(self):
        assert written.twins(["1", "01", "1.0", "2", "a", "A", "nan"]) == [["1", "01", "1.0"], ["a", "A"]]


class TestSchema:
    def test_numbers_of_named_classes(self):
        table = pa.table({"label": [0, -1, 1, None], "other": [1, 2, 3, 4]})
        assert schema.with_names(table, {"label": ["ham", "spam"]}, "t").to_pydict() == {
            "label": ["ham", None, "spam", None],
            "other": [1, 2, 3, 4],
        }
        with pytest.raises(BadInput, match="expected a class from 0 to 0 or -1 for none, found 1"):
            schema.with_names(table, {"label": ["ham"]}, "t")

    def test_whole_numbers_with_a_gap_stay_exact(self):
        frame = schema.frame(pa.table({"id": [1239162456494753670, None, 1239162456494753671]}))
        assert written.text(frame["id"]).tolist() == ["1239162456494753670", None, "1239162456494753671"]

    def test_the_index_of_pandas_is_a_column(self):
        made = pa.Table.from_pandas(pd.DataFrame({"text": ["a", "b"]}, index=pd.Index(["p", "q"], name="patient")))
        assert list(schema.frame(schema.plain_index(made, "t"))) == ["text", "patient"]
        made = pa.Table.from_pandas(pd.DataFrame({"text": ["a", "b"]}, index=[1, 0]))
        assert list(schema.frame(schema.plain_index(made, "t"))) == ["text", "index"]


class TestFiles:
    FILES = ("img/ISIC_1.jpg", "img/ISIC_2.jpg", "train/5.png", "café 1.png", "a/x.png", "b/x.png")

    @pytest.mark.parametrize(
        ("path", "file"),
        [
            ("img/ISIC_1.jpg", "img/ISIC_1.jpg"),
            ("img\\ISIC_1.jpg", "img/ISIC_1.jpg"),
            (" ./img/ISIC_1.jpg ", "img/ISIC_1.jpg"),
            ("/data/set/img/ISIC_1.jpg", "img/ISIC_1.jpg"),
            ("../set/img/ISIC_1.jpg", "img/ISIC_1.jpg"),
            ("file:///data/set/img/ISIC_1.jpg", "img/ISIC_1.jpg"),
            ("D:\\work\\set\\img\\ISIC_1.jpg", "img/ISIC_1.jpg"),
            ("/home/me/img/ISIC_1.jpg", "img/ISIC_1.jpg"),
            ("img/isic_1.JPG", "img/ISIC_1.jpg"),
            ("ISIC_1", "img/ISIC_1.jpg"),
            ("5.png", "train/5.png"),
            ("cafe\u0301\u202f1.png", "café 1.png"),
            ("test/5.png", None),
            ("x.png", None),
            ("../../etc/passwd", None),
            ("/etc/passwd", None),
            ("", None),
        ],
    )
    def test_what_a_path_means(self, path, file):
        files = Files(self.FILES, Path("/data/set"))
        at = files.find(path)
        assert (None if at is None else files.names[at]) == file

    def test_below_the_folder_of_its_table(self):
        files = Files(["train/1.png", "test/1.png"], Path("/data/set"))
        assert [files.find("1.png", base) for base in ("train", "test", "")] == [0, 1, None]


class TestSideTable:
    FRAME = pd.DataFrame({"path": ["train/1.png", "train/2.png", "test/1.png"], "split": ["train", "train", "test"]})
    ROOT = Path("/data/set")

    def join(self, *tables, notes=None):
        made = [(self.ROOT / name, "file_name", pd.DataFrame(rows)) for name, rows in tables]
        return side_table.joined(self.FRAME, self.ROOT, made, [] if notes is None else notes, noun="image")

    def test_one_table_a_split(self):
        notes = []
        found = self.join(
            ("train/metadata.csv", {"file_name": ["2.png", "1.png", "9.png"], "sex": ["f", "m", "f"]}),
            ("test/metadata.csv", {"file_name": ["1.png"], "sex": ["m"]}),
            notes=notes,
        )
        assert found["sex"].tolist() == ["m", "f", "m"]
        assert notes == ["1 rows of set/train/metadata.csv name no image and were left out (9.png)."]

    @pytest.mark.parametrize(
        ("rows", "said"),
        [
            (
                {"file_name": ["train/1.png"]},
                r"set/t.csv: expected a row for every image, found none for 2 of 3 \(train/2.png",
            ),
            ({"file_name": ["train/1.png", "train\\1.png"]}, "expected one row a image, found 'train/1.png' twice"),
            (
                {"file_name": ["train/1.png", "train/2.png", "test/1.png"], "split": ["train", "test", "test"]},
                "found 'split': 'test' here and 'train' there",
            ),
        ],
    )
    def test_what_is_refused(self, rows, said):
        with pytest.raises(BadInput, match=said):
            self.join(("t.csv", rows))

    def test_what_folders_and_table_both_tell_is_one_column(self):
        rows = {"file_name": ["train/1.png", "train/2.png", "test/1.png"], "split": ["train", "train", "test"]}
        assert list(self.join(("t.csv", rows))) == ["path", "split"]

    def test_the_column_that_names_the_file(self):
        assert side_table.key_column(["label", "File_Name"]) == "File_Name"
        assert side_table.key_column(["id", "file"]) == "file"
        assert side_table.key_column(["epoch", "loss"]) is None
        assert side_table.key_column(["image_id"], ("image_id",)) == "image_id"
