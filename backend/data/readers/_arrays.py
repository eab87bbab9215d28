"""Which array of an .npz file is what: images, labels, columns, of which split. By names and shapes alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from ...workspace.layout import BadInput
from ..cleaning import MAX_ROWS
from ..conventions import splits

IMAGES = ("images", "image", "x", "data")  # of several the first
LABELS = ("labels", "label", "y", "target", "targets")
CLASSES = ("class_names", "classes", "label_names")


class Header(NamedTuple):
    shape: tuple[int, ...]
    dtype: np.dtype


Headers = dict[str, Header]


@dataclass
class Part:
    """A split, or the whole file: the keys of its arrays. `columns`: {name: key}."""

    split: str | None
    images: str
    count: int
    labels: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def small(self) -> list[str]:
        """The keys of all but the images."""
        return [*([self.labels] if self.labels else []), *self.columns.values()]


def parts_of(headers: Headers, name: str) -> tuple[list[Part], list[str]]:
    """(the splits, or the whole file as one; the arrays that are not used, with their shapes)."""
    keys = [key for key in headers if key not in CLASSES]
    parts = _with_images(keys, headers, name)
    used = {part.images for part in parts.values()} | {c for c in CLASSES if c in headers}
    for key in keys:
        split, rest = (None, key) if None in parts else _placed(key)
        part = parts.get(split)
        if key not in used and part is not None and is_column(headers[key].shape, part.count):
            part.columns.setdefault(rest, key)
    for part in parts.values():
        _take_labels(part, keys, headers, None in parts)
    used |= {key for part in parts.values() for key in part.small}
    shapes = {key: " x ".join(map(str, headers[key].shape)) or "one value" for key in keys}
    return list(parts.values()), [f"{key} ({shapes[key]})" for key in keys if key not in used]


def _with_images(keys: list[str], headers: Headers, name: str) -> dict[str | None, Part]:
    """{split, or None for the whole file: what has images}: `images` wins over `image`, pictures over single values."""
    found: dict[str | None, list[str]] = {}
    for key in keys:
        for split, rest in {(None, key), _placed(key)}:
            if rest.lower() in IMAGES:
                found.setdefault(split, []).append(key)

    def rank(split: str | None, key: str) -> tuple[bool, int]:
        rest = key if split is None else _placed(key)[1]
        return len(headers[key].shape) < 3, IMAGES.index(rest.lower())

    best = {split: min(those, key=lambda key: rank(split, key)) for split, those in found.items()}
    if not best:
        raise BadInput(
            f"{name}: expected arrays named images and labels, or train_images, train_labels, ..., "
            f"found {', '.join(keys) or 'none'}"[:400]
        )
    if None in best and len(best) > 1:
        raise BadInput(f"{name}: expected either images or train_images, val_images, test_images, found both")
    for key in best.values():
        shape = headers[key].shape
        if not shape:
            raise BadInput(f"{name}: {key}: expected N x H x W, or with 1 or 3 channels, found a single number")
        if shape[0] > MAX_ROWS:
            raise BadInput(f"{name}: {key}: expected at most {MAX_ROWS:,} images, found {shape[0]:,}")
    return {split: Part(split, key, headers[key].shape[0]) for split, key in best.items()}


def _take_labels(part: Part, keys: list[str], headers: Headers, whole: bool) -> None:
    """Of several arrays that could be the labels the first of LABELS is; the others stay columns."""
    told = [((None, key) if whole else _placed(key), key) for key in reversed(keys)]
    mine = {rest.lower(): key for (split, rest), key in told if split == part.split}
    named = [mine[name] for name in LABELS if name in mine]
    fits = [key for key in named if is_column(headers[key].shape, part.count)]
    part.labels = next(iter(fits or named), None)
    ours = ["label"] * bool(part.labels) + ["split"] * bool(part.split)
    columns, part.columns = part.columns, {}
    for name, key in columns.items():
        if key == part.labels:
            continue
        column = f"other_{name}" if name.lower() in ours else name
        part.columns[column] = key
        if name.lower() == "label":
            part.notes.append(f"{part.labels} is taken as the label; {key} is kept as column {column}.")


def _placed(key: str) -> tuple[str | None, str]:
    """(split, the rest of the name): train_images, x_train, training_set_age; (None, key) where it names no split."""
    words = key.split("_")
    cuts = range(len(words) - 1, 0, -1)
    heads = (("_".join(words[:at]), "_".join(words[at:])) for at in cuts)
    tails = (("_".join(words[-at:]), "_".join(words[:-at])) for at in cuts)
    named = ((splits.named(word), rest) for word, rest in (*heads, *tails) if rest)
    return next(((split, rest) for split, rest in named if split), (None, key))


def is_column(shape: tuple[int, ...], count: int) -> bool:
    return shape in ((count,), (count, 1))
