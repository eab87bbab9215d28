"""TIFF files of more than 8 bits a sample, as the numbers that stand in them.

Pillow cuts 16-bit colour to 8 bits, reads signed bytes as unsigned ones, leaves deep WhiteIsZero pictures (MONOCHROME1)
inverted and refuses many layouts that microscopes and scanners write. Here are read: whole numbers of 8 to 64 bits,
signed or not, floats of 16 to 64; grey or RGB, with or without alpha; strips or tiles; chunky or planar; without
compression or with LZW, deflate, PackBits, zstd or LZMA; predictors 2 and 3. Tags: TIFF 6.0 and its supplements.
"""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, FILL, ORIENTATION, SAMPLES = 256, 257, 258, 259, 262, 266, 274, 277
ROWS, PLANAR, PREDICTOR, TILE_WIDTH, TILE_HEIGHT, EXTRA, FORMAT = 278, 284, 317, 322, 323, 338, 339
OFFSETS, COUNTS, TILE_OFFSETS, TILE_COUNTS = 273, 279, 324, 325
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB = 0, 1, 2
NONE, LZW, DEFLATE, PACKBITS, OLD_DEFLATE = 1, 5, 8, 32773, 32946
UNPACKED = (LZW, PACKBITS, 50000, 34925)  # by libtiff, which Pillow brings
MOST_BYTES = 2**30  # of one picture, decoded
_KINDS = {1: "u", 2: "i", 3: "f", 4: "u"}


@dataclass(frozen=True)
class Layout:
    """How the samples of a file's first page lie. `tags` are those of its directory."""

    width: int
    height: int
    bits: int
    kind: str  # "u", "i" or "f"
    colours: int  # 1 or 3
    extra: tuple[int, ...]  # 0: unspecified, 1: associated alpha, 2: alpha
    tags: Any
    more: bool  # whether other pages follow

    @property
    def samples(self) -> int:
        return self.colours + len(self.extra)

    @property
    def deep(self) -> bool:
        """Whether Pillow would change the numbers."""
        return self.bits > 8 or self.kind != "u"


class Unread(ValueError):
    """A layout that is not read; the text says what was found."""


def layout(file: BinaryIO) -> Layout:
    """The layout of the first page; whether it is one that `numbers` reads is found there. Raises Unread, OSError."""
    file.seek(0)
    head = file.read(8)
    head += file.read(8) if b"+" in head[:4] else b""
    tags = ImageFileDirectory_v2(head)
    file.seek(tags.next)
    tags.load(file)
    samples = _one(tags, SAMPLES, 1)
    photometric = _one(tags, PHOTOMETRIC, BLACK_IS_ZERO)
    bits, kinds = _many(tags, BITS, (1,)), {_KINDS.get(k, "?") for k in _many(tags, FORMAT, (1,))}
    if not 1 <= samples <= 64 or WIDTH not in tags or HEIGHT not in tags:
        raise Unread("a TIFF file without the size of its picture")
    colours = 3 if photometric == RGB and samples >= 3 else 1
    extra = (*_many(tags, EXTRA, ()), *[0] * samples)[: samples - colours]
    kind = kinds.pop() if len(kinds) == 1 else "?"
    return Layout(_one(tags, WIDTH), _one(tags, HEIGHT), max(bits), kind, colours, extra, tags, bool(tags.next))


def numbers(file: BinaryIO, found: Layout) -> tuple[np.ndarray, np.ndarray | None, bool]:
    """(H x W x 1 or 3 as they stand in the file, alpha H x W in 0..1 or None, whether 0 is white), upright.

    Raises Unread for a layout that is not read; what a damaged file raises is left to the caller.
    """
    tags = found.tags
    photometric = _one(tags, PHOTOMETRIC, BLACK_IS_ZERO)
    if photometric not in (WHITE_IS_ZERO, BLACK_IS_ZERO, RGB) or (photometric != RGB and found.samples > 2):
        raise Unread(f"{found.samples} channels of {found.bits} bits (TIFF photometric interpretation {photometric})")
    if len(set(_many(tags, BITS, (1,)))) > 1 or found.kind == "?" or _one(tags, FILL, 1) != 1:
        raise Unread("TIFF samples of several kinds")
    if found.width * found.height * found.samples * -(-found.bits // 8) > MOST_BYTES:
        raise Unread(f"{found.width:,} x {found.height:,} pixels of {found.samples} x {found.bits} bits: too much")
    planes = _planes(file, found)
    colour, alpha = planes[..., : found.colours], None
    if 1 in found.extra or 2 in found.extra:
        at = next(i for i, e in enumerate(found.extra) if e in (1, 2))
        alpha = _fraction(planes[..., found.colours + at])
        if found.extra[at] == 1:  # colours were multiplied by it
            kind, colour = colour.dtype, colour / np.maximum(alpha, 1e-9)[..., None]
            if kind.kind != "f":
                colour = np.rint(colour.clip(0, np.iinfo(kind).max)).astype(kind)
    turn = _one(tags, ORIENTATION, 1)
    upright = None if alpha is None else np.ascontiguousarray(turned(alpha, turn))
    return np.ascontiguousarray(turned(colour, turn)), upright, photometric == WHITE_IS_ZERO


def turned(array: np.ndarray, orientation: int) -> np.ndarray:
    """H x W (x C) as a viewer shows it whose file has this EXIF or TIFF orientation (1 to 8)."""
    if orientation >= 5:
        array = array.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        array = array[::-1]
    return array[:, ::-1] if orientation in (2, 3, 6, 7) else array


def _planes(file: BinaryIO, found: Layout) -> np.ndarray:
    """H x W x samples, put together from strips or tiles."""
    tags, planar = found.tags, _one(found.tags, PLANAR, 1) == 2
    tiled = TILE_OFFSETS in tags
    wide = _one(tags, TILE_WIDTH) if tiled else found.width
    high = _one(tags, TILE_HEIGHT) if tiled else min(_one(tags, ROWS, found.height), found.height)
    if not 0 < wide <= 2**16 or not 0 < high <= 2**24 or wide * high > 2**28:
        raise Unread(f"TIFF tiles of {wide:,} x {high:,}")
    offsets, counts = _many(tags, TILE_OFFSETS if tiled else OFFSETS), _many(tags, TILE_COUNTS if tiled else COUNTS)
    places = [(y, x) for y in range(0, found.height, high) for x in range(0, found.width, wide)]
    each, layers = (1, found.samples) if planar else (found.samples, 1)
    if len(offsets) < len(places) * layers or len(counts) != len(offsets):
        raise ValueError("strips are missing")
    out = None
    for at, (offset, count) in enumerate(zip(offsets, counts, strict=True)):
        if at >= len(places) * layers:
            break
        y, x = places[at % len(places)]
        rows = high if tiled else min(high, found.height - y)
        file.seek(offset)
        block = _block(file.read(count), found, rows, wide, each)
        if out is None:
            out = np.zeros((found.height, found.width, found.samples), dtype=block.dtype)
        first = at // len(places)
        part = block[: found.height - y, : found.width - x]
        out[y : y + len(part), x : x + part.shape[1], first : first + each] = part
    return out


def _block(payload: bytes, found: Layout, rows: int, wide: int, each: int) -> np.ndarray:
    """rows x wide x each samples of one strip or tile."""
    line = -(-wide * each * found.bits // 8)
    plain = _unpacked(payload, _one(found.tags, COMPRESSION, NONE), line, rows)
    if len(plain) < line * rows:
        raise ValueError("a strip is too short")
    data = np.frombuffer(plain, np.uint8, line * rows).reshape(rows, line)
    predictor = _one(found.tags, PREDICTOR, 1)
    if found.bits % 8:
        return _packed(data, found.bits, wide * each).reshape(rows, wide, each)
    size = found.bits // 8
    if size not in (1, 2, 4, 8) or (found.kind == "f" and size == 1):
        raise Unread(f"TIFF samples of {found.bits} bits")
    if predictor == 3:
        summed = np.cumsum(data.reshape(rows, -1, each), axis=1, dtype=np.uint8).reshape(rows, size, wide * each)
        flat = np.ascontiguousarray(summed.transpose(0, 2, 1)).view(f">{found.kind}{size}")
    else:
        order = "<" if found.tags.prefix[:2] == b"II" else ">"
        flat = data.view(f"{order}{found.kind}{size}")
    values = flat.reshape(rows, wide, each).astype(f"={found.kind}{size}")
    if predictor == 2:
        whole = f"u{size}"
        values = np.cumsum(values.view(whole), axis=1, dtype=whole).view(values.dtype)
    return values


def _unpacked(payload: bytes, compression: int, line: int, rows: int) -> bytes:
    if compression == NONE:
        return payload
    if compression in (DEFLATE, OLD_DEFLATE):
        return zlib.decompressobj().decompress(payload, line * rows)
    if compression not in UNPACKED:
        raise Unread(f"a TIFF compression ({compression}) of deep pictures that is not read")
    # libtiff sees the bytes as an 8-bit grey picture: it unpacks them and changes nothing
    entries = ((WIDTH, line), (HEIGHT, rows), (BITS, 8), (COMPRESSION, compression), (PHOTOMETRIC, BLACK_IS_ZERO),
               (OFFSETS, 0), (SAMPLES, 1), (ROWS, rows), (COUNTS, len(payload)))  # fmt: skip
    start = 8 + 2 + 12 * len(entries) + 4
    told = {**dict(entries), OFFSETS: start}
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in told.items())
    head = struct.pack("<2sHIH", b"II", 42, 8, len(entries)) + directory + struct.pack("<I", 0)
    with Image.open(io.BytesIO(head + payload), formats=("TIFF",)) as picture:
        return picture.tobytes()


def _packed(data: np.ndarray, bits: int, count: int) -> np.ndarray:
    """uint16 or uint32 of samples that lie bit after bit, the most significant first; rows end at a byte."""
    if not 8 < bits < 32:
        raise Unread(f"TIFF samples of {bits} bits")
    ones = np.unpackbits(data, axis=1)[:, : count * bits].reshape(len(data), count, bits)
    values = np.zeros((len(data), count), dtype=np.uint32)
    for at in range(bits):
        values = (values << 1) | ones[:, :, at]
    return values.astype(np.uint16) if bits <= 16 else values


def _fraction(alpha: np.ndarray) -> np.ndarray:
    """float64 in 0..1 of alpha samples of any kind."""
    most = 1.0 if alpha.dtype.kind == "f" else float(np.iinfo(alpha.dtype).max)
    return (alpha.astype(np.float64) / most).clip(0, 1)


def _one(tags: Any, tag: int, default: int | None = None) -> int:
    value = tags.get(tag, default)
    value = value[0] if isinstance(value, tuple) and value else value
    if not isinstance(value, int):
        raise Unread(f"a TIFF file whose tag {tag} is {value!r}")
    return value


def _many(tags: Any, tag: int, default: tuple[int, ...] = ()) -> tuple[int, ...]:
    value = tags.get(tag, default)
    return value if isinstance(value, tuple) else (value,)
