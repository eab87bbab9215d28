"""A NumPy .npz file of series: N x channels x time (or N x time) and labels, or one pair a split (X_train, y_train).

A series that is shorter than the others has NaN behind its end. Object arrays are refused: reading one would run a
pickle. `channel_names` names the channels.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from ...workspace.artefacts import digest_file
from ...workspace.layout import BadInput
from ..conventions import splits
from ..conventions.left_out import LeftOut
from ..source import LOOK_ROWS, Glimpse, check_bytes
from ..spec import Spec
from . import npz
from ._series import LABEL, Readings, of_arrays

KINDS = ("series",)
SERIES = ("x", "series", "values", "data", "signals")
ANSWERS = ("y", "label", "labels", "target", "targets")
NAMES = "channel_names"


def accepts(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() == ".npz"


def look(path: Path) -> Glimpse:
    parts, _ = _parts(path)
    labels = [pd.Series(_loaded(path, answers)[:LOOK_ROWS]) for _, _, answers in parts if answers]
    frame = pd.DataFrame({LABEL: pd.concat(labels, ignore_index=True)} if labels else {})
    return Glimpse(frame, None, label=LABEL if labels else None)


def read(path: Path, spec: Spec) -> Readings:
    parts, unused = _parts(path)
    made = [(split, _values(path, key), _labels(path, key, answers)) for split, key, answers in parts]
    unknown = [LeftOut(unused, "array was not used", "arrays were not used")]
    names = partial(_names, path)
    return of_arrays(path, made, names, "splits", digest_file(path), kind="series_arrays", left_out=unknown)


def _parts(path: Path) -> tuple[list[tuple[str | None, str, str | None]], list[str]]:
    """([(split, key of the series, key of the labels)], the arrays that are not used). Raises BadInput."""
    headers = npz._headers(path)
    placed = {key: _placed(key) for key in headers}
    found = []
    for split in dict.fromkeys(split for split, _ in placed.values()):
        mine = {rest: key for key, (of, rest) in placed.items() if of == split}
        if series := next((mine[name] for name in SERIES if name in mine), None):
            found.append((split, series, next((mine[name] for name in ANSWERS if name in mine), None)))
    if not found:
        raise BadInput(
            f"{path.name}: expected an array of series called X, or X_train and X_test (N x channels x time), and "
            f"labels called y, found {', '.join(headers) or 'no array'}"[:400]
        )
    if len(found) > 1 and any(split is None for split, _, _ in found):
        raise BadInput(f"{path.name}: expected either X or X_train, X_test, found both")
    used = {key for _, *keys in found for key in keys} | {NAMES}
    return found, [key for key in headers if key not in used]


def _placed(key: str) -> tuple[str | None, str]:
    """(split, the rest) of X_train, train_X, series; (None, key) where it names no split."""
    head, _, tail = key.lower().rpartition("_")
    if head and (split := splits.named(tail)):
        return split, head
    first, _, rest = key.lower().partition("_")
    return (split, rest) if rest and (split := splits.named(first)) else (None, key.lower())


def _loaded(path: Path, key: str) -> np.ndarray:
    return npz._text(npz._load(path, {key})[key], f"{path.name}: {key}")


def _values(path: Path, key: str) -> np.ndarray:
    """float64 N x C x T, NaN where missing. Raises BadInput."""
    check_bytes(8 * npz._size(npz._headers(path)[key]), path.name)
    values = _loaded(path, key)
    if values.dtype.kind not in "iufb" or values.ndim not in (2, 3) or 0 in values.shape:
        raise BadInput(f"{path.name}: {key}: expected numbers, N x channels x time, found {values.dtype} of shape "
                       f"{values.shape}")  # fmt: skip
    values = values.astype(np.float64)
    return values[:, None] if values.ndim == 2 else values


def _labels(path: Path, series: str, key: str | None) -> np.ndarray | None:
    if key is None:
        return None
    count, labels = npz._headers(path)[series].shape[0], _loaded(path, key)
    if labels.size != count:
        raise BadInput(f"{path.name}: {key}: expected one label for each of {count:,} series, found {labels.shape}")
    return labels.reshape(count)


def _names(path: Path, channels: int) -> list[str]:
    if NAMES in npz._headers(path):
        found = [str(name) for name in _loaded(path, NAMES).ravel()]
        if len(set(found)) != channels or len(found) != channels:
            raise BadInput(f"{path.name}: {NAMES}: expected {channels} different names, found {', '.join(found)[:120]}")
        return found
    return [f"channel {place + 1}" for place in range(channels)]
