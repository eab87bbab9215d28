"""Fidelity of a map: closed cases, and scikit-learn's trustworthiness as the reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.manifold import trustworthiness as reference

from backend.projection import _fidelity as fidelity
from backend.projection._neighbours import nearest


def cloud(count: int = 120, dim: int = 8, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)


@given(st.integers(0, 50), st.integers(2, 3), st.sampled_from([5, 15]))
def test_trustworthiness_is_that_of_scikit_learn(seed, dimensions, k):
    features = cloud(60, seed=seed)
    coordinates = features[:, :dimensions] + 0.5 * cloud(60, dimensions, seed + 1)
    mapped = fidelity.map_neighbours(coordinates, k)
    found, summed = fidelity.trustworthiness(features, mapped)
    assert summed == 60
    assert found == pytest.approx(reference(features, coordinates, n_neighbors=k, metric="cosine"), abs=1e-6)


def test_a_map_that_loses_nothing_has_trustworthiness_one_and_keeps_all():
    angle = np.linspace(0, 2, 50)
    circle = np.column_stack([np.cos(angle), np.sin(angle)]).astype(np.float32)
    mapped = fidelity.map_neighbours(circle, 6)
    assert fidelity.trustworthiness(circle, mapped) == (1.0, 50)
    assert fidelity.kept(nearest(circle, 6).index, mapped).mean() > 0.97  # ties at equal angles may fall either way


def test_beyond_the_sample_trustworthiness_is_an_estimate_of_the_whole(monkeypatch):
    features, coordinates = cloud(400), cloud(400, 2, 1)
    mapped = fidelity.map_neighbours(coordinates)
    whole, _ = fidelity.trustworthiness(features, mapped)
    monkeypatch.setattr(fidelity, "SAMPLE", 200)
    sampled, summed = fidelity.trustworthiness(features, mapped)
    assert summed == 200
    assert sampled == pytest.approx(whole, abs=0.02)
    assert fidelity.trustworthiness(features, mapped) == (sampled, 200)


def test_trustworthiness_is_not_defined_for_too_few_points():
    assert fidelity.trustworthiness(cloud(12), fidelity.map_neighbours(cloud(12, 2), 15)) == (None, 0)


def test_neighbours_on_the_map_never_hold_the_point_itself_even_among_equal_points():
    coordinates = np.zeros((40, 2), dtype=np.float32)
    coordinates[30:] = 5
    found = fidelity.map_neighbours(coordinates, 15)
    assert found.shape == (40, 15)
    assert not (found == np.arange(40)[:, None]).any()
    assert all(len(set(row)) == 15 for row in found.tolist())


def test_kept_counts_shared_neighbours_in_any_order():
    true = np.array([[1, 2, 3], [0, 2, 3]])
    mapped = np.array([[3, 2, 1], [4, 5, 0]])
    assert fidelity.kept(true, mapped).tolist() == pytest.approx([1, 1 / 3])


def test_neighbour_hit_leaves_out_missing_labels_and_the_points_own_group():
    labels = np.array([0, 0, 1, -1])
    neighbours = np.array([[1, 2], [0, 3], [0, 3], [0, 1]])
    hits = fidelity.neighbour_hit(neighbours, labels)
    assert hits[:3].tolist() == [0.5, 1.0, 0.0]
    assert np.isnan(hits[3])
    of_others = fidelity.neighbour_hit(neighbours, labels, np.array([7, 7, 8, 9]))
    assert of_others[0] == 0.0
    assert np.isnan(of_others[1])


def test_chance_is_the_sum_of_squared_shares():
    assert fidelity.chance_hit(np.array([0, 0, 0, 1, -1])) == pytest.approx(0.625)
    assert fidelity.chance_hit(np.array([-1, -1])) is None


@given(st.integers(0, 200), st.integers(2, 40), st.integers(1, 8))
def test_chance_leaves_out_the_points_own_group_as_the_hit_does(seed, count, groups):
    random = np.random.default_rng(seed)
    labels, owners = random.integers(-1, 3, count), random.integers(0, groups, count)
    everyone = np.array([[j for j in range(count) if j != i] for i in range(count)])
    hits = fidelity.neighbour_hit(everyone, labels, owners)
    expected = None if np.isnan(hits).all() else pytest.approx(np.nanmean(hits))
    assert fidelity.chance_hit(labels, owners) == expected
    told = random.random(count) < 0.5
    some = hits[told]
    assert fidelity.chance_hit(labels, owners, told) == (
        None if np.isnan(some).all() else pytest.approx(np.nanmean(some))
    )


def test_hits_are_compared_over_the_points_where_both_are_known():
    nan = np.nan
    mapped, true = np.array([1.0, 0.5, nan, 0.0]), np.array([0.5, nan, 0.9, 0.5])
    assert fidelity.compared_hits(mapped, true) == {
        "neighbour_hit_map": 0.5,
        "neighbour_hit_true": 0.5,
        "neighbour_hit_points": 2,
    }
    nothing = {"neighbour_hit_map": None, "neighbour_hit_true": None, "neighbour_hit_points": 0}
    assert fidelity.compared_hits(mapped, np.full(4, nan)) == nothing
    assert fidelity.compared_hits(None, true) == nothing


def test_the_interval_of_a_mean_covers_it_and_widens_with_groups():
    random = np.random.default_rng(0)
    covered = 0
    for _ in range(300):
        person = np.repeat(np.arange(60), 4)
        values = np.repeat(random.normal(size=60), 4)
        found = fidelity.mean_interval(values, person)
        covered += found["low"] <= 0 <= found["high"]
    assert 0.91 <= covered / 300 <= 0.98
    alone = fidelity.mean_interval(values)
    assert found["high"] - found["low"] == pytest.approx(2 * (alone["high"] - alone["low"]), rel=0.05)


def test_the_interval_says_when_there_is_none():
    assert fidelity.mean_interval(np.array([np.nan])) is None
    assert fidelity.mean_interval(np.array([0.5, 0.7]), np.array([1, 1])) == {"value": 0.6, "low": None, "high": None}
