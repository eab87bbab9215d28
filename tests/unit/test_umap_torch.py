"""UMAP by TorchDR: as good a map as umap-learn's of the same neighbours, repeatable, and stopped when it is told."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits

from backend.projection import umap, umap_torch
from backend.projection._base import unit_length
from backend.projection._fidelity import kept as kept_of
from backend.projection._fidelity import map_neighbours
from backend.projection._neighbours import nearest
from backend.workspace.layout import BadInput


@pytest.fixture(scope="module")
def known():
    """(features 1,797 x 64, their neighbours)."""
    features = load_digits().data.astype(np.float32)
    return features, nearest(unit_length(features), 15)


@pytest.fixture(scope="module")
def made(known):
    return umap_torch.project(known[0], umap_torch.Params(), 2, 0, known[1])


def kept(known, places) -> float:
    return float(kept_of(known[1].index, map_neighbours(places, known[1].k)).mean())


@pytest.mark.slow  # two maps of digits
def test_it_keeps_as_many_neighbours_as_umap_learn(known, made):
    other = umap.project(known[0], umap.Params(), 2, 0, known[1])
    assert made.shape == (1797, 2)
    assert made.dtype == np.float32
    assert kept(known, made) > 0.9 * kept(known, other)
    assert 0.3 < made.std() / other.std() < 3  # on the same scale


def test_the_same_arguments_give_the_same_map(known, made):
    assert np.array_equal(made, umap_torch.project(known[0], umap_torch.Params(), 2, 0, known[1]))


def test_what_progress_raises_ends_it(known):
    told = []

    def stop(done, total, note):
        told.append(done)
        if done >= 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        umap_torch.project(known[0], umap_torch.Params(), 3, 0, known[1], stop)
    assert told == [10, 20]


def test_it_goes_on_from_the_places_that_are_given(known, made):
    near = umap_torch.project(known[0], umap_torch.Params(epochs=10), 2, 1, known[1], start=made)
    assert np.abs(near - made).mean() < 0.2 * made.std()


def test_without_the_package_one_line_says_what_to_install(known, monkeypatch):
    monkeypatch.setitem(sys.modules, "torchdr", None)
    with pytest.raises(
        BadInput, match=r"umap_torch needs the package torchdr, found none; install ssl-workbench\[cuda\]"
    ):
        umap_torch.project(known[0], umap_torch.Params(), 2)


def test_what_torchdr_itself_lacks_is_named(known, monkeypatch, tmp_path):
    (tmp_path / "torchdr.py").write_text("import drawing_that_is_not_there.lines\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "torchdr", raising=False)
    with pytest.raises(BadInput, match="umap_torch needs the package drawing_that_is_not_there, found none"):
        umap_torch.project(known[0], umap_torch.Params(), 2)


@pytest.mark.gpu
def test_on_a_cuda_device_the_map_is_as_good(known, made):
    assert kept(known, made) > 0.45
