"""Pictures of more than 8 bits a channel: read as they stand in the file, scaled together, never cut to a byte."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image

from backend.data import decode_images
from backend.data.pixels import opening
from backend.data.source import Encoded
from backend.workspace.layout import BadInput
from tests.pictures_made import png16, tiff

RNG = np.random.default_rng(0)
WIDE, HIGH = 21, 13  # nothing even, nothing square


def numbers(dtype: str, channels: int) -> np.ndarray:
    if np.dtype(dtype).kind == "f":
        return RNG.normal(0, 3, (HIGH, WIDE, channels)).astype(dtype)
    ends = np.iinfo(dtype)
    return RNG.integers(ends.min, ends.max, (HIGH, WIDE, channels), dtype=dtype, endpoint=True)


def read(payload: bytes):
    """(header, Numbers) of a picture as registering reads it."""
    item = Encoded("x", lambda: io.BytesIO(payload))
    head = opening.header(item)
    return head, opening.pixels(item, head.grey, head.clear)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_png_of_sixteen_bits_gives_its_numbers(channels, interlaced):
    pixels = numbers("u2", channels)
    head, found = read(png16(pixels, interlaced=interlaced))
    assert (head.width, head.height, head.grey, head.depth) == (WIDE, HIGH, channels < 3, "whole")
    assert found.pixels.dtype == np.uint16
    assert (found.pixels == pixels[..., : 1 if channels < 3 else 3]).all()
    if channels in (2, 4):
        assert (found.alpha == pixels[..., -1] / 65535).all()
    else:
        assert found.alpha is None


@pytest.mark.parametrize("dtype", ["u2", "u4", "i2", "i4", "u8", "f2", "f4", "f8", "i1"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_tiff_of_any_numbers(dtype, order, channels):
    pixels = numbers(dtype, channels)
    head, found = read(tiff(pixels, order=order))
    assert (head.width, head.height, head.grey) == (WIDE, HIGH, channels == 1)
    assert found.pixels.dtype == pixels.dtype
    assert (found.pixels == pixels).all()


@pytest.mark.parametrize(
    "layout",
    [
        {"rows": 4}, {"tile": 16}, {"planar": True}, {"planar": True, "rows": 5}, {"planar": True, "tile": 16},
        {"compression": 8}, {"compression": 8, "predictor": 2}, {"compression": 32946, "predictor": 2, "tile": 16},
        {"compression": 5, "rows": 3}, {"compression": 5, "predictor": 2}, {"compression": 32773},
        {"compression": 8, "predictor": 2, "order": ">"}, {"compression": 8, "planar": True, "predictor": 2},
    ],
)  # fmt: skip
@pytest.mark.parametrize("channels", [1, 3])
def test_a_tiff_of_any_layout(layout, channels):
    pixels = numbers("u2", channels)
    assert (read(tiff(pixels, **layout))[1].pixels == pixels).all()


@pytest.mark.parametrize("dtype", ["f4", "f8", "f2"])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_predictor_of_floats(dtype, channels):
    pixels = numbers(dtype, channels)
    assert (read(tiff(pixels, compression=8, predictor=3))[1].pixels == pixels).all()


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_samples_that_lie_bit_after_bit(bits):
    pixels = RNG.integers(0, 2**bits, (HIGH, WIDE, 1), dtype=np.uint16)
    assert (read(tiff(pixels, packed=bits))[1].pixels == pixels).all()


@pytest.mark.parametrize("write", [lambda a, n: tiff(a, orientation=n), lambda a, n: png16(a, ((b"eXIf", exif(n)),))])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright_as_a_viewer_shows_it(write, orientation):
    """Against Pillow's own turning of an 8-bit picture."""
    pixels = numbers("u2", 1)
    by = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_270", 7: "TRANSVERSE",
          8: "ROTATE_90"}  # fmt: skip
    low = Image.fromarray((pixels[..., 0] & 255).astype(np.uint8))
    upright = low.transpose(Image.Transpose[by[orientation]]) if orientation > 1 else low
    head, found = read(write(pixels, orientation))
    assert (head.width, head.height) == upright.size
    assert (found.pixels[..., 0] & 255 == np.asarray(upright)).all()


def exif(orientation: int) -> bytes:
    return b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def test_alpha_that_the_colours_were_multiplied_by():
    pixels = numbers("u2", 4)
    pixels[..., 3] = 32768
    pixels[..., :3] //= 2
    found = read(tiff(pixels, extra=(1,)))[1]
    assert found.alpha == pytest.approx(np.full((HIGH, WIDE), 32768 / 65535))
    assert abs(found.pixels.astype(int) - pixels[..., :3].astype(int) * 65535 / 32768).max() <= 1


def test_a_colour_that_stands_for_transparent():
    pixels = numbers("u2", 3)
    pixels[2, 3] = pixels[5, 7] = (1, 2, 60000)
    found = read(png16(pixels, ((b"tRNS", struct.pack(">3H", 1, 2, 60000)),)))[1]
    assert np.argwhere(found.alpha == 0).tolist() == [[2, 3], [5, 7]]


def stacked(files: list[bytes]) -> decode_images.Stack:
    items = [Encoded(f"{i}", lambda f=f: io.BytesIO(f)) for i, f in enumerate(files)]
    return decode_images.stack(items, None, "set", lambda *_: None)


def deep(n: int = 6, channels: int = 3, high: int = 4000) -> np.ndarray:
    return RNG.integers(0, high, (n, HIGH, WIDE, channels), dtype=np.uint16)


@pytest.mark.parametrize("write", [png16, tiff])
@pytest.mark.parametrize("channels", [1, 3])
def test_twelve_bits_in_a_container_of_sixteen(write, channels):
    pixels = deep(channels=channels)
    made = stacked([write(p) for p in pixels])
    assert (made.images == np.rint(pixels.transpose(0, 3, 1, 2) / 4095 * 255)).all()
    assert (made.scaled.scale.kind, made.scaled.scale.high, made.scaled.cut) == ("12", 4095, 0)
    assert (made.scaled.ends[:, 1] == pixels.max(axis=(1, 2, 3))).all()


def test_one_scale_for_all_pictures_however_dark_one_is():
    pixels = deep()
    pixels[3] //= 8
    made = stacked([png16(p) for p in pixels])
    assert made.images[3].max() < 33
    assert made.images.max() > 240


def test_white_is_zero():
    """As MONOCHROME1 of a hospital: Pillow leaves it inverted where there are more than 8 bits."""
    pixels = deep(channels=1)
    dark, bright = stacked([tiff(p, photometric=0) for p in pixels]), stacked([tiff(p) for p in pixels])
    assert (dark.images == 255 - bright.images).all()


def test_signed_numbers_keep_their_order():
    pixels = RNG.integers(-1000, 3000, (6, HIGH, WIDE, 1), dtype=np.int16)
    made = stacked([tiff(p) for p in pixels])
    order = np.argsort(pixels.ravel(), kind="stable")
    assert (np.diff(made.images.transpose(0, 2, 3, 1).ravel()[order].astype(int)) >= 0).all()
    assert np.ptp(made.images) == 255


def test_deep_ink_on_a_transparent_ground():
    pixels = np.zeros((HIGH, WIDE, 2), np.uint16)
    pixels[3:9, 4:15, 1] = 65535  # black ink
    pixels[4, 5, 0] = 65000
    made = stacked([png16(pixels)] * 3)
    assert made.ground == "white"
    assert made.images[0, 0, 0, 0] == 255
    assert made.images[0, 0, 8, 14] == 0


def test_eight_bits_beside_sixteen_are_refused():
    eight = io.BytesIO()
    Image.fromarray(numbers("u1", 3)).save(eight, "PNG")
    with pytest.raises(
        BadInput, match=r"2: expected 8 bits a channel as in the other images of set, found 16-bit whole"
    ):
        stacked([eight.getvalue(), eight.getvalue(), png16(deep(1)[0])])


def test_floats_that_are_no_numbers_are_named():
    pixels = numbers("f4", 1)
    pixels[0, 0] = np.nan
    with pytest.raises(BadInput, match="1: expected finite pixels, found NaN"):
        stacked([tiff(numbers("f4", 1)), tiff(pixels)])


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (tiff(numbers("u2", 4), photometric=1), "found 4 channels of 16 bits"),
        (tiff(numbers("u2", 4), photometric=5), "photometric interpretation 5"),
        (tiff(numbers("u2", 1), compression=7), "a TIFF compression (7)"),
        (tiff(numbers("u2", 1))[:200], "expected a readable image"),
        (tiff(numbers("u2", 1), compression=8).replace(b"\x78\x9c", b"\x79\x9c", 1), "found a damaged one"),
        (png16(numbers("u2", 3))[:200], "expected a"),
    ],
)
def test_what_is_not_read_is_one_line(payload, said):
    with pytest.raises(BadInput) as caught:
        read(payload)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("channels", [2, 5])
def test_further_channels_are_left_out_and_said(channels):
    pixels = deep(channels=channels)
    made = stacked([tiff(p) for p in pixels])
    colours = pixels[..., : 1 if channels == 2 else 3]
    assert (made.images == np.rint(colours.transpose(0, 3, 1, 2) / 4095 * 255)).all()
    said = [left.sentence() for left in made.left_out if left]
    assert said == ["6 images have further channels, which were left out: 0, 1, 2 and others."]


def test_an_upload_is_read_as_the_data_set_was():
    pixels = deep()
    made = stacked([png16(p) for p in pixels])
    known = {"low": 0, "high": 4095, "kind": "12", "deep": True}
    one = decode_images.one(png16(pixels[2]), (3, HIGH, WIDE), "upload", known)
    assert (one[0] == made.images[2]).all()
    eight = io.BytesIO()
    Image.fromarray(numbers("u1", 3)).save(eight, "PNG")
    with pytest.raises(BadInput, match="upload: expected more than 8 bits a channel as in the data set, found 8"):
        decode_images.one(eight.getvalue(), (3, HIGH, WIDE), "upload", known)
    with pytest.raises(BadInput, match="upload: expected 8 bits a channel as in the data set, found 16-bit"):
        decode_images.one(png16(pixels[2]), (3, HIGH, WIDE), "upload")
