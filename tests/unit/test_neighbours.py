"""Exact cosine neighbours against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.projection import _neighbours
from backend.projection._base import unit_length
from backend.projection._neighbours import nearest


def brute(features: np.ndarray, k: int) -> np.ndarray:
    """Sorted similarities of the k nearest others, float64, without blocks."""
    vectors = features.astype(np.float64)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    similarity = vectors @ vectors.T / (lengths * lengths.T)
    np.fill_diagonal(similarity, -np.inf)
    return -np.sort(-similarity, axis=1)[:, :k]


@given(st.integers(0, 1000), st.integers(3, 40), st.integers(1, 15))
def test_neighbours_are_those_of_brute_force(seed, count, k):
    features = np.random.default_rng(seed).normal(size=(count, 4)).astype(np.float32)
    found = nearest(features, k)
    wanted = brute(features, min(k, count - 1))
    assert found.cosine == pytest.approx(wanted, abs=1e-5)
    assert not (found.index == np.arange(count)[:, None]).any()
    pairs = np.take_along_axis(features @ features.T, found.index.astype(np.int64), axis=1)
    lengths = np.linalg.norm(features, axis=1)
    assert pairs / (lengths[:, None] * lengths[found.index]) == pytest.approx(found.cosine, abs=1e-5)


def test_blocks_change_nothing_and_are_reported(monkeypatch):
    features = np.random.default_rng(0).normal(size=(50, 6)).astype(np.float32)
    whole = nearest(features, 7)
    monkeypatch.setattr(_neighbours, "BLOCK_VALUES", 50 * 8)
    told = []
    found = nearest(features, 7, progress=lambda done, total, note: told.append((done, total)))
    assert (found.index == whole.index).all()
    assert told == [(n, 50) for n in (8, 16, 24, 32, 40, 48, 50)]


def test_length_does_not_matter_and_a_zero_vector_is_near_nothing():
    features = np.array([[1, 0], [100, 1], [0, 0], [-1, 0]], dtype=np.float32)
    found = nearest(features, 3)
    assert found.index[0].tolist() == [1, 2, 3]
    assert found.cosine[0] == pytest.approx([1, 0, -1], abs=1e-4)
    assert (found.cosine[2] == 0).all()


def test_beyond_what_is_compared_whole_the_recall_is_measured_and_true(monkeypatch):
    random = np.random.default_rng(0)
    features = (2 * np.eye(20)[random.integers(0, 20, 3000)] + random.normal(size=(3000, 20))).astype(np.float32)
    features[:30] = features[0]  # equal points: none may find itself
    whole = nearest(features, 15)
    assert whole.recall is None
    monkeypatch.setattr(_neighbours, "EXACT", {"cpu": 1000})
    told = []
    found = nearest(features, 15, progress=lambda done, total, note: told.append(done / total))
    recall = (whole.index[30:, :, None] == found.index[30:, None, :]).any(axis=2).mean()
    assert found.recall["value"] == pytest.approx(recall, abs=0.02)
    assert found.recall["low"] <= found.recall["value"] <= found.recall["high"]
    assert recall > 0.9
    assert not (found.index == np.arange(3000)[:, None]).any()
    assert all(len(set(row)) == 15 for row in found.index.tolist())
    assert (np.diff(found.cosine, axis=1) <= 1e-6).all()
    assert told[-1] == 1


def test_a_cell_with_too_few_points_is_no_reason_for_fewer_neighbours(monkeypatch):
    random = np.random.default_rng(1)
    features = np.concatenate([random.normal(size=(1997, 8)) + 30, random.normal(size=(3, 8)) - 30])
    monkeypatch.setattr(_neighbours, "EXACT", {"cpu": 1000})
    monkeypatch.setattr(_neighbours, "PROBES", (1,))
    found = nearest(features.astype(np.float32), 15)
    assert found.index.min() >= 0
    assert all(len(set(row)) == 15 for row in found.index[-3:].tolist())


@pytest.mark.parametrize("scale", [1e-30, 1e-20, 1e-5, 1.0, 1e10, 1e19, 1e25, 3e37])
def test_a_row_has_length_one_whatever_its_scale(scale):
    """Squares of float32 overflow beyond 1e19; a row of zeros among the others stays one."""
    rows = np.random.default_rng(0).normal(size=(20, 8)).astype(np.float32)
    rows[3] = 0
    expected = unit_length(rows)
    found = unit_length(rows * np.float32(scale))
    assert np.allclose(found, expected, atol=2e-6)
    assert not found[3].any()
    mixed = rows.copy()
    mixed[7] *= np.float32(scale)
    assert np.allclose(unit_length(mixed), expected, atol=2e-6)
