"""Every projection in the folder: shape, type, determinism, progress, stopping, odd inputs."""

from __future__ import annotations

import numpy as np
import pytest

from backend.projection._align import moved, overlay
from backend.projection._base import silent
from backend.projection._fidelity import map_neighbours, neighbour_hit
from backend.projection._neighbours import nearest
from backend.registry import names, plugin

METHODS = names("projection")


@pytest.fixture(scope="module")
def blobs():
    """(features float32 150 x 12, labels) of three well separated clusters."""
    random = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 50)
    centres = 5 * np.eye(3, 12)
    return (centres[labels] + 0.3 * random.normal(size=(150, 12))).astype(np.float32), labels


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("name", METHODS)
def test_a_map_is_float32_finite_repeatable_and_keeps_clusters_together(name, dimensions, blobs):
    features, labels = blobs
    method = plugin("projection", name)
    told = []
    arguments = (features, method.params(), dimensions, 3, nearest(features, 15))
    first = method.call(*arguments, lambda done, total, note: told.append((done, total, note)))
    assert first.dtype == np.float32
    assert first.shape == (150, dimensions)
    assert np.isfinite(first).all()
    assert np.array_equal(first, method.call(*arguments))
    assert np.nanmean(neighbour_hit(map_neighbours(first), labels)) > 0.98
    assert told
    assert all(0 <= done <= total and note for done, total, note in told)


@pytest.mark.parametrize("name", METHODS)
def test_a_map_that_starts_from_an_earlier_one_can_be_laid_over_it(name, blobs):
    features, _ = blobs
    method = plugin("projection", name)
    near = nearest(features, 15)
    first = method.call(features, method.params(), 2, 0, near)
    again = method.call(features, method.params(), 2, 7, near, silent, first)
    assert again.dtype == np.float32
    assert moved(overlay(again, first), first) < 0.5


@pytest.mark.parametrize("name", METHODS)
def test_what_progress_raises_ends_the_projection(name, blobs):
    class Stop(Exception):
        pass

    def stop(done, total, note):
        if done:
            raise Stop

    method = plugin("projection", name)
    with pytest.raises(Stop):
        method.call(blobs[0], method.params(), 2, 0, None, stop)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(
    "features",
    [
        np.random.default_rng(0).normal(size=(10, 3)),
        np.repeat(np.eye(4), 10, axis=0),
        np.random.default_rng(1).normal(size=(40, 1)),
        np.vstack([np.zeros((5, 6)), np.random.default_rng(2).normal(size=(30, 6))]),
        np.repeat(np.random.default_rng(3).normal(size=(2, 5)), [1, 39], axis=0),
    ],
    ids=["ten points", "four places", "one feature", "rows of zeros", "all but one the same"],
)
def test_odd_inputs_still_give_a_finite_map(name, features):
    features = features.astype(np.float32)
    method = plugin("projection", name)
    for dimensions in (2, 3):
        found = method.call(features, method.params(), dimensions, 0, nearest(features, 15))
        assert found.shape == (len(features), dimensions)
        assert np.isfinite(found).all()


def test_pca_is_that_of_the_singular_value_decomposition(blobs):
    features, _ = blobs
    method = plugin("projection", "pca")
    found = method.call(features, method.params(unit_length=False), 3)
    centred = features - features.mean(axis=0)
    _, values, _ = np.linalg.svd(centred, full_matrices=False)
    assert np.linalg.norm(found, axis=0) == pytest.approx(values[:3], rel=1e-4)
    assert abs(found.T @ found - np.diag(values[:3] ** 2)).max() < 1e-2
