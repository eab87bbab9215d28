"""Artefacts: named by their content, typed, whole or absent, and never outside their folder."""

import numpy as np
import pyarrow as pa
import pytest

from backend.workspace import artefacts as artefacts_module
from backend.workspace.artefacts import Artefacts, digest_file
from backend.workspace.layout import BadInput


@pytest.fixture
def artefacts(tmp_path):
    return Artefacts(tmp_path / "artefacts")


def test_each_type_comes_back_as_it_went(artefacts):
    arrays = {"x": np.arange(12, dtype=np.float32).reshape(4, 3), "y": np.ones((2, 2), np.uint8)[:, ::-1]}
    tensors = artefacts.put_arrays("maps", arrays, {"spec": "{}"})
    assert np.array_equal(artefacts.array(tensors.sha256, "x"), arrays["x"])
    assert np.array_equal(artefacts.array(tensors.sha256, "x", slice(1, 3)), arrays["x"][1:3])
    assert np.array_equal(artefacts.rows(tensors.sha256, "x", iter([3, 0, 3])), arrays["x"][[3, 0, 3]])
    assert sorted(artefacts.array_names(tensors.sha256)) == ["x", "y"]
    assert artefacts.metadata(tensors.sha256) == {"spec": "{}"}
    table = artefacts.put_table("table", pa.table({"a": [1, 2], "b": ["x", "y"]}))
    assert artefacts.table(table.sha256, ["b"]).to_pydict() == {"b": ["x", "y"]}
    document = artefacts.put_json("sheet", {"b": 1, "a": None})
    assert artefacts.json(document.sha256) == {"a": None, "b": 1}


def test_the_name_is_the_digest_and_the_same_content_is_stored_once(artefacts):
    first, second = artefacts.put_json("a", {"x": 1}), artefacts.put_json("b", {"x": 1})
    path = artefacts.path(first.sha256, "json")
    assert digest_file(path) == (first.sha256, first.bytes)
    assert first.sha256 == second.sha256
    assert [p.name for p in artefacts.root.rglob("*") if p.is_file()] == [path.name]


def test_a_write_that_fails_leaves_nothing(artefacts):
    with pytest.raises(ValueError):
        artefacts.put_json("a", {"x": float("nan")})
    with pytest.raises(ZeroDivisionError):
        artefacts._adopt("a", "json", lambda path: 1 / 0)
    assert not [p for p in artefacts.root.rglob("*") if p.is_file()]


@pytest.mark.parametrize(
    ("sha256", "kind"), [("../x", "json"), ("a" * 63, "json"), ("G" * 64, "json"), ("a" * 64, "pkl")]
)
def test_no_path_but_a_digest_of_a_known_type(artefacts, sha256, kind):
    with pytest.raises(ValueError, match="expected a SHA-256"):
        artefacts.path(sha256, kind)


@pytest.mark.parametrize("rows", [[4], [-1], [0, 99]])
def test_rows_out_of_bounds_are_refused(artefacts, rows):
    tensors = artefacts.put_arrays("maps", {"x": np.zeros((4, 3))})
    with pytest.raises(BadInput, match="expected 0 to 3"):
        artefacts.rows(tensors.sha256, "x", rows)


def test_streaming_a_text_column_holds_one_part_of_the_file_at_a_time(tmp_path):
    store, random = Artefacts(tmp_path), np.random.default_rng(0)
    texts = [random.bytes(5_000).hex() for _ in range(2_000)]  # 20 MB that do not compress to nothing
    table = pa.table({"text": texts})
    stored = store.put_batches("texts", table.schema, (table.slice(at, 100) for at in range(0, 2_000, 100)))
    before, most = pa.total_allocated_bytes(), 0
    for batch in store.text_batches(stored.sha256, "text", 100):
        most = max(most, pa.total_allocated_bytes() - before)
        assert len(batch) == 100
    assert most < 6_000_000  # a row group, packed and unpacked; not the file


def test_long_texts_come_few_at_a_time_and_each_once(tmp_path, monkeypatch):
    monkeypatch.setattr(artefacts_module, "TEXT_BATCH", 100)
    store, texts = Artefacts(tmp_path), ["x" * size for size in (10, 60, 60, 0, 500, 30, 30, 30, 30)]
    table = pa.table({"text": texts})
    stored = store.put_batches("texts", table.schema, (table.slice(at, 6) for at in (0, 6)))
    batches = list(store.text_batches(stored.sha256, "text", 1_000))
    assert [[len(text) for text in batch] for batch in batches] == [[10, 60], [60, 0], [500], [30], [30, 30, 30]]


def test_a_mapped_tensor_is_read_where_it_is_looked_at_and_never_written(artefacts):
    arrays = {
        "a": np.arange(6, dtype=np.int64),
        "x": np.arange(12, dtype=np.float32).reshape(4, 3),
        "none": np.ones((0, 3)),
    }
    stored = artefacts.put_arrays("maps", arrays, {"spec": "é"})
    for name, values in arrays.items():
        assert np.array_equal(artefacts.mapped(stored.sha256, name), values)
        assert artefacts.mapped(stored.sha256, name).dtype == values.dtype
    mapped = artefacts.mapped(stored.sha256, "x")
    assert isinstance(mapped, np.memmap)
    mapped[0, 0] = 99
    assert np.array_equal(artefacts.array(stored.sha256, "x"), arrays["x"])
    assert digest_file(artefacts.path(stored.sha256, "safetensors"))[0] == stored.sha256


def test_a_file_whose_header_does_not_fit_it_is_not_mapped(artefacts):
    stored = artefacts.put_arrays("maps", {"x": np.zeros((400, 3))})
    path = artefacts.path(stored.sha256, "safetensors")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(Exception, match=r"(?i)header|incomplete"):
        artefacts.mapped(stored.sha256, "x")
