"""A NumPy .npz file: images and labels, or one pair for each split (train_images, train_labels; x_train, y_train).

Further arrays of one value an image (N or N x 1) are metadata columns (train_age, or age); `class_names` names the
integer labels, of which -1 is none. Arrays that are not used are named. Object arrays are refused: reading one would
run a pickle.
"""

from __future__ import annotations

import io
import math
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from ...workspace.artefacts import digest_file
from ...workspace.layout import BadInput
from ..cleaning import MAX_OTHER
from ..conventions import splits
from ..conventions.left_out import LeftOut
from ..conventions.schema import NO_LABEL
from ..pixels import scale
from ..source import LOOK_ROWS, Glimpse, Source, check_bytes
from ..spec import Spec
from ._arrays import CLASSES, Header, Headers, Part, is_column, parts_of

READING = (zipfile.BadZipFile, OSError, ValueError, EOFError, KeyError, SyntaxError, RuntimeError)
MAX_HEADER = 64 << 10  # bytes of one array's header


def accepts(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() == ".npz"


def look(path: Path) -> Glimpse:
    """The labels and metadata of the first rows of each split; the images are not read."""
    headers = _headers(path)
    parts, _ = parts_of(headers, path.name)
    arrays = _beside(path, headers, parts)
    frame = pd.concat([_frame(part, arrays, path.name).head(LOOK_ROWS) for part in parts], ignore_index=True)
    return Glimpse(frame, sum(part.count for part in parts), None, *_declared(frame))


def read(path: Path, spec: Spec) -> Source:
    """Columns: `label` and `split` where the file has them, and its metadata arrays."""
    headers = _headers(path)
    parts, unused = parts_of(headers, path.name)
    check_bytes(sum(_size(headers[part.images]) for part in parts), path.name)
    arrays = _beside(path, headers, parts) | _load(path, {part.images for part in parts})
    pixels = [(part.images, _images(arrays[part.images], f"{path.name}: {part.images}")) for part in parts]
    if len({p.shape[1:] for _, p in pixels}) > 1:
        shapes = ", ".join(str(p.shape[1:]) for _, p in pixels)
        raise BadInput(f"{path.name}: expected images of one shape in all splits, found {shapes}")
    images, scaled = scale.arrays(pixels, path.name)
    frame = pd.concat([_frame(part, arrays, path.name) for part in parts], ignore_index=True)
    label, split = _declared(frame)
    sha256, size = digest_file(path)
    left_out = LeftOut(unused, "array was not used", "arrays were not used")
    return Source(
        kind="npz",
        name=path.name,
        bytes=size,
        sha256=sha256,
        frame=frame,
        images=np.concatenate(images),
        label=label,
        split=split,
        classes=_classes(arrays),
        notes=[note for part in parts for note in part.notes],
        left_out=[left_out],
        scaled=scaled,
    )


def _declared(frame: pd.DataFrame) -> tuple[str | None, str | None]:
    return ("label" if "label" in frame else None), ("split" if "split" in frame else None)


def _classes(arrays: dict[str, np.ndarray]) -> list[str]:
    return next(([str(v) for v in arrays[c].ravel()] for c in CLASSES if c in arrays), [])


def _frame(part: Part, arrays: dict[str, np.ndarray], name: str) -> pd.DataFrame:
    """One split's labels and metadata."""
    frame = pd.DataFrame(index=range(part.count))
    if part.labels and part.split != splits.UNLABELLED:
        frame["label"] = _labels(arrays[part.labels], _classes(arrays), part.count, f"{name}: {part.labels}")
    for column, key in part.columns.items():
        frame[column] = arrays[key].reshape(part.count)
    return frame.assign(split=part.split) if part.split else frame


def _headers(path: Path) -> Headers:
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


def _beside(path: Path, headers: Headers, parts: list[Part]) -> dict[str, np.ndarray]:
    """The arrays beside the images: labels, columns and names of classes."""
    wanted = {key for part in parts for key in part.small} | {c for c in CLASSES if c in headers}
    if (total := sum(_size(headers[key]) for key in wanted)) > MAX_OTHER:
        raise BadInput(
            f"{path.name}: expected at most {MAX_OTHER >> 20} MiB in the arrays beside the images, "
            f"found {total >> 20:,} MiB in {', '.join(sorted(wanted))}"[:400]
        )
    return {key: _text(array, f"{path.name}: {key}") for key, array in _load(path, wanted).items()}


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


def _text(array: np.ndarray, where: str) -> np.ndarray:
    """Bytes as the text that they are; other arrays as they are."""
    if array.dtype.kind != "S":
        return array
    try:
        return np.char.decode(array, "utf-8")
    except UnicodeDecodeError:
        raise BadInput(f"{where}: expected UTF-8 text, found other bytes") from None


def _images(array: np.ndarray, where: str) -> np.ndarray:
    """N x H x W x C of numbers, as a person may have saved them."""
    if array.ndim == 3:
        array = array[..., None]
    elif array.ndim == 4 and array.shape[-1] not in (1, 3) and array.shape[1] in (1, 3):
        array = array.transpose(0, 2, 3, 1)
    if array.ndim != 4 or array.shape[-1] not in (1, 3) or 0 in array.shape:
        raise BadInput(f"{where}: expected N x H x W, or with 1 or 3 channels, found shape {array.shape}")
    return array


def _labels(array: np.ndarray, classes: list[str], count: int, where: str) -> np.ndarray:
    """One label an image; integers become names where the file has them."""
    if not is_column(array.shape, count):
        raise BadInput(f"{where}: expected one label for each of {count:,} images, found shape {array.shape}")
    array = array.reshape(count)
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
    if (numbers != array).any() or numbers.min() < NO_LABEL or numbers.max() >= len(classes):
        found = f"{array.min()} to {array.max()}"
        raise BadInput(f"{where}: expected labels 0 to {len(classes) - 1}, or {NO_LABEL} for none, found {found}")
    return np.asarray([*classes, None], dtype=object)[numbers]
