"""One encoded picture: its header, checked before anything is decoded, and its pixels, upright.

A file is hostile until its header was checked.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ...workspace.layout import BadInput
from ..source import Encoded
from . import deep, kinds, tiff
from .deep import Numbers

MAX_PIXELS = 50_000_000
MIN_SIDE = 8
GREY = ("1", "L", "LA", "La")
CLEAR = ("RGBA", "LA", "PA", "RGBa", "La")  # modes with a channel of alpha
_ORIENTATION = 0x0112


@dataclass(frozen=True)
class Header:
    """What the header of a picture tells. `depth`: "8", "whole" (more bits) or "float"."""

    width: int
    height: int
    grey: bool
    depth: str = "8"
    bits: int = 8
    clear: bool = False  # it may be transparent somewhere
    more: bool = False  # further pages or frames follow
    channels: bool = False  # it has channels beside its colours and alpha
    mode: str = ""
    profile: bool = False  # a colour profile that is not sRGB


def header(item: Encoded) -> Header:
    """Raises BadInput for what is no picture that is read, too large or too small."""
    with item.open() as file:
        head, kind = _head(file, item.name)
        if kind == "TIFF" and (found := _deep_tiff(file, item.name)):
            _check_size(found.width, found.height, item.name)
            side = tiff._one(found.tags, tiff.ORIENTATION, 1) >= 5
            width, height = (found.height, found.width) if side else (found.width, found.height)
            kind = "float" if found.kind == "f" else "whole"
            clear, spare = {1, 2} & set(found.extra), [e for e in found.extra if e not in (1, 2)]
            return Header(width, height, found.colours == 1, kind, found.bits, bool(clear), found.more, bool(spare))
        with _open(file, item.name) as picture:
            return _told(file, picture, deep.png_depth(head) if kind == "PNG" else (8, 0), item.name)


def pixels(item: Encoded, grey: bool, clear: bool) -> Numbers:
    """The picture's numbers, upright; 8-bit ones as uint8 H x W x 1 (grey) or 3, alpha only where `clear`.

    Raises BadInput for a damaged file, and for a layout that is not read.
    """
    with item.open() as file:
        head, kind = _head(file, item.name)
        try:
            if kind == "TIFF" and _deep_tiff(file, item.name):
                return _finite(deep.from_tiff(file), item.name)
            with _open(file, item.name) as picture:
                if kind == "PNG" and deep.png_depth(head)[0] == 16:
                    picture.load()
                    return deep.from_png(file, picture, _orientation(picture))
                return _finite(_decoded(picture, grey, clear), item.name)
        except (BadInput, MemoryError):
            raise
        except tiff.Unread as error:
            raise BadInput(f"{item.name}: expected a picture of 1 or 3 channels, found {error}"[:300]) from None
        except Exception as error:  # a decoder raises what it likes at damaged input
            raise BadInput(f"{item.name}: expected a whole image, found a damaged one ({error})"[:300]) from None


def _decoded(picture: Image.Image, grey: bool, clear: bool) -> Numbers:
    picture.load()
    if picture.mode in deep.MODES:
        return deep.from_picture(picture)
    upright = ImageOps.exif_transpose(picture) if _orientation(picture) != 1 else picture
    if clear:
        upright = upright.convert("LA") if upright.mode == "La" else upright
        seen = np.asarray(upright.convert("RGBA"))
        return Numbers(seen[..., : 1 if grey else 3], seen[..., 3] / 255)
    seen = np.asarray(upright.convert("L" if grey else "RGB"))
    return Numbers(seen[..., None] if grey else seen, None)


def _head(file: BinaryIO, name: str) -> tuple[bytes, str]:
    """(the first bytes, the format that they begin)."""
    head = file.read(kinds.HEAD)
    file.seek(0)
    if (kind := kinds.picture(head)) is None:
        raise BadInput(f"{name}: expected an image ({', '.join(kinds.FORMATS)}), found {kinds.said(head, name)}")
    return head, kind


def _deep_tiff(file: BinaryIO, name: str) -> tiff.Layout | None:
    """The layout of a TIFF file that Pillow would change, None for any other."""
    try:
        with warnings.catch_warnings():  # Pillow warns of what is raised below
            warnings.simplefilter("ignore")
            found = tiff.layout(file)
    except MemoryError:
        raise
    except Exception as error:  # a damaged directory raises what it likes
        raise BadInput(f"{name}: expected a readable image, found {error}"[:300]) from None
    file.seek(0)
    return found if found.deep else None


def _open(file: BinaryIO, name: str) -> Image.Image:
    """A picture whose header passed the checks; its pixels are not decoded yet."""
    try:
        picture = Image.open(file, formats=kinds.FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        found = int(re.search(r"\d+", str(error)).group())
        raise BadInput(f"{name}: expected at most {MAX_PIXELS:,} pixels, found {found:,}") from None
    except UnidentifiedImageError:
        raise BadInput(f"{name}: expected a readable image, found one that is damaged or of a rare layout") from None
    except MemoryError:
        raise
    except Exception as error:  # a decoder raises what it likes at damaged input
        raise BadInput(f"{name}: expected a readable image, found {error}"[:300]) from None
    _check_size(*picture.size, name)
    return picture


def _told(file: BinaryIO, picture: Image.Image, png: tuple[int, int], name: str) -> Header:
    width, height = picture.size
    if picture.mode == "LAB":
        raise BadInput(f"{name}: expected grey or RGB, found CIELAB colours; convert it first")
    if _turned(file, picture):
        width, height = height, width
    whole = png[0] == 16 or (picture.mode in deep.MODES and picture.mode != "F")
    grey = picture.mode in GREY or (png[0] == 16 and png[1] in (0, 4)) or picture.mode in deep.MODES
    return Header(
        width, height, grey,
        depth="float" if picture.mode == "F" else "whole" if whole else "8",
        bits=32 if picture.mode == "F" else 16 if whole else 8,
        clear=picture.mode in CLEAR or picture.info.get("transparency") is not None,
        more=bool(getattr(picture, "is_animated", False)),
        channels=picture.format == "TIFF" and _spare(picture),
        mode=picture.mode,
        profile=_other_profile(picture.info.get("icc_profile")),
    )  # fmt: skip


def _turned(file: BinaryIO, picture: Image.Image) -> bool:
    """Whether its camera lay on its side. A PNG is decoded only where it says anything of the kind."""
    if picture.format == "TIFF":  # its size is given upright
        return False
    if picture.format == "PNG":
        at = file.tell()
        may = deep.png_may_turn(file)
        file.seek(at)
        if not may:
            return False
    return _orientation(picture) >= 5


def _orientation(picture: Image.Image) -> int:
    """1 to 8; 1, as a viewer takes it, where it is damaged."""
    try:
        found = picture.getexif().get(_ORIENTATION, 1)
    except Exception:  # damaged EXIF raises what it likes
        return 1
    return found if found in range(1, 9) else 1


def _spare(picture: Image.Image) -> bool:
    extra = picture.tag_v2.get(tiff.EXTRA, ())
    return 0 in (extra if isinstance(extra, tuple) else (extra,))


def _other_profile(profile: bytes | None) -> bool:
    """Whether a colour profile is there that its own description does not call sRGB or grey."""
    return bool(profile) and not any(word in profile for word in (b"sRGB", b"s\0R\0G\0B", b"GRAY"))


def _check_size(width: int, height: int, name: str) -> None:
    if width * height > MAX_PIXELS:
        raise BadInput(
            f"{name}: expected at most {MAX_PIXELS:,} pixels, found {width:,} x {height:,} = {width * height:,}"
        )
    if min(width, height) < MIN_SIDE:
        raise BadInput(f"{name}: expected at least {MIN_SIDE} x {MIN_SIDE} pixels, found {width} x {height}")


def _finite(found: Numbers, name: str) -> Numbers:
    if found.pixels.dtype.kind == "f" and not np.isfinite(found.pixels).all():
        raise BadInput(f"{name}: expected finite pixels, found NaN or infinity")
    return found
