"""Transparent, turned, printed, animated: whatever a file stores, the registered pixels are what a viewer shows."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from backend.data import decode_images
from backend.data.pixels import kinds
from backend.data.source import Encoded
from backend.workspace.layout import BadInput

SIDE = 24
INK = np.zeros((SIDE, SIDE), bool)
INK[6:15, 4:20] = True


def written(picture: Image.Image, kind: str, **options) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def stacked(files: list[bytes]) -> decode_images.Stack:
    return decode_images.stack(
        [Encoded(f"{i}", lambda f=f: io.BytesIO(f)) for i, f in enumerate(files)], None, "set", lambda *_: None
    )


def drawing(mode: str, ink: int, under: int) -> Image.Image:
    """Ink of one grey where INK is, and another one, which nobody sees, where it is transparent."""
    grey = np.where(INK, ink, under).astype(np.uint8)
    alpha = np.where(INK, 255, 0).astype(np.uint8)
    if mode == "P":
        picture = Image.fromarray(INK.astype(np.uint8)).convert("P")
        picture.putpalette([under] * 3 + [ink] * 3)
        picture.info["transparency"] = 0
        return picture
    return Image.fromarray(np.dstack([grey] * (3 if mode == "RGBA" else 1) + [alpha]))


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("RGBA", "PNG"), ("LA", "PNG"), ("P", "PNG"), ("P", "GIF"), ("RGBA", "WEBP"), ("RGBA", "TIFF"), ("LA", "TIFF")],
)
@pytest.mark.parametrize(
    ("ink", "under", "ground"), [(0, 0, "white"), (0, 255, "white"), (255, 255, "black"), (255, 0, "black")]
)
def test_ink_on_a_transparent_ground_stays(mode, kind, ink, under, ground):
    """The same drawing gives the same pixels in every file type, whatever lies unseen below."""
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {"transparency": 0} if mode == "P" else {}
    made = stacked([written(drawing(mode, ink, under), kind, **options)] * 3)
    assert made.ground == ground
    assert made.on_ground == 3
    assert (made.images == np.where(INK, ink, 255 - ink)).all()


def test_one_ground_for_a_whole_set():
    """Drawings on white and the same on nothing are the same pictures."""
    clear, white = drawing("RGBA", 0, 0), Image.fromarray(np.where(INK, 0, 255).astype(np.uint8)).convert("RGB")
    made = stacked([written(clear, "PNG"), written(white, "PNG"), written(white, "BMP"), written(clear, "TIFF")])
    assert (made.images == made.images[0]).all()
    assert (made.ground, made.on_ground) == ("white", 2)


def test_black_and_white_ink_in_one_set_are_put_on_grey():
    made = stacked([written(drawing("RGBA", ink, 0), "PNG") for ink in (0, 255)])
    assert made.ground == "grey"
    assert {tuple(np.unique(image)) for image in made.images} == {(0, 128), (128, 255)}


def test_half_transparent_edges_are_mixed_with_the_ground():
    pixels = np.zeros((SIDE, SIDE, 4), np.uint8)
    pixels[INK] = (40, 80, 120, 255)
    pixels[0, 0] = (40, 80, 120, 51)  # a fifth
    made = stacked([written(Image.fromarray(pixels), "PNG")])
    assert made.images[0, :, 0, 0].tolist() == [212, 220, 228]


def test_a_picture_with_alpha_that_hides_nothing_is_as_it_was():
    pixels = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 4), dtype=np.uint8)
    pixels[..., 3] = 255
    made = stacked([written(Image.fromarray(pixels), "PNG")])
    assert made.ground is None
    assert (made.images[0] == pixels[..., :3].transpose(2, 0, 1)).all()


def test_one_colour_of_a_png_that_stands_for_transparent():
    pixels = np.where(INK[..., None], (10, 20, 30), (0, 255, 0)).astype(np.uint8)
    made = stacked([written(Image.fromarray(pixels), "PNG", transparency=(0, 255, 0))])
    assert (made.images[0][:, ~INK] == 255).all()
    assert made.images[0][:, 8, 8].tolist() == [10, 20, 30]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_as_a_viewer_turns_it(kind, orientation):
    """All eight orientations, not square, in every file type that tells one."""
    pixels = np.full((16, 24), 20, np.uint8)
    pixels[:8, :8] = 230
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {"quality": 95} if kind == "JPEG" else {}
    by = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_270", 7: "TRANSVERSE",
          8: "ROTATE_90"}  # fmt: skip
    flat = Image.fromarray(pixels)
    upright = np.asarray(flat.transpose(Image.Transpose[by[orientation]]) if orientation > 1 else flat)
    made = stacked([written(flat.convert("RGB"), kind, exif=exif, **options)])
    assert list(made.sizes) == [upright.shape]
    assert abs(made.images[0, 0].astype(int) - upright).max() <= 4


def test_orientation_behind_the_pixels_of_a_png():
    """The chunk may stand anywhere: the header pass finds it without decoding."""
    pixels = np.full((16, 24), 20, np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    plain = written(Image.fromarray(pixels), "PNG", exif=exif)
    at = plain.index(b"eXIf") - 4
    length = int.from_bytes(plain[at : at + 4], "big") + 12
    end = plain.index(b"IEND") - 4
    late = plain[:at] + plain[at + length : end] + plain[at : at + length] + plain[end:]
    made = stacked([late])
    assert list(made.sizes) == [(24, 16)]
    assert made.images.shape == (1, 1, 24, 16)


@pytest.mark.parametrize(("mode", "top"), [("1", 255), ("L", 1), ("P", 255)])
def test_masks_of_two_values_are_seen(mode, top):
    """Black and white, however the two are stored; 0 and 1 in a grey picture would be black."""
    picture = Image.fromarray(np.where(INK, top, 0).astype(np.uint8))
    made = stacked([written(picture.convert("P") if mode == "P" else picture.convert(mode), "PNG")] * 2)
    assert (made.images == np.where(INK, 255, 0)).all()
    assert made.scaled.scale.high == (1 if mode == "L" else 255)


def test_a_mask_of_four_classes_that_is_resized_is_scaled_before():
    classes = np.zeros((128, 128), np.uint8)
    classes[:, 64:] = 3
    made = stacked([written(Image.fromarray(classes), "PNG")])
    assert made.images.shape == (1, 1, 64, 64)
    assert (made.images[0, 0, :, :24] == 0).all()
    assert (made.images[0, 0, :, 40:] == 255).all()


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "PNG", "WEBP"])
def test_of_several_pages_or_frames_the_first_is_used_and_it_is_said(kind):
    """Counted and named."""
    frames = [Image.fromarray(np.where(INK, 200, grey).astype(np.uint8)) for grey in (0, 90, 180)]
    options = {"lossless": True} if kind == "WEBP" else {}
    many = written(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    made = stacked([many, written(frames[0], "PNG")])
    assert (made.images[0] == made.images[1]).all()
    assert [left.sentence() for left in made.left_out if left] == [
        "1 image has further pages or frames, which were left out: 0."
    ]


def test_printing_colours_are_turned_into_rgb_and_said():
    cmyk = Image.merge("CMYK", [Image.new("L", (SIDE, SIDE), v) for v in (255, 0, 0, 0)])  # cyan
    made = stacked([written(cmyk, "TIFF")])
    assert made.images[0, :, 0, 0].tolist() == [0, 255, 255]
    assert made.notes == ["1 image is in printing colours (CMYK): turned into RGB without a colour profile."]


def test_a_colour_profile_is_named():
    picture = Image.new("RGB", (SIDE, SIDE), (200, 10, 10))
    made = stacked([written(picture, "PNG", icc_profile=b"a profile of Adobe RGB"), written(picture, "PNG")])
    assert made.notes == ["1 image has a colour profile other than sRGB, which was not applied."]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "WEBP", "TIFF", "GIF", "PPM"])
def test_a_file_is_what_its_first_bytes_say(kind):
    assert kinds.picture(written(Image.new("RGB", (SIDE, SIDE)), kind)) == kind


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"", "an empty file (0 bytes)"),
        (b"<!DOCTYPE html><title>404</title>", "a web page"),
        (b"\xef\xbb\xbf\n <HTML>", "a web page"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "AVIF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
        (bytes(128) + b"DICM", "DICOM"),
        (b"%PDF-1.7", "PDF"),
        (b"PK\3\4", "zip"),
        (b"a note on caf\xc3\xa9", "text"),
        (bytes(300), "zeros"),
        (b"BM on the train", "text"),
        (b"P1 was here", "text"),
        (b"\x93\xfe\xffgibberish", "another kind of file"),
    ],
)
def test_what_is_no_picture_is_called_what_it_is(payload, said):
    with pytest.raises(BadInput) as caught:
        stacked([payload])
    assert str(caught.value).endswith(f"found {said}")


def test_all_damaged_files_are_counted_and_the_first_named():
    whole = written(Image.fromarray(np.random.default_rng(0).integers(0, 255, (SIDE, SIDE), dtype=np.uint8)), "PNG")
    with pytest.raises(BadInput) as caught:
        stacked([whole, whole[:200], whole, whole[:250], whole[:300], whole[:350]])
    assert str(caught.value).startswith("1: expected a whole image, found a damaged one")
    assert str(caught.value).endswith("; 3 more are refused: 3, 4, ...")


def test_an_upload_with_ink_on_a_transparent_ground():
    black = written(drawing("RGBA", 0, 0), "PNG")
    made = stacked([black])
    assert (decode_images.one(black, (3, SIDE, SIDE), "upload", {"ground": "white"})[0] == made.images[0]).all()
    assert (decode_images.one(black, (3, SIDE, SIDE), "upload")[0] == made.images[0]).all()
    white = decode_images.one(written(drawing("LA", 255, 0), "PNG"), (1, SIDE, SIDE), "upload")
    assert (white[0, 0] == np.where(INK, 255, 0)).all()
