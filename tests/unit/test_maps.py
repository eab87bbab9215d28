"""What stands beside a map and between two of them: closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.projection import _align as align
from backend.projection import _compare as compare
from backend.projection._base import Neighbours
from backend.projection._choice import LARGE, methods_for
from backend.projection._clusters import majorities
from backend.projection._distances import agreement, class_distances
from backend.projection._pacmap import near_pairs
from backend.projection._place import place


def test_the_maps_are_chosen_by_size_unless_they_are_named():
    assert methods_for([], LARGE - 1)[0] == ["umap", "pca"]
    assert methods_for([], LARGE)[0] == ["pacmap", "pca"]
    assert methods_for(["tsne", "tsne"], 10 * LARGE)[0] == ["tsne"]


@given(st.integers(0, 1000), st.sampled_from([2, 3]))
def test_a_map_that_was_turned_mirrored_shifted_and_scaled_is_laid_back_exactly(seed, dimensions):
    random = np.random.default_rng(seed)
    target = random.normal(size=(30, dimensions))
    turn, _ = np.linalg.qr(random.normal(size=(dimensions, dimensions)))
    other = 3 * target @ turn + random.normal(size=dimensions)
    found = align.overlay(other, target)
    assert found == pytest.approx(target, abs=1e-4)
    assert align.moved(found, target) == pytest.approx(0, abs=1e-5)


def test_points_that_the_earlier_map_lacks_start_among_their_neighbours():
    places = {"row": np.array([2, 5, 9]), "x": np.array([0.0, 4.0, 8.0]), "y": np.array([1.0, 1.0, 4.0])}
    rows = np.array([2, 3, 5, 9, 11])
    index = np.array([[2, 3], [0, 2], [0, 3], [0, 2], [1, 1]])
    begin, shared = align.starts(places, rows, index)
    assert shared.tolist() == [True, False, True, True, False]
    assert begin[[0, 2, 3]].tolist() == [[0, 1], [4, 1], [8, 4]]
    assert begin[1].tolist() == [2, 1]  # between rows 2 and 5
    assert begin[4].tolist() == [4, 2]  # no neighbour was there: the middle of the map


def test_distances_of_classes_are_those_of_their_means():
    features = np.array([[1, 0], [2, 0], [0, 1], [0, 3], [-1, 0], [5, 5]], dtype=np.float32)
    coordinates = np.array([[0, 0], [2, 0], [1, 4], [1, 4], [1, -3], [9, 9]], dtype=np.float32)
    found = class_distances(features, coordinates, np.array([0, 0, 1, 1, 2, -1]))
    assert list(zip(found.first, found.second, strict=True)) == [(0, 1), (0, 2), (1, 2)]
    assert found.true == pytest.approx([1, 2, 1])
    assert found.mapped == pytest.approx([4, 3, 7])


ARC = [0, 1, 2.1, 3.3, 4.6, 6]


def line(places: list[float]):
    """(features at fixed places of an arc, coordinates on a line, labels): classes of one point each."""
    angle = np.array(ARC[: len(places)]) / 3
    features = np.column_stack([np.cos(angle), np.sin(angle)])
    return features, np.column_stack([places, np.zeros(len(places))]), np.arange(len(places))


def test_distances_agree_fully_where_the_map_keeps_their_order_and_not_where_it_mixes_it():
    kept = agreement(class_distances(*line(ARC)))
    mixed = agreement(class_distances(*line([0, 5, 1, 6, 2, 7])))
    assert kept["value"] == pytest.approx(1)
    assert mixed["value"] < 0.5
    assert mixed["low"] < mixed["value"] < mixed["high"]
    assert agreement(class_distances(*line([0, 1]))) is None
    assert agreement(class_distances(*line([0, 1, 3])))["low"] is None
    assert agreement(class_distances(*line([0, 0, 0, 0]))) is None


def test_two_thousand_classes_are_cut_to_the_largest():
    labels = np.concatenate([np.arange(2000), [7, 7, 1999]])
    random = np.random.default_rng(0)
    found = class_distances(random.normal(size=(2003, 4)), random.normal(size=(2003, 2)), labels)
    assert len(found.true) == 4950
    assert {7, 1999} <= set(found.first) | set(found.second)


def test_jaccard_counts_shared_neighbours_over_all():
    first = np.array([[1, 2, 3], [0, 2, 3], [4, 5, 6]])
    second = np.array([[3, 2, 1], [0, 5, 6], [1, 2, 3]])
    assert compare.jaccard(first, second).tolist() == pytest.approx([1, 1 / 5, 0])


def test_neighbours_at_random_share_what_chance_says():
    random = np.random.default_rng(0)
    first, second = (np.stack([random.permutation(199)[:15] for _ in range(200)]) for _ in range(2))
    assert compare.jaccard(first, second).mean() == pytest.approx(compare.by_chance(200, 15), abs=0.005)


def test_means_by_category_are_means_and_their_intervals_cover():
    random = np.random.default_rng(1)
    codes = np.repeat([[0, 1, -1]], [80, 60, 10], axis=1)
    covered = 0
    for trial in range(60):
        found = compare.means(random.normal(size=150), codes, 3, seed=trial)
        covered += int(found.low[0] <= 0 <= found.high[0]) + int(found.low[1] <= 0 <= found.high[1])
    assert 0.87 <= covered / 120 <= 1.0
    values = random.normal(size=150)
    found = compare.means(values, codes, 3)
    assert found.value[:2] == pytest.approx([values[:80].mean(), values[80:140].mean()])
    assert found.points.tolist() == [80, 60, 0]
    assert np.isnan([found.value[2], found.low[2], found.high[2]]).all()


def test_points_of_one_unit_are_resampled_together():
    values, units = np.repeat(np.random.default_rng(0).normal(size=50), 4), np.repeat(np.arange(50), 4)
    codes = np.zeros((1, 200), dtype=int)
    alone, together = compare.means(values, codes, 1), compare.means(values, codes, 1, units)
    width = (together.high[0] - together.low[0]) / (alone.high[0] - alone.low[0])
    assert width == pytest.approx(2, rel=0.2)  # a fourth as many independent values
    assert together.units[0] == 50


def test_a_new_point_lies_among_its_neighbours_and_scattered_ones_are_said():
    at, scatter = place(np.array([0.9, 0.9, 0.9]), np.array([[0, 0], [3, 0], [0, 3]]), spread=10.0)
    assert at == pytest.approx([1, 1])
    assert scatter == pytest.approx(2 / 10)
    nearer, _ = place(np.array([0.99, 0.5, 0.5]), np.array([[0, 0], [3, 0], [0, 3]]), spread=10.0)
    assert 0 < nearer[0] < 0.5
    assert place(np.array([1.0, 1.0]), np.array([[2, 2], [2, 2]]), spread=1.0) == ([2, 2], 0)


def test_a_cluster_is_named_by_its_most_frequent_label():
    of, labels = np.array([0, 0, 0, 0, 1, 1, -1]), np.array([1, 1, 0, -1, -1, -1, 0])
    first, second = majorities(of, 2, labels)
    assert (first["code"], first["share"], first["base"]) == (1, pytest.approx(2 / 3), 0.5)
    assert second is None
    assert majorities(of, 2, np.full(7, -1)) == [None, None]


def test_near_pairs_prefer_neighbours_whose_own_surroundings_are_as_wide():
    # Two candidates at the same distance: the one in a wide neighbourhood is the nearer for its scale.
    index = np.array([[1, 2], [0, 2], [0, 1]], dtype=np.int32)
    cosine = np.array([[0.9, 0.9], [0.9, 0.9], [0.9, 0.1]], dtype=np.float32)
    pairs = near_pairs(Neighbours(index, cosine), 1)
    assert pairs.tolist() == [[0, 2], [1, 2], [2, 0]]
