"""Handwritten digits, 1,797 images of 8 x 8 pixels doubled to 16 x 16 (scikit-learn; Alpaydin and Kaynak 1998)."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from . import Sample, SampleParams


class Params(SampleParams):
    n: int = Field(1797, ge=40, le=1797, description="Images, the first n of the set")


def make(params: Params) -> Sample:
    """The 17 grey levels 0..16 are spread over 0..255; each pixel is repeated, so that nothing is invented."""
    from sklearn.datasets import load_digits  # slow to import, and the catalogue needs only Params

    digits = load_digits()
    pixels = np.rint(digits.images[: params.n] * (255 / 16)).astype(np.uint8)
    doubled = pixels.repeat(2, axis=1).repeat(2, axis=2)
    return Sample(images=doubled[..., None], columns={"digit": digits.target[: params.n]}, label="digit")
