"""Registering texts: what manifest, table and stored texts promise, on made and on real data; what is refused."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from backend.data import cleaning
from backend.data.dataset import Dataset
from backend.data.register import register
from backend.modality.text import ingest as text_ingest
from backend.modality.text.cell import texts_of
from backend.workspace.artefacts import Artefacts
from backend.workspace.layout import BadInput

N = 60
TEXTS = [f"This is text {i}, and it says {'yes' if i % 2 else 'no'} to question {i // 2}." for i in range(N)]


@pytest.fixture
def store(workspace):
    return Artefacts(workspace.artefacts)


def table(tmp_path, texts=TEXTS, **columns):
    n = len(texts)
    base = {
        "answer": ["yes" if i % 2 else "no" for i in range(n)],
        "age": [float(20 + i) if i % 10 else None for i in range(n)],
        "person": [f"p{i // 3}" for i in range(n)],
    }
    pq.write_table(pa.table({"body": texts, **base, **columns}), tmp_path / "t.parquet")
    return str(tmp_path / "t.parquet")


def made(store, path, **spec) -> Dataset:
    manifest, stored = register({"name": "x", "kind": "text", "path": str(path), **spec}, store)
    assert [a.role for a in stored] == ["texts", "table", "sheet"]
    assert json.dumps(manifest, allow_nan=False)
    return Dataset(manifest, store)


def refused(store, path, **spec) -> str:
    with pytest.raises(BadInput) as caught:
        register({"name": "x", "kind": "text", "path": str(path), **spec}, store)
    assert str(caught.value).isprintable()
    assert not list(store.root.rglob("*.*")), "a refused source left a file behind"
    return str(caught.value)


def test_texts_table_and_manifest_agree(tmp_path, store):
    spec = {"label": "answer", "sensitive": [{"column": "age", "cuts": [40, 60]}], "split_by": "person"}
    data = made(store, table(tmp_path), **spec)
    assert data.texts == TEXTS
    assert list(data.table)[:6] == ["row", "split", "label", "group", "characters", "age"]
    assert data.table["characters"].tolist() == list(map(len, TEXTS))
    assert data.table.groupby("group")["split"].nunique().max() == 1
    assert data.table["source_age"].isna().sum() == 6
    m = data.manifest
    assert (m["kind"], m["count"], m["classes"], m["positive"], m["group"]) == (
        "text",
        N,
        ["no", "yes"],
        "yes",
        "person",
    )
    assert (m["characters"], m["bytes"]) == (sum(map(len, TEXTS)), sum(len(t.encode()) for t in TEXTS))
    assert "body" not in data.table


def test_empty_texts_are_kept_out_with_their_rows(tmp_path, store):
    texts = [" \n\t" if i % 6 == 0 else None if i % 6 == 3 else t for i, t in enumerate(TEXTS)]
    data = made(store, table(tmp_path, texts, number=list(range(N))), label="answer")
    kept = [i for i in range(N) if i % 3]
    assert data.texts == [TEXTS[i] for i in kept]
    assert data.table["number"].tolist() == kept
    sheet = store.json(data.manifest["sheet"]["sha256"])
    assert sheet["empty"] == 20
    assert "20 empty texts were kept out." in sheet["warnings"]


def test_row_groups_are_bounded_in_rows_and_in_characters(tmp_path, store, monkeypatch):
    monkeypatch.setattr(text_ingest, "GROUP_ROWS", 25)
    long = ["y" * 5000 if i < 4 else t for i, t in enumerate(TEXTS)]
    monkeypatch.setattr(text_ingest, "GROUP_CHARACTERS", 10_000)
    data = made(store, table(tmp_path, long))
    file = pq.ParquetFile(store.path(data.manifest["texts"]["sha256"], "parquet"))
    assert [file.metadata.row_group(g).num_rows for g in range(file.num_row_groups)] == [2, 2, 25, 25, 6]
    assert data.texts == long
    assert texts_of(store, data.manifest, [59, 3, 3, 0, 28]) == [long[i] for i in (59, 3, 3, 0, 28)]
    assert [len(b) for b in data.text_batches(20)] == [2, 2, 20, 5, 20, 5, 6], "no batch joins two row groups"


def test_the_same_source_gives_the_same_digest(tmp_path, store):
    path = table(tmp_path)
    first, second, other = made(store, path), made(store, path, name="y"), made(store, path, seed=1)
    assert first.manifest["digest"] == second.manifest["digest"] != other.manifest["digest"]


def test_equal_texts_stay_in_one_split(tmp_path, store):
    texts = [TEXTS[i % 20].upper() if i >= 40 else f" {TEXTS[i % 20]}" for i in range(N)]
    data = made(store, table(tmp_path, texts))
    parts = data.table["split"].to_numpy()
    for i in range(20):
        assert len(set(parts[i::20])) == 1


@pytest.mark.parametrize(
    ("texts", "spec", "said"),
    [
        (["", " "] * 30, {"text_column": "body"}, "expected at least 8 texts, found 0"),
        (TEXTS[:5], {}, "expected at least 8 texts, found 5"),
        ([*TEXTS[:30], "nul \0 here", *TEXTS[31:]], {}, "row 30: expected text, found a NUL character"),
        ([*TEXTS[:7], "x" * (cleaning.MAX_TEXT + 1), *TEXTS[8:]], {}, "row 7: expected at most 1,000,000 characters"),
        (TEXTS, {"label": "nope"}, "found 'nope'; it has answer, age, person"),
        (TEXTS, {"label": "answer", "sensitive": ["answer"]}, "other columns than the label"),
        (TEXTS, {"split_column": "answer"}, "expected train, val or test"),
        (TEXTS, {"size": 32}, "no size with texts"),
    ],
)
def test_what_is_refused_leaves_nothing_behind(texts, spec, said, tmp_path, store):
    assert said in refused(store, table(tmp_path, texts), **spec)


def test_too_many_rows_and_too_much_beside_the_text(tmp_path, store, monkeypatch):
    monkeypatch.setattr(cleaning, "MAX_ROWS", 50)
    assert "expected at most 50 texts" in refused(store, table(tmp_path))
    monkeypatch.setattr(cleaning, "MAX_ROWS", 100)
    monkeypatch.setattr(cleaning, "MAX_OTHER", 1000)
    assert "columns beside the text" in refused(store, table(tmp_path))


def test_a_built_in_set_has_no_texts(store):
    with pytest.raises(BadInput, match="expected image for the built-in clinic"):
        register({"name": "x", "kind": "text", "builtin": "clinic"}, store)


def test_being_stopped_leaves_nothing_behind(tmp_path, store):
    def stop(done, total, unit):
        if unit == "texts":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        register({"name": "x", "kind": "text", "path": table(tmp_path)}, store, stop)
    assert not list(store.root.rglob("*.*"))


class TestRealData:
    def test_sst2(self, real_data, store):
        spec = {"text_column": "sentence", "label": "label", "split_column": "split"}
        data = made(store, real_data / "sst2", **spec)
        sheet = store.json(data.manifest["sheet"]["sha256"])
        assert sheet["counts"] == {"train": 6920, "val": 872, "test": 1821}
        assert sheet["class_counts"]["train"] == {"0": 3310, "1": 3610}
        assert sheet["scripts"]["Latin"]["texts"] == 9613
        assert sheet["lengths"]["words"]["quantiles"]["0.5"] in range(15, 22)

    def test_hate_davidson(self, real_data, store):
        data = made(store, real_data / "hate_davidson", label="label")
        assert data.manifest["count"] == 24783
        assert data.texts[0].startswith("!!! RT @user")
        sheet = store.json(data.manifest["sheet"]["sha256"])
        classes = {c: sum(split[c] for split in sheet["class_counts"].values()) for c in data.classes}
        assert classes == {"hate_speech": 1430, "neither": 4163, "offensive_language": 19190}
        assert sheet["label"]["text"] == "tweet"
        assert sheet["offensive"] > 10_000
        assert sheet["mentions"]["gender"]["female"]["texts"] > 1000
        of = sheet["mentions"]["orientation"]["homosexual"]
        assert sum(of["classes"].values()) == of["texts"] > 100
        exact = {tuple(d["splits"]): d["count"] for d in sheet["duplicates"]["exact_across"]}
        assert set(exact.values()) == {0}, "a split that is made here keeps equal texts together"

    def test_boolq_passages(self, real_data, store):
        data = made(store, real_data / "boolq_wikipedia" / "passages.parquet")
        sheet = store.json(data.manifest["sheet"]["sha256"])
        assert (data.manifest["count"], data.classes) == (12271, [])
        assert sheet["lengths"]["words"]["total"] > 1_100_000
        assert sheet["scripts"]["Latin"]["letters"] > 0.99
        assert len(sheet["scripts"]) > 5, "Wikipedia names things in their own scripts"

    def test_openi_reports(self, real_data, store):
        data = made(store, real_data / "openi_reports", text_column="impression", label="normal")
        sheet = store.json(data.manifest["sheet"]["sha256"])
        assert data.manifest["count"] + sheet["empty"] == 3955
        assert data.classes == ["False", "True"]
        near = sheet["duplicates"]["near_within"]["train"]
        assert sheet["duplicates"]["exact_within"]["train"] > 500, "reports repeat one another"
        assert near > 0
        assert np.isin(["findings", "uid"], list(data.table)).all()


@pytest.mark.parametrize("column", ["text", "other"])
def test_bytes_that_are_no_text_are_one_line_in_any_column(tmp_path, store, column):
    bad = pa.Array.from_buffers(
        pa.string(), 60, [None, pa.py_buffer(np.arange(61, dtype=np.int32)), pa.py_buffer(b"\xff" * 60)]
    )
    good = pa.array([f"a text of its own {i}" for i in range(60)])
    pq.write_table(pa.table({"text": bad if column == "text" else good, "other": bad}), tmp_path / "bytes.parquet")
    with pytest.raises(BadInput, match=f"bytes.parquet: expected UTF-8 in column '{column}', found other bytes"):
        register({"name": "b", "kind": "text", "path": str(tmp_path / "bytes.parquet"), "text_column": "text",
                  "label": "other"}, store)  # fmt: skip
