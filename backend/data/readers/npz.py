"""A NumPy .npz file: images and labels, or one pair for each split (train_images, train_labels; x_train, y_train).

Further one-dimensional arrays of the same length are metadata columns (train_age, or age); `class_names` names
the integer labels. Object arrays are refused: reading one would run a pickle.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from ...workspace.artefacts import digest_file
from ...workspace.layout import BadInput
from ..source import SPLIT_NAMES, Source, check_bytes
from ..spec import Spec

IMAGES = ("images", "image", "x", "data")
LABELS = ("labels", "label", "y", "target", "targets")
CLASSES = ("class_names", "classes", "label_names")
_PREFIX = re.compile(rf"({'|'.join(SPLIT_NAMES)})_(.+)", re.IGNORECASE)
_SUFFIX = re.compile(rf"(.+)_({'|'.join(SPLIT_NAMES)})", re.IGNORECASE)


def accepts(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() == ".npz"


def read(path: Path, spec: Spec) -> Source:
    """Columns: `label` and `split` where the file has them, and its metadata arrays."""
    arrays = _arrays(path)
    classes = next(([str(v) for v in arrays.pop(c).ravel()] for c in CLASSES if c in arrays), [])
    parts = _parts(arrays, path.name)
    pixels, frames = [], []
    for split, members in parts.items():
        array = _images(members.pop("images"), f"{path.name}: {split or 'images'}")
        frame = pd.DataFrame(index=range(len(array)))
        if "labels" in members:
            frame["label"] = _labels(members.pop("labels"), classes, len(array), f"{path.name}: {split or 'labels'}")
        for column, values in members.items():
            if values.ndim == 1 and len(values) == len(array):
                frame[column] = values
        if split:
            frame["split"] = split
        pixels.append(array)
        frames.append(frame)
    if len({p.shape[1:] for p in pixels}) > 1:
        shapes = ", ".join(str(p.shape[1:]) for p in pixels)
        raise BadInput(f"{path.name}: expected images of one shape in all splits, found {shapes}")
    frame = pd.concat(frames, ignore_index=True)
    sha256, size = digest_file(path)
    return Source(
        kind="npz",
        name=path.name,
        bytes=size,
        sha256=sha256,
        frame=frame,
        images=np.concatenate(pixels),
        label="label" if "label" in frame else None,
        split="split" if "split" in frame else None,
        classes=classes,
    )


def _arrays(path: Path) -> dict[str, np.ndarray]:
    """Every array, after each header was seen to hold plain values of a bearable size."""
    try:
        total = 0
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist():
                shape, dtype = _header(archive, member)
                if dtype.hasobject:
                    raise BadInput(
                        f"{path.name}: {member.removesuffix('.npy')}: expected numbers or fixed-width text, found "
                        "a pickled object array, which is never opened"
                    )
                total += int(np.prod(shape, dtype=object)) * dtype.itemsize
        check_bytes(total, path.name)
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except BadInput:
        raise
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, KeyError, SyntaxError) as error:
        raise BadInput(f"{path.name}: expected an .npz file of arrays, found {error}"[:300]) from None


def _header(archive: zipfile.ZipFile, member: str) -> tuple[tuple[int, ...], np.dtype]:
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read_header(file)
    return shape, dtype


def _parts(arrays: dict[str, np.ndarray], name: str) -> dict[str | None, dict[str, np.ndarray]]:
    """{split or None: {"images", "labels", column...}}"""
    parts: dict[str | None, dict[str, np.ndarray]] = {}
    for key, array in arrays.items():
        if match := _PREFIX.fullmatch(key):
            split, rest = match.groups()
        elif match := _SUFFIX.fullmatch(key):
            rest, split = match.groups()
        else:
            split, rest = None, key
        role = "images" if rest.lower() in IMAGES else "labels" if rest.lower() in LABELS else rest
        parts.setdefault(SPLIT_NAMES[split.lower()] if split else None, {})[role] = array
    with_images = {split: members for split, members in parts.items() if "images" in members}
    if not with_images:
        raise BadInput(
            f"{name}: expected arrays named images and labels, or train_images, train_labels, ..., "
            f"found {', '.join(arrays) or 'none'}"[:400]
        )
    if None in with_images and len(with_images) > 1:
        raise BadInput(f"{name}: expected either images or train_images, val_images, test_images, found both")
    return with_images


def _images(array: np.ndarray, where: str) -> np.ndarray:
    """uint8 N x H x W x C from what a person may have saved. Raises BadInput for NaN and values out of range."""
    if array.ndim == 3:
        array = array[..., None]
    elif array.ndim == 4 and array.shape[-1] not in (1, 3) and array.shape[1] in (1, 3):
        array = array.transpose(0, 2, 3, 1)
    if array.ndim != 4 or array.shape[-1] not in (1, 3) or 0 in array.shape:
        raise BadInput(f"{where}: expected N x H x W, or with 1 or 3 channels, found shape {array.shape}")
    if array.dtype == np.uint8:
        return array
    if array.dtype == bool:
        return array.astype(np.uint8) * 255
    if array.dtype.kind not in "iuf":
        raise BadInput(f"{where}: expected numbers, found {array.dtype}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        bad = np.flatnonzero(~np.isfinite(array).all(axis=(1, 2, 3)))
        raise BadInput(f"{where}: expected finite pixels, found NaN or infinity in {len(bad):,} images, first {bad[0]}")
    low, high = array.min(), array.max()
    if low < 0 or high > 255:
        raise BadInput(f"{where}: expected pixels in 0 to 255 or 0 to 1, found {low:g} to {high:g}")
    scale = 255 if array.dtype.kind == "f" and high <= 1 else 1
    return np.rint(array * scale).astype(np.uint8)


def _labels(array: np.ndarray, classes: list[str], count: int, where: str) -> np.ndarray:
    """One label an image; integers become names where the file has them."""
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.shape != (count,):
        raise BadInput(f"{where}: expected one label for each of {count:,} images, found shape {array.shape}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise BadInput(f"{where}: expected finite labels, found NaN or infinity at {np.argmin(np.isfinite(array))}")
    if not classes or array.dtype.kind not in "iuf":
        return array
    numbers = array.astype(np.int64)
    if (numbers != array).any() or numbers.min() < 0 or numbers.max() >= len(classes):
        raise BadInput(f"{where}: expected labels 0 to {len(classes) - 1}, found {array.min()} to {array.max()}")
    return np.asarray(classes, dtype=object)[numbers]
