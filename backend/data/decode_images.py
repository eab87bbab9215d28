"""Encoded or plain images to one uint8 array, with one scale and one ground for all of them.

Resizing: the short side becomes `size` pixels (antialiased bicubic), then the centre square is cut out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from ..workspace.layout import BadInput
from .conventions.left_out import NAMED, LeftOut
from .pixels import ground as grounds
from .pixels import opening, scale, told
from .pixels.deep import Numbers
from .pixels.opening import Header
from .pixels.scale import Scale, Scaled, Seen
from .source import Encoded, check_bytes

NATIVE_SIDE = 96
DEFAULT_SIDE = 64
BYTES = Scale(0, 255, scale.BYTES)

Progress = Callable[[float, float, str], None]


@dataclass
class Stack:
    """All images of a source as they are stored, and what was done to them.

    images: uint8 N x C x H x W; sizes: {(h, w): count as found}; resized: (h, w) or None; deep: encoded with more than
    8 bits a channel; ground: what `on_ground` transparent images were put on, or None.
    """

    images: np.ndarray
    sizes: Counter
    resized: tuple[int, int] | None
    scaled: Scaled
    deep: bool = False
    ground: str | None = None
    on_ground: int = 0
    left_out: list[LeftOut] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass
class _Plan:
    """How every image of a source is made into bytes."""

    grey: bool
    scale: Scale = BYTES
    ground: str | None = None
    deep: bool = False

    def bytes(self, found: Numbers) -> tuple[np.ndarray, int]:
        """(uint8 H x W x C, how many values were cut)."""
        made, cut = self.scale.bytes(found.pixels)
        made = 255 - made if found.inverted else made
        if self.grey and made.shape[-1] == 3:
            made = np.asarray(Image.fromarray(made).convert("L"))[..., None]
        elif not self.grey and made.shape[-1] == 1:
            made = np.repeat(made, 3, axis=-1)
        return (made if found.alpha is None else grounds.put(made, found.alpha, self.ground or "white")), cut


def stack(images: np.ndarray | Sequence[Encoded], size: int | None, name: str, progress: Progress) -> Stack:
    """Raises BadInput for files that are too large, too small, damaged or no images, and for too much in all."""
    if isinstance(images, np.ndarray):
        return _plain(images, size, name, progress)
    headers = _headers(images, progress)
    sizes = Counter((h.height, h.width) for h in headers)
    plan = _Plan(all(h.grey for h in headers), deep=headers[0].depth != "8")
    _same_depth(images, headers, name)
    side = _side(sizes, size, name)
    height, width = (side, side) if side else next(iter(sizes))
    check_bytes(len(images) * (1 if plan.grey else 3) * height * width, name)
    made = Stack(
        np.empty((len(images), 1 if plan.grey else 3, height, width), np.uint8), sizes, (side, side) if side else None,
        Scaled(BYTES, np.zeros((len(images), 2))), plan.deep, left_out=told.left_out([i.name for i in images], headers),
        notes=told.changed(headers),
    )  # fmt: skip
    if plan.deep or any(h.clear for h in headers):
        _look(images, headers, plan, made, name, progress)
    _fill(images, headers, plan, made, progress)
    if not plan.deep and made.scaled.ends[:, 1].max() < scale.DARK:  # masks of 0 and 1, which would be black
        seen = Seen()
        seen.add(made.scaled.ends.astype(np.uint8))
        plan.scale = scale.decide([("", seen)], name)
        if not plan.scale.plain:
            _fill(images, headers, plan, made, progress)
    return made


def one(payload: bytes, shape: tuple[int, int, int], name: str, pixels: dict[str, Any] | None = None) -> np.ndarray:
    """uint8 1 x C x H x W: an encoded image as a data set of this `shape` (C, H, W) holds its own; `pixels`: the scale
    and the ground that its manifest names.

    Raises BadInput for what is no image, too large, too small or damaged, for another depth, and for another size
    where the data set's images are not square, because those were never cut.
    """
    channels, height, width = shape
    item = Encoded(name, lambda: BytesIO(payload))
    known, head = pixels or {}, opening.header(item)
    plan = _Plan(channels == 1, ground=known.get("ground"), deep=head.depth != "8")
    found = opening.pixels(item, plan.grey, head.clear)
    if found.alpha is not None and plan.ground is None:
        ink = grounds.ink(found.pixels, found.alpha)
        plan.ground = None if ink is None else grounds.choose([ink])
    if plan.deep and not known.get("deep"):
        raise BadInput(f"{name}: expected 8 bits a channel as in the data set, found {told.depth(head)}")
    if known.get("deep") and not plan.deep:
        raise BadInput(f"{name}: expected more than 8 bits a channel as in the data set, found 8")
    if "low" in known and (plan.deep or found.pixels.max() <= known["high"] < scale.DARK):
        plan.scale = Scale(known["low"], known["high"], known["kind"])
    picture = _picture(plan.bytes(found)[0])
    if picture.size != (width, height):
        if height != width:
            raise BadInput(
                f"{name}: expected {width} x {height} pixels as in the data set, found {picture.width} x "
                f"{picture.height}"
            )
        picture = _fit(picture, height)
    return _planes(picture)[None].copy()


def fit_masks(masks: np.ndarray, side: int) -> np.ndarray:
    """uint8 masks N x H x W, resized as the images were; a pixel stays set when at least half of it was."""
    fitted = (np.asarray(_fit(Image.fromarray(m * 255), side)) >= 128 for m in masks)
    return np.stack(list(fitted)).astype(np.uint8)


def _plain(images: np.ndarray, size: int | None, name: str, progress: Progress) -> Stack:
    """Of uint8 N x H x W x C."""
    sizes = Counter({images.shape[1:3]: len(images)})
    side = _side(sizes, size, name)
    height, width = (side, side) if side else images.shape[1:3]
    check_bytes(len(images) * images.shape[3] * height * width, name)
    scaled = Scaled(BYTES, scale.ends_of(images), 0, images.size)
    if not side:
        return Stack(np.ascontiguousarray(images.transpose(0, 3, 1, 2)), sizes, None, scaled)
    out = np.empty((len(images), images.shape[3], height, width), dtype=np.uint8)
    for i, pixels in enumerate(images):
        out[i] = _planes(_fit(_picture(pixels), side))
        if i % 256 == 0:
            progress(i, len(images), "images")
    return Stack(out, sizes, (side, side), scaled)


def _headers(images: Sequence[Encoded], progress: Progress) -> list[Header]:
    """Of every image. Raises BadInput that counts those which are none, and names the first."""
    found: list[Header] = []

    def read(i: int) -> None:
        found.append(opening.header(images[i]))

    _every(images, read, progress, "headers", 2048)
    return found


def _look(images: Sequence[Encoded], headers: Sequence[Header], plan: _Plan, made: Stack, name: str, progress) -> None:
    """Decides the scale of deep images and the ground of transparent ones, from all of them."""
    seen, most, inks = Seen(), max(1024, scale.SAMPLE // len(images)), []

    def look(i: int) -> None:
        if not plan.deep and not headers[i].clear:
            return
        found = opening.pixels(images[i], plan.grey, headers[i].clear)
        if plan.deep:
            seen.add(_visible(found), most)
        if found.alpha is not None and (ink := grounds.ink(found.pixels, found.alpha)) is not None:
            inks.append((ink, found.inverted))

    _every(images, look, progress, "looking at", 256)
    if plan.deep and seen.sample:
        plan.scale = scale.decide([("", seen)], name)
    if inks:
        low, span = plan.scale.low, plan.scale.high - plan.scale.low
        bright = [((ink - low) / span * 255, inverted) for ink, inverted in inks]
        plan.ground = grounds.choose([255 - b if inverted else b for b, inverted in bright])
        made.ground, made.on_ground = plan.ground, len(inks)


def _visible(found: Numbers) -> np.ndarray:
    """The values of what is not wholly transparent."""
    return found.pixels if found.alpha is None else found.pixels[found.alpha > 0]


def _fill(images: Sequence[Encoded], headers: Sequence[Header], plan: _Plan, made: Stack, progress: Progress) -> None:
    """Decodes every image into its place."""
    side, ends, total = made.resized and made.resized[0], made.scaled.ends, [0, 0]

    def fill(i: int) -> None:
        found = opening.pixels(images[i], plan.grey, headers[i].clear)
        pixels, cut = plan.bytes(found)
        seen = _visible(found) if plan.deep or found.alpha is None else pixels
        ends[i] = (seen.min(), seen.max()) if seen.size else (plan.scale.low, plan.scale.low)
        total[0], total[1] = total[0] + cut, total[1] + found.pixels.size
        made.images[i] = _planes(_fit(_picture(pixels), side)) if side else pixels.transpose(2, 0, 1)

    _every(images, fill, progress, "images", 256)
    made.scaled = Scaled(plan.scale, ends, *total)


def _every(images: Sequence[Encoded], call: Callable[[int], None], progress: Progress, unit: str, step: int) -> None:
    """Calls for every image. Raises BadInput of the first that is refused, and says how many others are."""
    refused: list[tuple[str, BadInput]] = []
    for i, item in enumerate(images):
        try:
            call(i)
        except BadInput as error:
            refused.append((item.name, error))
        if i % step == 0:
            progress(i, len(images), unit)
    if not refused:
        return
    others = [name for name, _ in refused[1:]]
    if not others:
        raise refused[0][1]
    more = f"{len(others):,} more {'is' if len(others) == 1 else 'are'} refused: {', '.join(others[: NAMED - 1])}"
    raise BadInput(f"{str(refused[0][1])[:400]}; {more}{', ...' if len(others) >= NAMED else ''}")


def _same_depth(images: Sequence[Encoded], headers: Sequence[Header], name: str) -> None:
    """Raises BadInput where some images have 8 bits a channel and others more: no scale is right for both."""
    counts = Counter(h.depth for h in headers)
    if len(counts) == 1:
        return
    rare = min(counts, key=counts.get)
    at = next(i for i, h in enumerate(headers) if h.depth == rare)
    usual, found = (told.depth(h) for h in (next(h for h in headers if h.depth != rare), headers[at]))
    raise BadInput(
        f"{images[at].name}: expected {usual} as in the other images of {name}, found {found} (in {counts[rare]:,} of "
        f"{len(headers):,} images); convert them first"
    )


def _side(sizes: Counter, size: int | None, name: str) -> int | None:
    """The side to resize to, or None to keep the pixels as they are."""
    height, width = next(iter(sizes))
    if min(min(s) for s in sizes) < opening.MIN_SIDE:
        least = f"{opening.MIN_SIDE} x {opening.MIN_SIDE}"
        raise BadInput(f"{name}: expected images of at least {least} pixels, found {height} x {width}")
    if len(sizes) == 1 and (size == height == width or (size is None and max(height, width) <= NATIVE_SIDE)):
        return None
    return size or DEFAULT_SIDE


def _picture(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def _planes(picture: Image.Image) -> np.ndarray:
    """uint8 C x H x W"""
    pixels = np.asarray(picture)
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


def _fit(picture: Image.Image, side: int) -> Image.Image:
    width, height = picture.size
    scale_ = side / min(width, height)
    wide, high = max(side, round(width * scale_)), max(side, round(height * scale_))
    picture = picture.resize((wide, high), Image.Resampling.BICUBIC, reducing_gap=3.0)
    left, top = (wide - side) // 2, (high - side) // 2
    return picture.crop((left, top, left + side, top + side))
