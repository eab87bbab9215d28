"""A NumPy .npz file: images and labels, or one pair for each split (train_images, train_labels; x_train, y_train).

Further one-dimensional arrays of the same length are metadata columns (train_age, or age); `class_names` names
the integer labels. Object arrays are refused: reading one would run a pickle.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from ...workspace.artefacts import digest_file
from ...workspace.layout import BadInput
from ..cleaning import MAX_OTHER, MAX_ROWS
from ..source import LOOK_ROWS, SPLIT_NAMES, Glimpse, Source, check_bytes
from ..spec import Spec

IMAGES = ("images", "image", "x", "data")
LABELS = ("labels", "label", "y", "target", "targets")
CLASSES = ("class_names", "classes", "label_names")
READING = (zipfile.BadZipFile, OSError, ValueError, EOFError, KeyError, SyntaxError, RuntimeError)
MAX_HEADER = 64 << 10  # bytes of one array's header
_PREFIX = re.compile(rf"({'|'.join(SPLIT_NAMES)})_(.+)", re.IGNORECASE)
_SUFFIX = re.compile(rf"(.+)_({'|'.join(SPLIT_NAMES)})", re.IGNORECASE)


class Header(NamedTuple):
    shape: tuple[int, ...]
    dtype: np.dtype


def accepts(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() == ".npz"


def look(path: Path) -> Glimpse:
    """The labels and metadata of the first rows of each split; the images are not read."""
    headers, parts = _described(path)
    arrays = _beside(path, headers, parts)
    counts = {split: headers[members["images"]][0][0] for split, members in parts.items()}
    frames = [_frame(split, members, arrays, counts[split], path.name) for split, members in parts.items()]
    frame = pd.concat([f.head(LOOK_ROWS) for f in frames], ignore_index=True)
    return Glimpse(frame, sum(counts.values()), None, *_declared(frame))


def read(path: Path, spec: Spec) -> Source:
    """Columns: `label` and `split` where the file has them, and its metadata arrays."""
    headers, parts = _described(path)
    pictures = {members["images"] for members in parts.values()}
    check_bytes(sum(_size(headers[key]) for key in pictures), path.name)
    arrays = _beside(path, headers, parts) | _load(path, pictures)
    pixels = [_images(arrays[m["images"]], f"{path.name}: {m['images']}") for m in parts.values()]
    if len({p.shape[1:] for p in pixels}) > 1:
        shapes = ", ".join(str(p.shape[1:]) for p in pixels)
        raise BadInput(f"{path.name}: expected images of one shape in all splits, found {shapes}")
    counts = [len(p) for p in pixels]
    frames = [_frame(s, m, arrays, n, path.name) for (s, m), n in zip(parts.items(), counts, strict=True)]
    frame = pd.concat(frames, ignore_index=True)
    label, split = _declared(frame)
    sha256, size = digest_file(path)
    return Source(
        kind="npz",
        name=path.name,
        bytes=size,
        sha256=sha256,
        frame=frame,
        images=np.concatenate(pixels),
        label=label,
        split=split,
        classes=_classes(arrays),
    )


def _declared(frame: pd.DataFrame) -> tuple[str | None, str | None]:
    return ("label" if "label" in frame else None), ("split" if "split" in frame else None)


def _classes(arrays: dict[str, np.ndarray]) -> list[str]:
    return next(([str(v) for v in arrays[c].ravel()] for c in CLASSES if c in arrays), [])


def _frame(
    split: str | None, members: dict[str, str], arrays: dict[str, np.ndarray], count: int, name: str
) -> pd.DataFrame:
    """One split's labels and metadata; arrays of another length are no columns."""
    frame = pd.DataFrame(index=range(count))
    for role, key in members.items():
        if role == "labels":
            frame["label"] = _labels(arrays[key], _classes(arrays), count, f"{name}: {key}")
        elif role != "images" and key in arrays and arrays[key].shape == (count,):
            frame[role] = arrays[key]
    return frame.assign(split=split) if split else frame


def _described(path: Path) -> tuple[dict[str, Header], dict[str | None, dict[str, str]]]:
    """(the headers of all arrays, what each is in which split), after the images were seen to be so many at most."""
    headers = _headers(path)
    parts = _parts(list(headers), path.name)
    for key in (members["images"] for members in parts.values()):
        shape = headers[key].shape
        if not shape:
            raise BadInput(f"{path.name}: {key}: expected N x H x W, or with 1 or 3 channels, found a single number")
        if shape[0] > MAX_ROWS:
            raise BadInput(f"{path.name}: {key}: expected at most {MAX_ROWS:,} images, found {shape[0]:,}")
    return headers, parts


def _headers(path: Path) -> dict[str, Header]:
    """Each array's header, after it was seen to hold plain values. No array is read."""
    headers = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist():
                headers[member.removesuffix(".npy")] = _header(archive, member)
    except READING as error:
        raise BadInput(f"{path.name}: expected an .npz file of arrays, found {error}"[:300]) from None
    for name, (_, dtype) in headers.items():
        if dtype.hasobject:
            raise BadInput(
                f"{path.name}: {name}: expected numbers or fixed-width text, found a pickled object array, "
                "which is never opened"
            )
    return headers


def _header(archive: zipfile.ZipFile, member: str) -> Header:
    with archive.open(member) as packed:
        file = io.BytesIO(packed.read(MAX_HEADER))  # a longer one is damaged or hostile
        version = np.lib.format.read_magic(file)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read_header(file)
    return Header(shape, dtype)


def _beside(path: Path, headers: dict[str, Header], parts: dict[str | None, dict[str, str]]) -> dict[str, np.ndarray]:
    """The arrays beside the images: labels, columns (one-dimensional) and names of classes."""
    wanted = {key for members in parts.values() for role, key in members.items() if role == "labels"}
    wanted |= {key for key, header in headers.items() if key in CLASSES or len(header.shape) == 1}
    wanted -= {members["images"] for members in parts.values()}
    if (total := sum(_size(headers[key]) for key in wanted)) > MAX_OTHER:
        raise BadInput(
            f"{path.name}: expected at most {MAX_OTHER >> 20} MiB in the arrays beside the images, "
            f"found {total >> 20:,} MiB in {', '.join(sorted(wanted))}"[:400]
        )
    return _load(path, wanted)


def _size(header: Header) -> int:
    """Bytes of the array, by its header; types that take none count as one."""
    return math.prod(header.shape) * max(1, header.dtype.itemsize)


def _load(path: Path, names: set[str]) -> dict[str, np.ndarray]:
    """These arrays. A header may claim more than there is: that is an error after as much was read."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in sorted(names)}
    except READING as error:
        raise BadInput(f"{path.name}: expected an .npz file of arrays, found {error}"[:300]) from None


def _parts(keys: list[str], name: str) -> dict[str | None, dict[str, str]]:
    """{split or None: {"images", "labels" or a column's name: key of the array}}"""
    parts: dict[str | None, dict[str, str]] = {}
    for key in keys:
        if key in CLASSES:
            continue
        if match := _PREFIX.fullmatch(key):
            split, rest = match.groups()
        elif match := _SUFFIX.fullmatch(key):
            rest, split = match.groups()
        else:
            split, rest = None, key
        role = "images" if rest.lower() in IMAGES else "labels" if rest.lower() in LABELS else rest
        parts.setdefault(SPLIT_NAMES[split.lower()] if split else None, {})[role] = key
    with_images = {split: members for split, members in parts.items() if "images" in members}
    if not with_images:
        raise BadInput(
            f"{name}: expected arrays named images and labels, or train_images, train_labels, ..., "
            f"found {', '.join(keys) or 'none'}"[:400]
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
    if not classes:
        return array
    if array.dtype.kind not in "iuf":
        if strange := sorted({str(v) for v in array} - set(classes)):
            raise BadInput(
                f"{where}: expected class names of the file ({', '.join(classes)}), found {strange[0]!r}"[:400]
            )
        return array
    numbers = array.astype(np.int64)
    if (numbers != array).any() or numbers.min() < 0 or numbers.max() >= len(classes):
        raise BadInput(f"{where}: expected labels 0 to {len(classes) - 1}, found {array.min()} to {array.max()}")
    return np.asarray(classes, dtype=object)[numbers]
