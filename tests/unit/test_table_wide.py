"""Tables of thousands of columns or of a million different values: one limit for all formats, the right values, no step
whose time grows with the square of their number."""

from __future__ import annotations

import json
import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from backend.data import cleaning, storing
from backend.data.conventions.joining import joined
from backend.data.preview import preview
from backend.data.register import register
from backend.modality.table.features import features
from backend.workspace.artefacts import Artefacts
from backend.workspace.layout import BadInput

WIDE = 5_000
NOBODY = {"numbers": None, "unit": None, "groups": {}, "banded": (), "given": None}


def frame(columns, rows=20):
    made = {f"c{i}": np.arange(rows) * 1.5 + i for i in range(columns - 1)}
    return pd.DataFrame(made | {"label": ["yes", "no"] * (rows // 2)})


def written(folder, form, made):
    path = folder / f"t.{form}"
    if form == "parquet":
        made.to_parquet(path)
    elif form == "jsonl":
        made.to_json(path, orient="records", lines=True)
    else:
        made.to_csv(path, index=False, sep="\t" if form == "tsv" else ",")
    return path


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "parquet"])
def test_one_limit_for_all_formats(tmp_path, monkeypatch, form):
    monkeypatch.setattr(cleaning, "MAX_COLUMNS", 12)
    path = written(tmp_path, form, frame(12))
    store = Artefacts(tmp_path / "artefacts")
    manifest, _ = register({"name": "t", "kind": "table", "path": str(path), "label": "label"}, store)
    assert len(store.json(manifest["sheet"]["sha256"])["columns"]) == 12
    path = written(tmp_path, form, frame(13))
    for call in (
        lambda: register({"name": "t", "kind": "table", "path": str(path)}, store),
        lambda: preview(str(path)),
    ):
        with pytest.raises(BadInput, match=f"^t.{form}: expected 1 to 12 columns, found 13$"):
            call()


def test_keys_that_come_and_go_count_together(tmp_path, monkeypatch):
    monkeypatch.setattr(cleaning, "MAX_COLUMNS", 12)
    monkeypatch.setattr("backend.data.readers._tables.BATCH", 10)
    path = tmp_path / "t.jsonl"
    path.write_text("".join(json.dumps({f"c{i // 10}_{k}": i for k in range(8)}) + "\n" for i in range(20)))
    with pytest.raises(BadInput, match=r"t.jsonl: expected 1 to 12 columns, found 16"):
        register({"name": "t", "kind": "table", "path": str(path)}, Artefacts(tmp_path / "artefacts"))


def test_columns_are_joined_and_stored_in_time_that_grows_with_their_number():
    """Looking each column up by its name took a minute and a half of this."""
    begun = time.process_time()
    part = pa.table({f"c{i}": pa.array([i, None]) for i in range(WIDE)})
    other = pa.table({f"c{i}": pa.array([0.5]) for i in range(WIDE - 1, -1, -2)})
    whole = joined([part, other])
    roles = NOBODY | {"codes": np.zeros(3, int), "groups": {"c7": np.array(["a", "b", "c"])}}
    stored = storing.table({}, whole, roles, np.array(["train"] * 3))
    assert time.process_time() - begun < 15
    assert whole.column("c4999").to_pylist() == [4999, None, 0.5]
    assert whole.column("c4998").to_pylist() == [4998, None, None]
    assert stored.column_names[:5] == ["row", "split", "label", "c7", "c0"]
    assert len(stored.column_names) == WIDE + 3
    assert stored.column("c7").to_pylist() == ["a", "b", "c"]


@pytest.mark.slow
def test_five_thousand_columns(tmp_path):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(500, WIDE)).astype(np.float32)
    made = {f"c{i}": values[:, i] for i in range(WIDE)}
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table(made | {"label": np.where(values[:, 3] > 0, "yes", "no")}), path)
    store, begun = Artefacts(tmp_path / "artefacts"), time.process_time()
    manifest, _ = register({"name": "t", "kind": "table", "path": str(path), "label": "label"}, store)
    assert time.process_time() - begun < 100
    table = store.table(manifest["table"]["sha256"])
    assert np.array_equal(table.select([f"c{i}" for i in range(WIDE)]).to_pandas().to_numpy(np.float32), values)
    sheet = store.json(manifest["sheet"]["sha256"])
    assert [one["type"] for one in sheet["columns"]] == ["number"] * WIDE + ["yes/no"]
    assert [one["column"] for one in sheet["leaks"] if one["kind"] == "predicts"] == ["c3"]


@pytest.mark.slow
def test_a_category_of_a_million_values(tmp_path):
    """500 values stand in 2,000 rows each, 1,000 in 200, and a million in one."""
    rng, once = np.random.default_rng(0), 1_000_000
    at = np.concatenate(
        [np.repeat(np.arange(500), 2000), np.repeat(np.arange(500, 1500), 200), np.arange(1500, 1500 + once)]
    )
    town = pa.array([f"t{i}" for i in rng.permutation(at)])
    assert len(town.unique()) == 1500 + once
    path = tmp_path / "t.parquet"
    label = np.where(rng.random(len(town)) < 0.5, "yes", "no")
    pq.write_table(pa.table({"town": town, "x": rng.normal(size=len(town)), "paid": label}), path)
    store, begun = Artefacts(tmp_path / "artefacts"), time.process_time()
    asked = {"name": "t", "kind": "table", "path": str(path), "label": "paid"}
    manifest, _ = register(asked, store)
    assert time.process_time() - begun < 120
    assert store.table(manifest["table"]["sha256"], ["town"]).column("town").combine_chunks().equals(town)
    feature = next(one for one in features(store, manifest) if one["name"] == "town")
    coded = [int(value[1:]) for value in feature["values"]]
    assert len(coded) == 1000
    assert set(range(500)) < set(coded) <= set(range(1500))
    codes = store.array(manifest["records"]["sha256"], "records")
    codes = codes[:, [one["name"] for one in features(store, manifest)].index("town")].astype(int)
    written = np.array([int(value[1:]) for value in town.to_pylist()])
    assert np.array_equal(np.array([-1, *coded])[codes], np.where(np.isin(written, coded), written, -1))
