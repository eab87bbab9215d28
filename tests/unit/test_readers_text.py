"""Readers of text: every source gives the same texts, hostile ones are refused with one line, nothing is swallowed."""

from __future__ import annotations

import json
import tracemalloc

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.data import cleaning, storing
from backend.data.line_reader import documents, lines
from backend.data.preview import preview
from backend.data.readers import find, hub
from backend.data.spec import parse
from backend.workspace.layout import BadInput

TEXTS = [f'A small text, number {i}: "quoted", and ünïcode.' for i in range(12)]
LABELS = ["good" if i % 3 else "bad" for i in range(12)]


def read(path, **spec):
    """(the source, its texts, its other columns as lists) of a path."""
    asked = parse({"name": "x", "kind": "text", "path": str(path), **spec})
    reader, place = find(asked.path, "text")
    source = reader.read(place, asked)
    texts, others = [], {}
    for table in source.batches:
        texts += table.column(source.text).to_pylist()
        for name in table.column_names:
            if name != source.text:
                others.setdefault(name, []).extend(table.column(name).to_pylist())
    return source, texts, others


def refused(path, **spec) -> str:
    with pytest.raises(BadInput) as caught:
        read(path, **spec)
    said = str(caught.value)
    assert said.isprintable()
    assert len(said) < 500
    return said


def write(path, payload: bytes):
    path.write_bytes(payload)
    return path


class TestTables:
    def comma(self, path):
        rows = [
            "label,review",
            *(f'{y},"{t.replace(chr(34), chr(34) * 2)}"' for y, t in zip(LABELS, TEXTS, strict=True)),
        ]
        path.write_text("\r\n".join(rows), encoding="utf-8-sig", newline="")

    def tab(self, path):
        path.write_text("\n".join(["label\treview", *(f"{y}\t{t}" for y, t in zip(LABELS, TEXTS, strict=True))]))

    def parquet(self, path):
        pq.write_table(pa.table({"label": LABELS, "review": TEXTS}), path, row_group_size=5)

    def jsonl(self, path):
        records = [{"label": y, "review": t} for y, t in zip(LABELS, TEXTS, strict=True)]
        path.write_text("\n".join(map(json.dumps, records)) + "\n\n")

    @pytest.mark.parametrize(("suffix", "make"), [("csv", comma), ("tsv", tab), ("parquet", parquet), ("jsonl", jsonl)])
    def test_all_give_the_same(self, suffix, make, tmp_path):
        make(self, tmp_path / f"t.{suffix}")
        source, texts, others = read(tmp_path / f"t.{suffix}")
        assert texts == TEXTS
        assert others == {"label": LABELS}
        assert (source.text, source.label, source.split) == ("review", "label", None)

    def test_the_longest_column_is_the_text_unless_one_is_given(self, tmp_path):
        pq.write_table(
            pa.table({"title": ["a b", "c"], "body": ["longer text", "too"], "n": [1, 2]}), tmp_path / "t.parquet"
        )
        assert read(tmp_path / "t.parquet")[0].text == "body"
        assert read(tmp_path / "t.parquet", text_column="title")[1] == ["a b", "c"]
        assert read(tmp_path / "t.parquet", label="body")[0].text == "title"
        assert "column 'n'" in refused(tmp_path / "t.parquet", text_column="n")
        assert "it has title, body, n" in refused(tmp_path / "t.parquet", text_column="nope")

    def test_files_named_after_splits(self, tmp_path):
        for split in ("train", "dev", "test"):
            (tmp_path / f"sst_{split}.tsv").write_text(f"sentence\tlabel\nit is {split}\t1\n")
        source, texts, others = read(tmp_path)
        assert dict(zip(texts, others["split"], strict=True)) == {
            "it is dev": "val",
            "it is test": "test",
            "it is train": "train",
        }
        assert source.split == "split"

    def test_numbers_are_numbers_only_where_all_are(self, tmp_path):
        lines_ = ["text,age,code,sex", "one text,31,007,f", "two texts,NA,x1,", "null,40.5,3,m"]
        (tmp_path / "t.csv").write_text("\n".join(lines_))
        source, texts, others = read(tmp_path / "t.csv")
        typed = storing.others(pa.table(others), {"missing_said": None}, source.words_only)[0].to_pydict()
        assert typed == {"age": [31.0, None, 40.5], "code": ["007", "x1", "3"], "sex": ["f", None, "m"]}
        assert texts[2] == "null", "a text is never a missing value"

    def test_quotes_in_tab_separated_values_are_signs(self, tmp_path):
        (tmp_path / "t.tsv").write_text('sentence\tlabel\nan "open quote\t1\nnext\t0\n')
        assert read(tmp_path / "t.tsv")[1] == ['an "open quote', "next"]

    def test_keys_that_come_and_go_and_change_their_type(self, tmp_path):
        records = [{"text": "a", "n": 1}, {"text": "b", "n": "x", "tags": ["t"]}, {"n": 10**30}]
        (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, records)))
        _, texts, others = read(tmp_path / "t.jsonl", text_column="text")
        assert texts == ["a", "b", None]
        assert others == {"n": ["1", "x", str(10**30)], "tags": [None, '["t"]', None]}

    def test_half_a_character_is_replaced_and_told(self, tmp_path):
        (tmp_path / "t.jsonl").write_text('{"text": "half \\ud83d of it"}\n{"text": "whole \\ud83d\\ude00"}\n')
        source, texts, _ = read(tmp_path / "t.jsonl")
        assert texts == ["half � of it", "whole 😀"]
        assert source.notes == ["1 values held half a character (a lone surrogate), which became U+FFFD."]

    @pytest.mark.parametrize(
        ("name", "payload", "said"),
        [
            ("t.csv", b"", "0 bytes"),
            ("t.csv", b"text,label\n", "found none"),
            ("t.csv", b"text,text\na,b\n", "'text' twice"),
            ("t.csv", b"text,label\na,b\nc\n", "line 3: expected 2 columns in every row, found 1"),
            (
                "t.csv",
                b'text,label\n"never closed,1\n',
                "line 2: expected comma-separated values with every quote closed",
            ),
            ("t.csv", b"n,m\n1,2\n", "text_column"),
            ("t.jsonl", b'{"text": "a"}\n{"text": \n', "line 2: expected one JSON object a line"),
            ("t.jsonl", b'["a"]\n', "found a list"),
            ("t.jsonl", b"[" * 100_000, "line 1: expected one JSON object"),
            ("t.jsonl", b'{"n": ' + b"9" * 5000 + b"}", "line 1: expected one JSON object"),
            ("t.parquet", b"PAR1 no table PAR1", "readable table"),
            ("t.parquet", b"", "0 bytes"),
            ("t.tsv", b"text\tlabel\ncaf\xe9\t1\n", "byte 0xe9 at offset 14"),
        ],
    )
    def test_what_is_refused(self, name, payload, said, tmp_path):
        if said == "text_column":
            pq.write_table(pa.table({"n": [1], "m": [2]}), tmp_path / "n.parquet")
            assert said in refused(tmp_path / "n.parquet")
            return
        assert said in refused(write(tmp_path / name, payload))


class TestPlainText:
    def test_a_document_a_line(self, tmp_path):
        (tmp_path / "t.txt").write_text("\n".join([*TEXTS, ""]))
        source, texts, others = read(tmp_path / "t.txt")
        assert (texts, others, source.notes) == (TEXTS, {}, ["Each line is a document."])

    def test_blank_lines_part_documents(self, tmp_path):
        (tmp_path / "t.txt").write_text("\n\none\ntwo\n\n  \nthree\n\n")
        source, texts, _ = read(tmp_path / "t.txt")
        assert (texts, source.notes) == (["one\ntwo", "three"], ["Documents are parted by blank lines."])

    def test_a_stray_blank_line_parts_nothing(self, tmp_path):
        (tmp_path / "t.txt").write_text("\n".join(["a line"] * 150) + "\n\n" + "\n".join(["a line"] * 150))
        assert len(read(tmp_path / "t.txt")[1]) == 300

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
    def test_encodings(self, encoding, tmp_path):
        mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
        write(tmp_path / "t.txt", mark + "\r\n".join(["naïve", "日本語", "😀"]).encode(encoding))
        assert read(tmp_path / "t.txt")[1] == ["naïve", "日本語", "😀"]

    @pytest.mark.parametrize(
        ("payload", "said"),
        [
            (b"good\n" * 9 + b"caf\xe9 \n", "UTF-8, found byte 0xe9 at offset 48"),
            (b"x" * (3 << 20) + b"\n", "line 1: expected at most 1,000,000 characters"),
            (b"a\nb\x00c\n", "line 2: expected text, found a NUL character"),
            ("plain".encode("utf-16-le"), "NUL character"),
            ("plain".encode("utf-32"), "found UTF-32"),
            (b"\xff\xfeo\x00d", "offset 4"),
            (b"\xff\xfe" + b"\x00\xd8a\x00", "UTF-16, found byte"),
            (b"end\xe2\x82", "offset 3"),
            (b"", "0 bytes"),
        ],
    )
    def test_what_is_refused(self, payload, said, tmp_path):
        message = refused(write(tmp_path / "t.txt", payload))
        assert said in message
        assert "t.txt" in message

    def test_the_wrong_byte_is_found_beyond_the_first_block(self, tmp_path):
        write(tmp_path / "t.txt", b"seven...\n" * 300_000 + b"\x80")
        assert "offset 2,700,000" in refused(tmp_path / "t.txt")

    def test_one_line_of_50_mb_does_not_take_the_memory(self, tmp_path):
        with open(tmp_path / "t.txt", "wb") as file:
            file.writelines([b"first\n", *[b"x" * (1 << 20)] * 50, b"\n"])
        tracemalloc.start()
        message = refused(tmp_path / "t.txt")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert "line 2" in message
        assert peak < 20 << 20

    def test_a_folder_of_files(self, tmp_path):
        for i, text in enumerate(TEXTS):
            folder = tmp_path / ("train", "test")[i % 2] / LABELS[i]
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{i}.txt").write_text(text)
        write(tmp_path / "train" / "good" / "empty.txt", b"")
        write(tmp_path / "train" / "good" / "picture.png", b"\x89PNG")
        source, texts, others = read(tmp_path)
        assert sorted(texts) == ["", *sorted(TEXTS)]
        of = dict(zip(texts, others["label"], strict=True))
        assert [of[t] for t in TEXTS] == LABELS
        assert (source.label, source.split, source.rows) == ("label", "split", 13)
        said = [left.sentence() for left in source.left_out if left]
        assert said == ["1 file that is no text (.txt, .text, .md) was left out: train/good/picture.png."]

    def described(self, folder, table: str, name: str = "metadata.csv"):
        for i, text in enumerate(TEXTS):
            place = folder / f"part{i % 2}"
            place.mkdir(exist_ok=True, parents=True)
            (place / f"{i}.txt").write_text(text)
        write(folder / name, table.encode())
        write(folder / "README.md", b"# What this is")

    def test_a_table_beside_the_files_tells_their_columns(self, tmp_path):
        rows = [f"{i}.txt,{LABELS[i]},{'fm'[i % 2]},{20 + i}" for i in reversed(range(len(TEXTS)))]
        self.described(tmp_path, "\n".join(["File,grade,sex,age", *rows, "gone.txt,good,f,1"]))
        source, texts, others = read(tmp_path, label="grade")
        row = [texts.index(text) for text in TEXTS]
        assert [others["grade"][i] for i in row] == LABELS
        typed, _ = storing.others(pa.table(others), {"missing_said": None}, source.words_only)
        assert [typed["age"].to_pylist()[i] for i in row] == [20 + i for i in range(len(TEXTS))]
        assert "README.md" not in others["path"]
        assert source.label == "label", "the folders part0 and part1"
        assert f"1 rows of {tmp_path.name}/metadata.csv name no text file and were left out (gone.txt)." in source.notes

    @pytest.mark.parametrize(
        ("table", "said"),
        [
            ("author,url\na,b", "expected a column file_name, filename, file, path"),
            ("file,sex\n0.txt,f", "expected a row for every text file, found none for 11 of 12 (part0/10.txt, "),
            ("file,sex\n0.txt,f\n0.txt,m", "found 'part0/0.txt' twice"),
        ],
    )
    def test_a_table_that_does_not_describe_the_files_loses_no_text(self, tmp_path, table, said):
        self.described(tmp_path, table)
        assert said in refused(tmp_path)

    def test_a_table_that_tells_the_label_again_is_refused(self, tmp_path):
        names = "\n".join(f"part{i % 2}/{i}.txt,x" for i in range(len(TEXTS)))
        self.described(tmp_path, f"path,label\n{names}")
        assert "expected other columns" in refused(tmp_path)

    def test_texts_beside_two_tables_are_refused(self, tmp_path):
        self.described(tmp_path, "file\nx")
        write(tmp_path / "train.csv", b"text\na")
        assert "found 12 text files and 2 tables" in refused(tmp_path)

    def test_notes_beside_tables_are_left_out_and_said(self, tmp_path):
        write(tmp_path / "SOURCE.txt", b"Where this is from")
        write(tmp_path / "train.csv", b"text,label\nfirst,a\nsecond,b\n")
        source, texts, _ = read(tmp_path)
        assert texts == ["first", "second"]
        assert source.notes == ["Beside the tables stand text files, which were left out: SOURCE.txt."]

    def test_a_readme_beside_tables_is_no_text(self, tmp_path):
        write(tmp_path / "train.csv", b"text,label\nfirst,a\nsecond,b\n")
        write(tmp_path / "test.csv", b"text,label\nthird,a\n")
        write(tmp_path / "README.md", b"# What this is")
        assert read(tmp_path)[1] == ["third", "first", "second"]


class TestDatasetsFolder:
    @pytest.fixture
    def saved(self, tmp_path):
        from datasets import ClassLabel, Dataset, DatasetDict, Features, Value

        features = Features({"text": Value("string"), "label": ClassLabel(names=["neg", "pos"])})
        both = {
            split: Dataset.from_dict(
                {"text": [f"{split} {i}" for i in range(n)], "label": [i % 2 for i in range(n)]}, features
            )
            for split, n in (("train", 20), ("test", 6), ("unsupervised", 4))
        }
        DatasetDict(both).save_to_disk(tmp_path / "d", num_shards={"train": 2, "test": 1, "unsupervised": 1})
        return tmp_path / "d"

    def test_splits_and_class_names(self, saved):
        source, texts, others = read(saved)
        sizes = (("train", 20), ("test", 6), ("unsupervised", 4))
        assert texts == [f"{split} {i}" for split, n in sizes for i in range(n)]
        assert others["label"] == ["neg", "pos"] * 15
        assert others["split"] == ["train"] * 20 + ["test"] * 6 + ["unlabelled"] * 4
        assert list(source.classes) == ["neg", "pos"]

    def test_one_split(self, saved):
        source, texts, _ = read(saved / "test")
        assert (len(texts), source.split) == (6, None)

    @pytest.mark.parametrize(
        ("file", "content", "said"),
        [
            ("state.json", "{", "expected JSON"),
            ("state.json", '{"_data_files": [{"filename": "../../../etc/passwd"}]}', "outside"),
            ("state.json", '{"_data_files": 3}', "names of its files"),
            ("data-00000-of-00001.arrow", "nonsense", "readable table"),
            ("dataset_info.json", '{"features": {"label": {"_type": "ClassLabel", "names": ["neg"]}}}', "found 1"),
        ],
    )
    def test_what_is_refused(self, file, content, said, saved):
        (saved / "test" / file).write_text(content)
        assert said in refused(saved / "test")


class TestHub:
    def test_offline_is_one_line_that_says_what_to_do(self, monkeypatch):
        import huggingface_hub

        def unreachable(self, name, timeout):
            raise OSError("[Errno -3] Temporary failure in name resolution\nmore")

        monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", unreachable)
        message = refused("hf:stanfordnlp/sst2:train")
        assert message.startswith("hf:stanfordnlp/sst2: expected the data set from huggingface.co, found OSError")
        assert "save_to_disk('FOLDER'), then register FOLDER" in message

    @pytest.fixture
    def reachable(self, monkeypatch, tmp_path):
        """The hub's answers for one data set, given by a folder of this machine; the library itself is the real one."""
        import datasets
        import huggingface_hub

        folder = tmp_path / "set"
        folder.mkdir()
        for split in ("train", "test"):
            texts = pa.table({"text": [f"{split} {i}" for i in range(5)], "label": [0, 1, -1, 1, 0]})
            pq.write_table(texts, folder / f"{split}.parquet")
        names = "        names:\n          '0': neg\n          '1': pos\n"
        features = "  - name: text\n    dtype: string\n  - name: label\n    dtype:\n      class_label:\n" + names
        (folder / "README.md").write_text(f"---\ndataset_info:\n  features:\n{features}---\n")
        builder = datasets.load_dataset_builder
        monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
        commit = type("Info", (), {"sha": "c0ffee"})()
        monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", lambda self, name, timeout: commit)
        monkeypatch.setattr(datasets, "get_dataset_config_names", lambda name, revision: ["default"])
        monkeypatch.setattr(
            datasets, "load_dataset_builder", lambda name, config, revision: builder(str(folder), config)
        )
        return folder

    @pytest.mark.parametrize(
        ("part", "splits"), [("", ["train", "test"]), (":default", ["train", "test"]), (":test", [])]
    )
    def test_texts_classes_and_splits(self, part, splits, reachable):
        source, texts, others = read(f"hf:owner/name{part}")
        assert texts == [f"{split} {i}" for split in splits or ["test"] for i in range(5)]
        assert others["label"][:5] == ["neg", "pos", None, "pos", "neg"]
        assert list(dict.fromkeys(others.get("split", []))) == splits
        assert source.notes == ["Read from the Hugging Face hub at commit c0ffee."]

    def test_a_part_that_is_not_there(self, reachable):
        assert "expected one of default, train, test, found 'nope'" in refused("hf:owner/name:nope")

    def test_files_that_are_no_tables_are_refused(self, reachable):
        for file in reachable.glob("*.parquet"):
            file.rename(file.with_suffix(".pkl"))
        assert "hf:owner/name: expected" in refused("hf:owner/name")

    @pytest.mark.parametrize("place", ["hf:", "hf:a/b/c", "hf:../x/y", "hf:a b"])
    def test_a_name_that_is_none(self, place):
        assert "expected hf:owner/name" in refused(place)

    def test_a_look_does_not_wait_for_the_network(self):
        found = preview("hf:owner/name:train")
        assert (found["of"], found["kind"], found["columns"]) == ("text", "hub", [])
        assert hub.NAME.fullmatch("hf:owner/name:train").groups() == ("owner/name", "train")


class TestPreview:
    def test_the_kind_of_data_is_found(self, tmp_path, real_data):
        (tmp_path / "t.txt").write_text("one\ntwo\n")
        pq.write_table(pa.table({"image": [b"x"], "note": ["a note"]}), tmp_path / "i.parquet")
        pq.write_table(pa.table({"note": ["a note"], "label": [1]}), tmp_path / "n.parquet")
        kinds = {name: preview(str(tmp_path / name))["of"] for name in ("t.txt", "i.parquet", "n.parquet")}
        assert kinds == {"t.txt": "text", "i.parquet": "image", "n.parquet": "text"}
        assert preview(str(tmp_path / "i.parquet"), "text")["text"] == "note"
        found = preview(str(real_data / "sst2"))
        assert (found["of"], found["text"], found["label"], found["split"]) == ("text", "sentence", "label", "split")

    def test_the_refusal_is_that_of_the_reader(self, tmp_path):
        with pytest.raises(BadInput, match="0 bytes"):
            preview(str(write(tmp_path / "t.txt", b"")))


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_any_text_comes_back_as_its_lines(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("lines") / "t.txt"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    universal = text.replace("\r\n", "\n").replace("\r", "\n")
    assert [line for _, line in lines(path)] == universal.removesuffix("\n").split("\n") * bool(universal)


@given(st.lists(st.text("ab \n", max_size=12), min_size=1))
def test_documents_hold_every_word_in_its_order(tmp_path_factory, parts):
    path = tmp_path_factory.mktemp("documents") / "t.txt"
    text = "\n\n".join(parts) + "x"
    path.write_text(text)
    _, found = documents(path)
    assert " ".join(t for _, t in found).split() == text.split()


@given(st.text(st.characters()))
def test_what_is_cleaned_can_be_stored_and_keeps_its_length(text):
    cleaned, changed = cleaning.whole(text)
    assert len(cleaned) == len(text)
    assert cleaned.encode().decode() == cleaned
    assert changed == (cleaned != text)
