"""One uploaded picture, made to fit the data set that an encoder was trained on."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from backend.data.decode_images import one
from backend.workspace.layout import BadInput


def encoded(pixels: np.ndarray, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind)
    return out.getvalue()


def test_a_picture_of_the_right_size_keeps_its_pixels():
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    assert (one(encoded(pixels), (3, 16, 16), "upload")[0] == pixels.transpose(2, 0, 1)).all()


def test_another_size_is_fitted_and_colours_are_those_of_the_data_set():
    wide = np.zeros((40, 80, 3), dtype=np.uint8)
    wide[:, 20:60] = 255  # the centre square is white
    grey = one(encoded(wide), (1, 16, 16), "upload")
    assert grey.shape == (1, 1, 16, 16)
    assert grey.min() > 200
    assert one(encoded(wide[..., 0]), (3, 16, 16), "upload").shape == (1, 3, 16, 16)


def test_a_data_set_that_is_not_square_takes_its_own_size_only():
    pixels = np.zeros((12, 20), dtype=np.uint8)
    assert one(encoded(pixels), (1, 12, 20), "upload").shape == (1, 1, 12, 20)
    with pytest.raises(BadInput, match="upload: expected 20 x 12 pixels as in the data set, found 12 x 20"):
        one(encoded(pixels.T.copy()), (1, 12, 20), "upload")


def test_half_a_picture_is_one_clear_line():
    with pytest.raises(BadInput, match="upload: expected a whole image"):
        one(encoded(np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8))[:2000], (1, 16, 16), "upload")
