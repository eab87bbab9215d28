"""The same image twice, exactly or nearly, within and across splits; `exact` and what it counts serve texts as well.

Exact: equal SHA-1 of the stored pixels. Near: a 64-bit DCT hash (pHash; Zauner 2010) that differs in at most
RADIUS bits, and grey pixels whose correlation is at least SAME. The second check is needed because images
of one kind, such as chest X-rays of 28 pixels, look alike to a hash. Pairs are found by banding: two hashes that
differ in at most RADIUS bits agree in at least one of RADIUS + 1 bands (Norouzi et al. 2012).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd

RADIUS = 5
SAME = 0.99
SHOWN = 20
GRID = 32
PAIRS_AT_ONCE = 2_000_000
MAX_COMPARED = 400_000_000
FLAT = 2.0  # grey levels; an image with less contrast has no hash worth comparing
ACROSS = (("train", "val"), ("train", "test"), ("val", "test"))


def pixel_digests(images: np.ndarray) -> np.ndarray:
    """bytes N: the SHA-1 of each image's pixels."""
    return np.array([hashlib.sha1(image.tobytes(), usedforsecurity=False).digest() for image in images], dtype=object)


def exact(digests: np.ndarray, split: np.ndarray) -> tuple[dict[str, int], list[dict]]:
    """({split: images that repeat an earlier one}, [{"splits": [a, b], "count", "pairs"}]).

    `count` is the number of images of the second split that stand in the first as well.
    """
    within = {s: int((split == s).sum() - len(np.unique(digests[split == s]))) for s in np.unique(split).tolist()}
    across = []
    for first, second in ACROSS:
        rows, others = np.flatnonzero(split == first), np.flatnonzero(split == second)
        known, at = np.unique(digests[rows], return_index=True)
        place = np.searchsorted(known, digests[others])
        inside = place < len(known)
        inside[inside] = known[place[inside]] == digests[others[inside]]
        pairs = np.column_stack([rows[at[place[inside]]], others[inside]])
        across.append({"splits": [first, second], "count": len(pairs), "pairs": pairs[:SHOWN].tolist()})
    return within, across


def conflicts(digests: np.ndarray, codes: np.ndarray) -> int:
    """How many labelled rows (codes int N, -1 without a label) have the same digest as one of another label."""
    labelled = pd.DataFrame({"digest": digests[codes >= 0], "code": codes[codes >= 0]})
    kinds = labelled.drop_duplicates()["digest"]
    return int(labelled["digest"].isin(kinds[kinds.duplicated()]).sum())


def near(images: np.ndarray, digests: np.ndarray, split: np.ndarray) -> tuple[list[dict], bool]:
    """([{"splits", "count", "pairs"}], whether the search was complete); exact duplicates are not counted.

    images: uint8 N x C x H x W. `count` is the number of images of the second split that have a near
    duplicate in the first. Two splits whose hashes would take more than MAX_COMPARED comparisons are left out.
    """
    grey = _grey(images)
    hashes, flat = _hashes(grey), grey.reshape(len(grey), -1).std(axis=1) < FLAT
    across, complete = [], True
    for first, second in ACROSS:
        a, b = (np.flatnonzero((split == s) & ~flat) for s in (first, second))
        bands = _bands(hashes[a], hashes[b])
        if sum(int(count.sum()) for _, _, count in bands) > MAX_COMPARED:
            complete = False
            continue
        found = [np.empty((0, 2), dtype=int)]
        for left, right in candidates(bands):
            close = np.bitwise_count(hashes[a[left]] ^ hashes[b[right]]) <= RADIUS
            pair = np.column_stack([a[left[close]], b[right[close]]])
            found.append(pair[_alike(grey, pair) & (digests[pair[:, 0]] != digests[pair[:, 1]])])
        pairs = np.unique(np.concatenate(found), axis=0)
        pairs = pairs[np.unique(pairs[:, 1], return_index=True)[1]]
        across.append({"splits": [first, second], "count": len(pairs), "pairs": pairs[:SHOWN].tolist()})
    return across, complete


def _grey(images: np.ndarray) -> np.ndarray:
    """float32 N x GRID x GRID: the mean of the channels, averaged over areas."""
    height, width = images.shape[2:]
    rows, columns = _areas(height), _areas(width)
    out = np.empty((len(images), GRID, GRID), dtype=np.float32)
    for start in range(0, len(images), 4096):
        block = images[start : start + 4096].mean(axis=1, dtype=np.float32)
        out[start : start + 4096] = rows @ block @ columns.T
    return out


def _areas(length: int) -> np.ndarray:
    """GRID x length: each row averages the pixels that one cell of the grid covers, by the share it covers."""
    edges = np.linspace(0, length, GRID + 1)
    at = np.arange(length)
    cover = np.minimum(edges[1:, None], at + 1) - np.maximum(edges[:-1, None], at)
    return (np.clip(cover, 0, None) * (GRID / length)).astype(np.float32)


def _hashes(grey: np.ndarray) -> np.ndarray:
    """uint64 N: which of the 64 lowest frequencies but the mean lie above their median."""
    from scipy.fft import dct  # half a second's import, for who registers images alone

    low = dct(dct(grey, axis=1, norm="ortho")[:, :9], axis=2, norm="ortho")[:, :, :9].reshape(len(grey), -1)
    order = np.argsort(np.add.outer(np.arange(9), np.arange(9)).ravel(), kind="stable")[1:65]
    low = low[:, order]
    bits = low > np.median(low, axis=1, keepdims=True)
    return np.ascontiguousarray(np.packbits(bits, axis=1)).view(np.uint64)[:, 0]


def _bands(a: np.ndarray, b: np.ndarray) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """For each band: an order of a, and for each of b where its equals start in that order and how many they are."""
    bands = []
    for low, high in pairwise(np.linspace(0, 64, RADIUS + 2).astype(int).tolist()):
        mask = np.uint64((1 << (high - low)) - 1)
        keys_a, keys_b = ((h >> np.uint64(low)) & mask for h in (a, b))
        bands.append(band(keys_a, keys_b))
    return bands


def band(keys_a: np.ndarray, keys_b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(an order of a; for each of b where its equals start in that order; how many they are)."""
    order = np.argsort(keys_a, kind="stable")
    start = np.searchsorted(keys_a[order], keys_b, "left")
    return order, start, np.searchsorted(keys_a[order], keys_b, "right") - start


def candidates(bands: list) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(index into a, index into b) of the pairs that agree in a band, in blocks of about PAIRS_AT_ONCE."""
    for order, start, count in bands:
        cuts = np.flatnonzero(np.diff(np.cumsum(count) // PAIRS_AT_ONCE)) + 1
        for block in np.split(np.arange(len(count)), cuts):
            n = count[block]
            within = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
            yield order[np.repeat(start[block], n) + within], np.repeat(block, n)


def _alike(grey: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """bool: the correlation of the two images' pixels is at least SAME."""
    out = np.zeros(len(pairs), dtype=bool)
    for start in range(0, len(pairs), 8192):
        block = pairs[start : start + 8192]
        x, y = (grey[block[:, side]].reshape(len(block), -1) for side in (0, 1))
        x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
        norm = np.sqrt((x * x).sum(axis=1) * (y * y).sum(axis=1))
        out[start : start + 8192] = (x * y).sum(axis=1) >= SAME * norm
    return out
