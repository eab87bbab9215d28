"""Pictures of more than 8 bits a channel as the numbers that stand in the file: 16-bit PNG, deep TIFF, PGM and PFM.

Pillow gives 16-bit colour as 8 bits and drops the rest. A PNG's rows are unpacked twice, once for the upper bytes of
the samples and once for the lower ones; TIFF has a module of its own.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from PIL import Image

from . import tiff

MODES = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")  # of pictures that Pillow itself reads as numbers
_COLOURS = {0: 1, 2: 3, 4: 1, 6: 3}  # of PNG colour types
_TURNING = (b"Raw profile type exif", b"Raw profile type APP1", b"XML:com.adobe.xmp")


@dataclass(frozen=True)
class Numbers:
    """H x W x C (1 or 3) as they stand in the file, upright; alpha H x W in 0..1 or None; whether 0 is white."""

    pixels: np.ndarray
    alpha: np.ndarray | None
    inverted: bool = False


def png_depth(head: bytes) -> tuple[int, int]:
    """(bits a sample, colour type) of a PNG, from its first bytes; (0, 0) where they are too few."""
    return (head[24], head[25]) if len(head) > 25 else (0, 0)


def png_chunks(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """(name, where its data begins, length) of every chunk of a PNG; only their headers are read."""
    at = 8
    while True:
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            return
        length, name = struct.unpack(">I4s", head)
        yield name, at + 8, length
        if name == b"IEND":
            return
        at += 12 + length


def png_may_turn(file: BinaryIO) -> bool:
    """Whether a PNG says anywhere which way is up; a file that does not need not be decoded to know."""
    for name, start, length in png_chunks(file):
        if name == b"eXIf":
            return True
        if name in (b"tEXt", b"zTXt", b"iTXt"):
            file.seek(start)
            if file.read(min(length, 32)).startswith(_TURNING):
                return True
    return False


def from_png(file: BinaryIO, picture: Image.Image, orientation: int) -> Numbers:
    """A PNG of 16 bits a sample; `picture` is the same, open and loaded (so it is known to be whole)."""
    chunks = list(png_chunks(file))
    file.seek(8)
    width, height, _, kind, _, _, interlaced = struct.unpack(">IIBBBBB", file.read(21)[8:])
    packed = b"".join(_read(file, start, length) for name, start, length in chunks if name == b"IDAT")

    def unpacked(mode: str, raw: str) -> np.ndarray:
        return np.asarray(Image.frombytes(mode, (width, height), packed, "zip", (raw, interlaced)))

    if kind in (0, 4):  # two or four bytes a pixel, as LA and RGBA have them
        mode = "LA" if kind == 0 else "RGBA"
        samples = unpacked(mode, mode).view(">u2").astype(np.uint16)
    else:
        mode = "RGB" if kind == 2 else "RGBA"
        high, low = (unpacked(mode, f"{mode};16{end}") for end in "BL")
        samples = (high.astype(np.uint16) << 8) | low
    samples = tiff.turned(samples, orientation)
    colours = np.ascontiguousarray(samples[..., : _COLOURS[kind]])
    if kind in (4, 6):
        return Numbers(colours, np.ascontiguousarray(samples[..., -1]) / 65535)
    return Numbers(colours, _keyed(colours, picture.info.get("transparency")))


def from_tiff(file: BinaryIO) -> Numbers:
    return Numbers(*tiff.numbers(file, tiff.layout(file)))


def from_picture(picture: Image.Image) -> Numbers:
    """A picture that Pillow reads as numbers (PGM and PFM of more than 8 bits)."""
    return Numbers(np.asarray(picture)[..., None], None)


def _keyed(colours: np.ndarray, key: int | tuple[int, ...] | None) -> np.ndarray | None:
    """Alpha where one colour stands for transparent (tRNS)."""
    if not isinstance(key, int | tuple):
        return None
    return (colours != np.asarray(key, dtype=np.uint16)).any(axis=-1).astype(np.float64)


def _read(file: BinaryIO, start: int, length: int) -> bytes:
    file.seek(start)
    return file.read(length)
