"""Exact and near duplicates: planted ones are found, look-alikes are not, and the search is no O(n^2)."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from backend.data import duplicates

N, SIDE = 400, 48


@pytest.fixture(scope="module")
def photos() -> np.ndarray:
    """uint8 N x 3 x 48 x 48: smooth random pictures"""
    fields = gaussian_filter(np.random.default_rng(0).standard_normal((N, 3, SIDE, SIDE)), (0, 0, 4, 4))
    low, high = fields.min(axis=(1, 2, 3), keepdims=True), fields.max(axis=(1, 2, 3), keepdims=True)
    return (255 * (fields - low) / (high - low)).astype(np.uint8)


@pytest.fixture(scope="module")
def split() -> np.ndarray:
    return np.repeat(["train", "val", "test"], [280, 60, 60])


def counts(across: list[dict]) -> dict[tuple[str, str], int]:
    return {tuple(d["splits"]): d["count"] for d in across}


def test_exact_within_and_across(photos, split):
    images = photos.copy()
    images[5] = images[4]  # twice in train
    images[300] = images[10]  # of val, also in train
    images[390] = images[300]  # of test, also in both
    within, across = duplicates.exact(duplicates.pixel_digests(images), split)
    assert within == {"train": 1, "val": 0, "test": 0}
    assert counts(across) == {("train", "val"): 1, ("train", "test"): 1, ("val", "test"): 1}
    assert across[0]["pairs"] == [[10, 300]]


def near(images, split):
    return duplicates.near(images, duplicates.pixel_digests(images), split)


def test_strangers_are_not_near(photos, split):
    across, complete = near(photos, split)
    assert complete
    assert sum(counts(across).values()) == 0


def as_jpeg(image: np.ndarray) -> np.ndarray:
    out = io.BytesIO()
    Image.fromarray(image.transpose(1, 2, 0)).save(out, "JPEG", quality=80)
    return np.asarray(Image.open(out)).transpose(2, 0, 1)


@pytest.mark.parametrize(
    "change",
    [
        as_jpeg,
        lambda image: np.clip(image.astype(int) + 12, 0, 255).astype(np.uint8),
        lambda image: (image * 0.9).astype(np.uint8),
    ],
    ids=["jpeg", "brighter", "paler"],
)
def test_a_slightly_changed_copy_is_near(change, photos, split):
    images = photos.copy()
    for i in range(20):
        images[340 + i] = change(images[i])
    across, _ = near(images, split)
    assert counts(across)["train", "test"] == 20
    assert across[1]["pairs"][3] == [3, 343]


def test_an_exact_copy_is_not_counted_as_near(photos, split):
    images = photos.copy()
    images[350] = images[0]
    assert sum(counts(near(images, split)[0]).values()) == 0


def test_flat_images_have_no_near_duplicates(split):
    images = np.full((N, 1, 16, 16), 90, dtype=np.uint8)
    images[:, 0, 0, 0] += np.arange(N, dtype=np.uint8) % 20
    assert sum(counts(near(images, split)[0]).values()) == 0


def test_the_search_gives_up_rather_than_take_forever(photos, split, monkeypatch):
    monkeypatch.setattr(duplicates, "MAX_COMPARED", 10)
    across, complete = near(photos, split)
    assert not complete
    assert across == []


def test_banding_finds_every_pair_within_the_radius():
    """Against all pairs, on hashes that crowd together."""
    rng = np.random.default_rng(1)
    base = rng.integers(0, 2**63, 20, dtype=np.uint64)
    flips = (np.uint64(1) << rng.integers(0, 64, (600, 4), dtype=np.uint64)).astype(np.uint64)
    hashes = base[rng.integers(0, 20, 600)] ^ np.bitwise_xor.reduce(flips * (rng.random((600, 4)) < 0.6), axis=1)
    a, b = hashes[:400], hashes[400:]
    truth = {(i, j) for i, j in np.argwhere(np.bitwise_count(a[:, None] ^ b[None]) <= duplicates.RADIUS).tolist()}
    seen = set()
    for left, right in duplicates.candidates(duplicates._bands(a, b)):
        close = np.bitwise_count(a[left] ^ b[right]) <= duplicates.RADIUS
        seen |= set(zip(left[close].tolist(), right[close].tolist(), strict=True))
    assert seen == truth
    assert len(truth) > 1000
