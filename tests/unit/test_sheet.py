"""The data sheet counts right and warns in plain sentences; PneumoniaMNIST's known flaws are found."""

from __future__ import annotations

import numpy as np
import pytest

from backend.data.register import register
from backend.workspace.artefacts import Artefacts

N = 120


@pytest.fixture
def sheet_of(workspace, tmp_path):
    """sheet_of(spec, images=..., columns) -> the sheet of a set of random images with those arrays."""

    def build(images=None, **columns):
        if images is None:
            images = np.random.default_rng(0).integers(0, 255, (N, 16, 16), dtype=np.uint8)
        spec = columns.pop("spec", {})
        np.savez(tmp_path / "s.npz", images=images, **{k: np.asarray(v) for k, v in columns.items()})
        store = Artefacts(workspace.artefacts)
        manifest, _ = register({"name": "x", "path": str(tmp_path / "s.npz"), **spec}, store)
        return store.json(manifest["sheet"]["sha256"])

    return build


def test_counts_add_up(sheet_of):
    labels, sex = np.arange(N) % 3, np.where(np.arange(N) % 4, "f", "m")
    sheet = sheet_of(labels=labels, sex=sex, spec={"sensitive": ["sex"]})
    assert sum(sheet["counts"].values()) == N
    for split, n in sheet["counts"].items():
        assert sum(sheet["class_counts"][split].values()) == n
    assert sheet["crosses"]["sex"]["m"] == {"0": 10, "1": 10, "2": 10}
    assert sheet["orders"] == {"sex": ["f", "m"]}
    assert sheet["sizes"] == [[16, 16, N]]


def test_a_group_in_two_splits_is_a_leak(sheet_of):
    fold = ["train"] * 80 + ["val"] * 20 + ["test"] * 20
    person = [f"p{i}" for i in range(80)] + [f"p{i}" for i in range(5)] + [f"q{i}" for i in range(35)]
    sheet = sheet_of(
        labels=np.arange(N) % 2, fold=fold, person=person, spec={"split_by": "person", "split_column": "fold"}
    )
    assert sheet["group_leaks"] == [{"splits": ["train", "val"], "count": 5}]
    assert any("5 units of person stand in train and val" in w for w in sheet["warnings"])


def test_the_same_pixels_with_two_labels(sheet_of):
    images = np.random.default_rng(0).integers(0, 255, (N, 16, 16), dtype=np.uint8)
    images[1] = images[0]
    sheet = sheet_of(images, labels=np.arange(N) % 2)
    assert any("2 images share their pixels" in w for w in sheet["warnings"])


def test_a_small_group_is_told(sheet_of):
    sex = ["m"] * 100 + ["f"] * 20
    sheet = sheet_of(labels=np.arange(N) % 2, sex=sex, spec={"sensitive": ["sex"]})
    assert any("test images of 'f'" in w for w in sheet["warnings"])


def test_enlarged_images_are_told(sheet_of):
    sheet = sheet_of(labels=np.arange(N) % 2, spec={"size": 24})
    assert any("120 images were smaller" in w for w in sheet["warnings"])


def test_pneumoniamnist_has_its_known_flaws(real_data, workspace):
    store = Artefacts(workspace.artefacts)
    path = real_data / "pneumoniamnist" / "pneumoniamnist_28.npz"
    manifest, _ = register({"name": "pneumonia", "path": str(path)}, store)
    sheet = store.json(manifest["sheet"]["sha256"])
    assert sheet["counts"] == {"train": 4708, "val": 524, "test": 624}
    assert sheet["class_counts"]["train"] == {"normal": 1214, "pneumonia": 3494}
    exact = {tuple(d["splits"]): d["count"] for d in sheet["duplicates"]["exact_across"]}
    assert exact == {("train", "val"): 8, ("train", "test"): 0, ("val", "test"): 0}
    assert sheet["duplicates"]["exact_within"]["train"] == 18
    assert sheet["warnings"][0] == "8 validation images also stand in train: the validation score is biased upwards."
    assert sum(d["count"] for d in sheet["duplicates"]["near_across"]) < 20, "look-alike X-rays flood the sheet"


def test_ham10000_becomes_malignant_or_not_in_whole_lesions(real_data, workspace):
    store = Artefacts(workspace.artefacts)
    spec = {
        "name": "ham",
        "path": str(real_data / "ham10000_64" / "ham10000_64.parquet"),
        "label": "dx",
        "positive": ["mel", "bcc", "akiec"],
        "positive_name": "malignant",
        "sensitive": ["sex", {"column": "age", "cuts": [40, 60]}],
        "split_by": "lesion_id",
    }
    manifest, _ = register(spec, store)
    sheet = store.json(manifest["sheet"]["sha256"])
    assert manifest["classes"] == ["not malignant", "malignant"]
    assert sum(c["malignant"] for c in sheet["class_counts"].values()) == 938
    assert {g: sum(c.values()) for g, c in sheet["crosses"]["sex"].items()} == {
        "male": 3211,
        "female": 2737,
        "unknown": 36,
    }
    assert sheet["orders"]["age"] == ["under 40", "40 to 59", "60 and over", "missing"]
    assert sheet["group_leaks"] == []
