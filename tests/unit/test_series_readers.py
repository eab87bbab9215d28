"""Series that were stored as arrays or in the archives' text files come back as they were."""

from __future__ import annotations

import numpy as np
import pytest

from backend.workspace.layout import BadInput
from tests.unit.test_series_register import made


def drawn(count: int, channels: int = 2, length: int = 6, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, channels, length)).round(3), np.array(["walk", "run"])[np.arange(count) % 2]


def read(tmp_path, path, **asked):
    return made(tmp_path, path, split_by=None, window=None, label=None, **asked)


def test_arrays_of_two_splits(tmp_path):
    (first, one), (second, other) = drawn(30), drawn(12, seed=1)
    first[3, :, 4:] = np.nan
    path = tmp_path / "moves.npz"
    np.savez(path, X_train=first, y_train=one, X_test=second, y_test=other, channel_names=["x", "y"])
    found = read(tmp_path, path)
    assert found.manifest["count"] == 42
    assert [one["name"] for one in found.series.channels] == ["x", "y"]
    test = np.flatnonzero(found.table.split == "test")
    assert found.series.raw(test) == pytest.approx(second, abs=1e-5)
    assert found.manifest["classes"] == ["run", "walk"]
    assert found.table.label[test].tolist() == [("run", "walk").index(name) for name in other]
    assert np.isnan(found.series.raw([3])[0]).any(axis=0).tolist() == [True] * 2 + [False] * 4
    assert found.series.raw([3])[0, :, 2:] == pytest.approx(first[3, :, :4], abs=1e-5)


def test_ts_files_and_text_files_of_the_archives(tmp_path):
    folder = tmp_path / "Moves"
    folder.mkdir()
    said = {}
    for split, count in (("TRAIN", 30), ("TEST", 10)):
        values, labels = drawn(count, seed=count)
        said[split] = values
        lines = [
            ":".join([*(",".join(map(str, one)) for one in series), label])
            for series, label in zip(values, labels, strict=True)
        ]
        head = ["#moves", "@problemName Moves", "@univariate false", "@classLabel true run walk", "@data"]
        (folder / f"Moves_{split}.ts").write_text("\n".join([*head, *lines]).replace(str(values[1, 0, 2]), "?", 1))
    found = read(tmp_path, folder)
    test = np.flatnonzero(found.table.split == "test")
    there = found.series.raw(test)
    assert np.isnan(there).sum() == 1
    assert there[~np.isnan(there)] == pytest.approx(said["TEST"][~np.isnan(there)], abs=1e-5)
    plain = tmp_path / "Plain"
    plain.mkdir()
    for split, values in said.items():
        lines = [f"  {k % 2 + 1:.7e}  " + "  ".join(f"{v:.7e}" for v in one[0]) for k, one in enumerate(values)]
        (plain / f"Plain_{split}.txt").write_text("\n".join(lines))
    found = read(tmp_path, plain)
    assert found.manifest["classes"] == ["1", "2"]
    test = np.flatnonzero(found.table.split == "test")
    assert found.series.raw(test)[:, 0] == pytest.approx(said["TEST"][:, 0], abs=1e-5)


@pytest.mark.parametrize(
    ("arrays", "line"),
    [
        ({"a": np.zeros(3)}, "expected an array of series called X"),
        ({"X": np.zeros((9, 2, 5)), "y": np.zeros(4)}, "expected one label for each of 9 series"),
        ({"X": np.array([["a"] * 5] * 9)}, "expected numbers, N x channels x time"),
        ({"X": np.zeros((9, 2, 5)), "X_test": np.zeros((9, 2, 5))}, "expected either X or X_train, X_test"),
    ],
)
def test_arrays_that_are_no_series_are_one_line(tmp_path, arrays, line):
    path = tmp_path / "odd.npz"
    np.savez(path, **arrays)
    with pytest.raises(BadInput, match=line):
        read(tmp_path, path)


def test_a_line_that_is_no_series_is_named(tmp_path):
    path = tmp_path / "Odd_TRAIN.txt"
    path.write_text("1 0.5 0.6\n2 0.5 half\n")
    with pytest.raises(BadInput, match="line 2: expected numbers"):
        read(tmp_path, path)
