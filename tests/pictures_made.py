"""Pictures that common writers do not make: 16-bit colour PNG, TIFF of any layout. Written byte by byte."""

from __future__ import annotations

import struct
import zlib
from itertools import product

import numpy as np

ADAM7 = [
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
]  # x, y, by x, by y
KINDS = {1: 0, 2: 4, 3: 2, 4: 6}  # PNG's colour type by the number of channels


def png16(
    pixels: np.ndarray, chunks: tuple[tuple[bytes, bytes], ...] = (), late: bool = False, interlaced: bool = False
):
    """A PNG of uint16 H x W x C (C of 1 to 4); other chunks stand before its pixels, or behind them when `late`."""
    height, width, channels = pixels.shape
    passes = ADAM7 if interlaced else [(0, 0, 1, 1)]
    rows = b"".join(
        b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels[y::by_y, x::by_x])
        for x, y, by_x, by_y in passes
        if pixels[y::by_y, x::by_x].size
    )
    body = [(b"IDAT", zlib.compress(rows))]
    head = struct.pack(">IIBBBBB", width, height, 16, KINDS[channels], 0, 0, interlaced)
    parts = [(b"IHDR", head), *(body if late else chunks), *(chunks if late else body), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )


def tiff(
    pixels: np.ndarray,
    *,
    order: str = "<",
    photometric: int | None = None,
    extra: tuple[int, ...] = (),
    compression: int = 1,
    predictor: int = 1,
    planar: bool = False,
    tile: int = 0,
    rows: int = 0,
    orientation: int = 1,
    packed: int = 0,
    pages: int = 1,
) -> bytes:
    """A TIFF of H x W x C of any dtype. tile: side of tiles; rows: of a strip; packed: bits a sample, side by side."""
    height, width, channels = pixels.shape
    layers = [pixels[..., c : c + 1] for c in range(channels)] if planar else [pixels]
    high, wide = (tile, tile) if tile else (rows or height, width)
    blocks = []
    for layer, y, x in product(layers, range(0, height, high), range(0, width, wide)):
        block = layer[y : y + high, x : x + wide]
        if tile:
            block = np.pad(block, [(0, high - block.shape[0]), (0, wide - block.shape[1]), (0, 0)])
        blocks.append(_compressed(_bytes(block, order, predictor, packed), compression))
    bits = packed or pixels.dtype.itemsize * 8
    form = {"u": 1, "i": 2, "f": 3}[pixels.dtype.kind]
    photometric = photometric if photometric is not None else 2 if channels >= 3 else 1
    offsets, at = [], 8
    for block in blocks:
        offsets.append(at)
        at += len(block)
    places = (324, 325) if tile else (273, 279)
    entries = {
        256: [width], 257: [height], 258: [bits] * channels, 259: [compression], 262: [photometric], 274: [orientation],
        277: [channels], 284: [2 if planar else 1], 317: [predictor], 339: [form] * channels,
        places[0]: offsets, places[1]: [len(b) for b in blocks],
        **({322: [tile], 323: [tile]} if tile else {278: [high]}), **({338: list(extra)} if extra else {}),
    }  # fmt: skip
    mark = {"<": b"II", ">": b"MM"}[order]
    out, directories = mark + struct.pack(f"{order}HI", 42, at) + b"".join(blocks), b""
    for page in range(pages):
        directory = _directory(entries, order, at + len(directories), last=page == pages - 1)
        directories += directory
    return out + directories


def _directory(entries: dict[int, list[int]], order: str, at: int, last: bool) -> bytes:
    count = len(entries)
    long_at, head, tail = at + 2 + 12 * count + 4, b"", b""
    for tag, values in sorted(entries.items()):
        body = struct.pack(f"{order}{len(values)}I", *values)
        place = body if len(values) == 1 else struct.pack(f"{order}I", long_at + len(tail))
        tail += b"" if len(values) == 1 else body
        head += struct.pack(f"{order}HHI", tag, 4, len(values)) + place
    following = 0 if last else long_at + len(tail)
    return struct.pack(f"{order}H", count) + head + struct.pack(f"{order}I", following) + tail


def _bytes(block: np.ndarray, order: str, predictor: int, packed: int) -> bytes:
    if packed:
        ones = (block.reshape(len(block), -1, 1) >> np.arange(packed - 1, -1, -1)) & 1
        return np.packbits(ones.reshape(len(block), -1).astype(np.uint8), axis=1).tobytes()
    size = block.dtype.itemsize
    if predictor == 2:
        whole = block.view(f"u{size}")
        block = np.concatenate([whole[:, :1], np.diff(whole, axis=1)], axis=1)
    if predictor == 3:
        flat = block.reshape(len(block), -1).astype(block.dtype.newbyteorder(">"))
        planes = (
            flat.view(np.uint8).reshape(len(block), -1, size).transpose(0, 2, 1).reshape(len(block), -1, block.shape[2])
        )
        return np.concatenate([planes[:, :1], np.diff(planes, axis=1)], axis=1).astype(np.uint8).tobytes()
    return block.astype(block.dtype.newbyteorder(order)).tobytes()


def _compressed(data: bytes, compression: int) -> bytes:
    if compression in (8, 32946):
        return zlib.compress(data)
    if compression == 32773:  # PackBits, literal runs alone
        return b"".join(bytes([len(data[i : i + 128]) - 1]) + data[i : i + 128] for i in range(0, len(data), 128))
    if compression == 5:
        return _lzw(data)
    return data


def _lzw(data: bytes) -> bytes:
    """LZW of TIFF that starts its table anew before it would take more than nine bits a code."""
    codes, known, held = [256], {bytes([i]): i for i in range(256)}, b""
    for byte in data:
        longer = held + bytes([byte])
        if longer in known:
            held = longer
            continue
        codes.append(known[held])
        known[longer] = len(known) + 2
        held = bytes([byte])
        if len(known) + 2 >= 510:
            codes += [known[held], 256]
            known, held = {bytes([i]): i for i in range(256)}, b""
    codes += ([known[held]] if held else []) + [257]
    ones = "".join(f"{code:09b}" for code in codes)
    return int(ones.ljust(-(-len(ones) // 8) * 8, "0"), 2).to_bytes(-(-len(ones) // 8), "big")
