"""The one file that the measurements read: CIFAR-10 as its own JPEG bytes and BoolQ's passages, to be carried along.

Bytes lie one after the other in one array, with where each begins, so that numpy alone reads the file, and nothing in
it is unpickled. As pixels the images would take ten times as much.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np


class Pictures(NamedTuple):
    """uint8 N x 3 x side x side, int64 N, of the training images and of the test images."""

    images: np.ndarray
    labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


def pack(real_data: Path, file: Path) -> None:
    """Write `file` from the folder of real data: all its training and test images and all passages."""
    import pyarrow.parquet as pq

    parts = {}
    for name in ("train", "test"):
        table = pq.read_table(real_data / "cifar10" / f"cifar10_{name}.parquet", columns=["image", "label"])
        parts[name] = (table["image"].to_pylist(), table["label"].to_pylist())
    texts = pq.read_table(real_data / "boolq_wikipedia" / "passages.parquet", columns=["passage"])["passage"]
    write(file, parts["train"], parts["test"], texts.to_pylist())


def write(
    file: Path,
    train: tuple[Sequence[bytes], Sequence[int]],
    test: tuple[Sequence[bytes], Sequence[int]],
    texts: Sequence[str],
) -> None:
    """train, test: encoded images and their labels."""
    arrays = {}
    for name, (images, labels) in (("train", train), ("test", test)):
        arrays |= _joined(name, images) | {f"{name}_labels": np.asarray(labels, dtype=np.int64)}
    np.savez_compressed(file, **arrays, **_joined("texts", [text.encode() for text in texts]))


def texts(file: Path) -> list[str]:
    with np.load(file) as found:
        return [part.decode() for part in _split(found, "texts")]


def pictures(file: Path, kept: Path) -> Pictures:
    """The images decoded; `kept` holds them from the first time on, for the processes that follow."""
    if not kept.exists():
        with np.load(file) as found:
            decoded = {name: _decoded(_split(found, name)) for name in ("train", "test")}
            made = Pictures(decoded["train"], found["train_labels"], decoded["test"], found["test_labels"])
        part = kept.with_suffix(".part.npz")
        np.savez(part, **made._asdict())
        part.replace(kept)
    with np.load(kept) as found:
        return Pictures(**{name: found[name] for name in Pictures._fields})


def _joined(name: str, parts: Sequence[bytes]) -> dict[str, np.ndarray]:
    starts = np.cumsum([0, *map(len, parts)])
    return {f"{name}_bytes": np.frombuffer(b"".join(parts), dtype=np.uint8), f"{name}_starts": starts}


def _split(found: np.lib.npyio.NpzFile, name: str) -> list[bytes]:
    whole, starts = found[f"{name}_bytes"].tobytes(), found[f"{name}_starts"].tolist()
    return [whole[begin:end] for begin, end in pairwise(starts)]


def _decoded(images: list[bytes]) -> np.ndarray:
    from PIL import Image

    pixels = np.stack([np.asarray(Image.open(io.BytesIO(one)).convert("RGB")) for one in images])
    return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))
