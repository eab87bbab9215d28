"""Encoded images to one uint8 array. A file is hostile until its header was checked; nothing is decoded before.

Resizing: the short side becomes `size` pixels (antialiased bicubic), then the centre square is cut out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from io import BytesIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ..workspace.layout import BadInput
from .source import Encoded, check_bytes

FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "TIFF", "GIF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".gif")
MAX_PIXELS = 50_000_000
MIN_SIDE = 8
NATIVE_SIDE = 96
DEFAULT_SIDE = 64
GREY = ("1", "L", "LA")
TURNED = ("JPEG", "MPO", "WEBP", "TIFF")
DEEP = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
_ORIENTATION = 0x0112

Progress = Callable[[float, float, str], None]


def stack(images: np.ndarray | Sequence[Encoded], size: int | None, name: str, progress: Progress):
    """(uint8 N x C x H x W, {(h, w): count as found}, (h, w) when resized, else None).

    Raises BadInput for a file that is too large, too small, damaged or no image, and for too much in all.
    """
    array = isinstance(images, np.ndarray)
    if array:
        sizes, grey = Counter({images.shape[1:3]: len(images)}), images.shape[3] == 1
    else:
        sizes, grey = _headers(images, progress)
    side = _side(sizes, size, name)
    height, width = (side, side) if side else next(iter(sizes))
    channels = 1 if grey else 3
    check_bytes(len(images) * channels * height * width, name)
    if array and not side:
        return np.ascontiguousarray(images.transpose(0, 3, 1, 2)), sizes, None
    out = np.empty((len(images), channels, height, width), dtype=np.uint8)
    for i, item in enumerate(images):
        picture = Image.fromarray(item[..., 0] if grey else item) if array else _decode(item, grey)
        pixels = np.asarray(_fit(picture, side) if side else picture)
        out[i] = pixels[None] if grey else pixels.transpose(2, 0, 1)
        if i % 256 == 0:
            progress(i, len(images), "images")
    return out, sizes, (side, side) if side else None


def one(payload: bytes, shape: tuple[int, int, int], name: str) -> np.ndarray:
    """uint8 1 x C x H x W: an encoded image as a data set of this `shape` (C, H, W) holds its own.

    Raises BadInput for what is no image, too large, too small or damaged, and for another size where the data set's
    images are not square, because those were never cut.
    """
    channels, height, width = shape
    picture = _decode(Encoded(name, lambda: BytesIO(payload)), grey=channels == 1)
    if picture.size != (width, height):
        if height != width:
            found = f"{picture.width} x {picture.height}"
            raise BadInput(f"{name}: expected {width} x {height} pixels as in the data set, found {found}")
        picture = _fit(picture, height)
    pixels = np.asarray(picture)
    return (pixels[None] if channels == 1 else pixels.transpose(2, 0, 1))[None].copy()


def fit_masks(masks: np.ndarray, side: int) -> np.ndarray:
    """uint8 masks N x H x W, resized as the images were; a pixel stays set when at least half of it was."""
    fitted = (np.asarray(_fit(Image.fromarray(m * 255), side)) >= 128 for m in masks)
    return np.stack(list(fitted)).astype(np.uint8)


def _headers(images: Sequence[Encoded], progress: Progress) -> tuple[Counter, bool]:
    """({(h, w): count}, whether all are grey), read from the headers alone."""
    sizes, grey = Counter(), True
    for i, item in enumerate(images):
        with item.open() as file, _open(file, item.name) as picture:
            width, height = picture.size
            sizes[(width, height) if _turned(picture) else (height, width)] += 1
            grey = grey and picture.mode in GREY
        if i % 2048 == 0:
            progress(i, len(images), "headers")
    return sizes, grey


def _turned(picture: Image.Image) -> bool:
    """Whether its camera lay on its side. Only formats whose header says so are asked: a PNG would be read through."""
    if picture.format not in TURNED:
        return False
    try:
        return picture.getexif().get(_ORIENTATION, 1) >= 5
    except Exception:  # damaged EXIF; decoding says what is wrong, if anything is
        return False


def _open(file, name: str) -> Image.Image:
    """A picture whose header passed the checks; its pixels are not decoded yet."""
    try:
        picture = Image.open(file, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        found = int(re.search(r"\d+", str(error)).group())
        raise BadInput(f"{name}: expected at most {MAX_PIXELS:,} pixels, found {found:,}") from None
    except UnidentifiedImageError:
        raise BadInput(f"{name}: expected an image ({', '.join(FORMATS)}), found something else") from None
    except MemoryError:
        raise
    except Exception as error:  # a decoder raises what it likes at damaged input
        raise BadInput(f"{name}: expected a readable image, found {error}"[:300]) from None
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise BadInput(
            f"{name}: expected at most {MAX_PIXELS:,} pixels, found {width:,} x {height:,} = {width * height:,}"
        )
    if min(width, height) < MIN_SIDE:
        raise BadInput(f"{name}: expected at least {MIN_SIDE} x {MIN_SIDE} pixels, found {width} x {height}")
    if picture.mode in DEEP:
        raise BadInput(f"{name}: expected 8 bits a channel, found mode {picture.mode}; convert it first")
    return picture


def _decode(item: Encoded, grey: bool) -> Image.Image:
    """The whole picture, upright, as L or RGB."""
    with item.open() as file, _open(file, item.name) as picture:
        try:
            picture.load()
            upright = ImageOps.exif_transpose(picture) if picture.format in TURNED else picture
            return upright.convert("L" if grey else "RGB")
        except MemoryError:
            raise
        except Exception as error:  # a decoder raises what it likes at damaged input
            raise BadInput(f"{item.name}: expected a whole image, found a damaged one ({error})"[:300]) from None


def _side(sizes: Counter, size: int | None, name: str) -> int | None:
    """The side to resize to, or None to keep the pixels as they are."""
    height, width = next(iter(sizes))
    if min(min(s) for s in sizes) < MIN_SIDE:
        raise BadInput(f"{name}: expected images of at least {MIN_SIDE} x {MIN_SIDE} pixels, found {height} x {width}")
    if len(sizes) == 1 and (size == height == width or (size is None and max(height, width) <= NATIVE_SIDE)):
        return None
    return size or DEFAULT_SIDE


def _fit(picture: Image.Image, side: int) -> Image.Image:
    width, height = picture.size
    scale = side / min(width, height)
    wide, high = max(side, round(width * scale)), max(side, round(height * scale))
    picture = picture.resize((wide, high), Image.Resampling.BICUBIC, reducing_gap=3.0)
    left, top = (wide - side) // 2, (high - side) // 2
    return picture.crop((left, top, left + side, top + side))
