"""Registering: what the manifest and the table promise, what labels, groups and splits become, what is refused."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from backend.data import columns
from backend.data.dataset import Dataset
from backend.data.register import register
from backend.workspace.artefacts import Artefacts
from backend.workspace.layout import BadInput

N = 60
RNG = np.random.default_rng(0)


@pytest.fixture
def store(workspace):
    return Artefacts(workspace.artefacts)


def table(tmp_path, n=N, shape=(16, 12, 3), **columns_):
    """A Parquet file of random images with the given columns."""

    def png(pixels):
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "PNG")
        return out.getvalue()

    images = [png(p) for p in RNG.integers(0, 255, (n, *shape), dtype=np.uint8)]
    base = {
        "dx": [["nv", "mel", "bcc"][i % 3] for i in range(n)],
        "sex": ["f" if i % 2 else "m" for i in range(n)],
        "age": [float(20 + i) if i % 10 else None for i in range(n)],
        "person": [f"p{i // 3}" for i in range(n)],
    }
    pq.write_table(pa.table({"image": images, **base, **columns_}), tmp_path / "t.parquet")
    return str(tmp_path / "t.parquet")


def made(store, path, **spec) -> Dataset:
    manifest, stored = register({"name": "x", "path": path, "label": "dx", **spec}, store)
    assert [a.role for a in stored][:2] == ["images", "table"]
    return Dataset(manifest, store)


def refused(store, path, **spec) -> str:
    with pytest.raises(BadInput) as caught:
        register({"name": "x", "path": path, "label": "dx", **spec}, store)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_images_table_and_manifest_agree(tmp_path, store):
    data = made(store, table(tmp_path), sensitive=["sex", {"column": "age", "cuts": [40, 60]}], split_by="person")
    assert data.images.shape == (N, 3, 16, 12)
    assert data.shape == (3, 16, 12)
    assert data.table["row"].tolist() == list(range(N))
    assert list(data.table)[:6] == ["row", "split", "label", "group", "sex", "age"]
    assert set(data.table["age"]) == {"under 40", "40 to 59", "60 and over", "missing"}
    assert data.table["source_age"].isna().sum() == 6
    assert data.table.groupby("group")["split"].nunique().max() == 1
    assert data.manifest["group"] == "person"
    assert json.dumps(data.manifest, allow_nan=False)


def test_pixel_moments_are_those_of_train(tmp_path, store):
    data = made(store, table(tmp_path))
    train = data.images[data.rows("train")] / 255
    assert data.manifest["pixel_mean"] == pytest.approx(train.mean(axis=(0, 2, 3)), abs=1e-6)
    assert data.manifest["pixel_std"] == pytest.approx(train.std(axis=(0, 2, 3)), abs=1e-6)


def test_the_same_source_gives_the_same_digest(tmp_path, store):
    path = table(tmp_path)
    first, second, other = made(store, path), made(store, path, name="y"), made(store, path, seed=1)
    assert first.manifest["digest"] == second.manifest["digest"] != other.manifest["digest"]


@pytest.mark.parametrize(
    ("spec", "classes"),
    [
        ({}, ["bcc", "mel", "nv"]),
        ({"positive": ["mel"]}, ["not mel", "mel"]),
        ({"positive": ["mel", "bcc"]}, ["nv", "mel/bcc"]),
        ({"positive": ["mel", "bcc"], "positive_name": "malignant"}, ["nv", "malignant"]),
    ],
)
def test_classes(spec, classes, tmp_path, store):
    data = made(store, table(tmp_path), **spec)
    assert data.classes == classes
    assert data.manifest["positive"] == (classes[1] if len(classes) == 2 else None)
    named = np.array(classes)[data.labels]
    assert ((named == classes[-1]) == data.table["dx"].isin(spec.get("positive", ["nv"]))).all()


def test_a_missing_label_is_minus_one_and_told(tmp_path, store):
    dx = ["a", "b", None] * 20
    data = made(store, table(tmp_path, dx=dx))
    assert (data.labels == -1).sum() == 20
    assert "20 images without a label" in " ".join(store.json(data.manifest["sheet"]["sha256"])["warnings"])


def test_a_given_split_is_kept(tmp_path, store):
    split = np.repeat(["train", "Validation", "TEST"], 20)
    data = made(store, table(tmp_path, fold=split), split_column="fold")
    assert data.table["split"].tolist() == np.repeat(["train", "val", "test"], 20).tolist()


def test_made_splits_keep_the_same_image_together(tmp_path, store):
    from backend.data.duplicates import pixel_digests

    path = table(tmp_path)
    frame = pq.read_table(path).to_pandas()
    pd.concat([frame, frame], ignore_index=True).to_parquet(path)
    data = made(store, path)
    split = pd.Series(data.table["split"].to_numpy()).groupby(pixel_digests(data.images)).nunique()
    assert len(split) == N
    assert split.max() == 1


@pytest.mark.parametrize(
    ("shape", "size", "expected", "told"),
    [
        ((16, 12, 3), None, (3, 16, 12), None),
        ((16, 12), None, (1, 16, 12), None),
        ((130, 100, 3), None, (3, 64, 64), [64, 64]),
        ((16, 12, 3), 8, (3, 8, 8), [8, 8]),
        ((16, 16, 3), 16, (3, 16, 16), None),
    ],
)
def test_size(shape, size, expected, told, tmp_path, store):
    data = made(store, table(tmp_path, n=12, shape=shape), size=size)
    assert data.shape == expected
    assert store.json(data.manifest["sheet"]["sha256"])["resized_to"] == told


def test_resizing_keeps_the_middle_of_the_picture(tmp_path, store):
    """A white middle on black, 40 x 80: the centre square is white where the picture's centre is."""
    pixels = RNG.integers(0, 5, (N, 40, 80), dtype=np.uint8)
    pixels[:, 10:30, 30:50] = 255
    np.savez(tmp_path / "s.npz", images=pixels, dx=np.arange(N) % 2)
    data = made(store, str(tmp_path / "s.npz"), size=20)
    assert data.images[0, 0, 6:14, 6:14].min() > 245
    assert data.images[0, 0, :, :3].max() < 10


def test_planted_masks_are_resized_with_the_images(store):
    manifest, _ = register({"name": "x", "builtin": "clinic", "params": {"n": 80}, "size": 16}, store)
    mask = Dataset(manifest, store).planted("signal")
    assert mask.shape == (80, 16, 16)
    assert 12 < mask.sum(axis=(1, 2)).mean() < 36
    assert manifest["planted"]["truth"]["gap"]["value"] == 0.3


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"label": "diagnosis"}, "'diagnosis'; it has dx, sex, age, person"),
        ({"label": "one"}, "only 'same'"),
        ({"label": "unique"}, "distinct values"),
        ({"label": "never"}, "every value is missing"),
        ({"positive": ["nevus"]}, "found 'nevus'"),
        ({"positive": ["nv", "mel", "bcc"]}, "not positive"),
        ({"sensitive": ["one"]}, "only 'same'"),
        ({"sensitive": ["race"]}, "'race'"),
        ({"sensitive": ["dx"]}, "other columns than the label"),
        ({"sensitive": ["unique"]}, "at most 50 groups"),
        ({"sensitive": ["group"]}, "a name that the workbench does not use"),
        ({"sensitive": ["outcome"]}, "a name that the workbench does not use"),
        ({"sensitive": [{"column": "sex", "cuts": [40]}]}, "numbers to cut"),
        ({"sensitive": [{"column": "age", "cuts": [200]}]}, "only 'under 200'"),
        ({"sensitive": [{"column": "endless", "cuts": [40]}]}, "infinity"),
        ({"sensitive": ["sex", "sex"]}, "once"),
        ({"split_by": "household"}, "'household'"),
        ({"split_column": "sex"}, "train, val or test"),
        ({"image_column": "photo"}, "'photo'"),
        ({"split_column": "tested"}, "none for train"),
    ],
)
def test_what_cannot_be_used_is_one_line(spec, said, tmp_path, store):
    path = table(
        tmp_path,
        one=["same"] * N,
        unique=[f"u{i}" for i in range(N)],
        never=pa.nulls(N, pa.string()),
        endless=[float("inf")] * N,
        tested=["test"] * 40 + ["val"] * 20,
    )
    assert said in refused(store, path, **spec)


@pytest.mark.timeout(20)
def test_a_sensitive_column_of_a_million_names_is_refused_at_once():
    names = pd.Series([f"person {i}" for i in range(1_000_000)], name="who")
    with pytest.raises(BadInput, match="at most 50 groups, found 1,000,000"):
        columns.groups(names, [], "sensitive 'who' of people.csv")


def test_three_examples(tmp_path, store):
    assert "found 3" in refused(store, table(tmp_path, n=3))


def test_three_labels(tmp_path, store):
    dx = ["a", "b", "a"] + [None] * (N - 3)
    assert "label" in refused(store, table(tmp_path, dx=dx))


def test_too_much_in_all_is_refused_before_decoding(tmp_path, store, monkeypatch):
    monkeypatch.setattr("backend.data.source.MAX_BYTES", 100)
    assert "GiB" in refused(store, table(tmp_path))


def test_a_stop_leaves_nothing_registered(tmp_path, store):
    class Stop(Exception):
        pass

    def progress(done, total, unit):
        if unit == "storing":
            raise Stop

    with pytest.raises(Stop):
        register({"name": "x", "path": table(tmp_path), "label": "dx"}, store, progress)
    assert not list(store.root.rglob("*.json"))


@pytest.mark.parametrize(
    ("values", "cuts", "expected"),
    [
        ([39, 40, 59, 60, None], [40, 60], ["under 40", "40 to 59", "40 to 59", "60 and over", "missing"]),
        ([0.5, 1.5, 2.5], [1, 2], ["under 1", "1 to under 2", "2 and over"]),
        (["39", "41"], [40], ["under 40", "40 and over"]),
    ],
)
def test_bands(values, cuts, expected):
    assert columns.groups(pd.Series(values), cuts, "age")[0].tolist() == expected


def test_numbers_count_up_and_read_as_people_write_them():
    codes, classes, _ = columns.labels(pd.Series([10.0, 2.0, np.nan, 2.0, 10.0]), (), [], None, "label")
    assert classes == ["2", "10"]
    assert codes.tolist() == [1, 0, -1, 0, 1]


def test_importing_the_data_folder_loads_no_torch():
    code = (
        "import backend.data.register, backend.data.preview, sys; assert not {'torch', 'streamlit'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
