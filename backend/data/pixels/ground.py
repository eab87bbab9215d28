"""What transparent pictures are put on. Ink that is black where the ground would be black is lost, so it is chosen.

One ground for a whole data set and every file type: white, black or grey, the one from which the ink (the mean of the
visible pixels) of nearly every picture differs most. White where it does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

GROUNDS = {"white": 255, "black": 0, "grey": 128}
FEW = 0.05  # of the pictures: how many may lie near the ground without deciding it
_LUMA = np.array([299, 587, 114]) / 1000  # ITU-R BT.601


def ink(pixels: np.ndarray, alpha: np.ndarray) -> float | None:
    """The mean brightness (0 to 255) of what is visible of a picture that is transparent somewhere, else None.

    pixels: uint8 H x W x 1 or 3; alpha: H x W in 0..1.
    """
    total = alpha.sum()
    if alpha.min() >= 1 or total == 0:
        return None
    brightness = pixels[..., 0] if pixels.shape[-1] == 1 else pixels @ _LUMA
    return float((brightness * alpha).sum() / total)


def choose(inks: Sequence[float]) -> str:
    """The ground for pictures of such inks."""
    found = np.asarray(inks, dtype=float)

    def apart(name: str) -> float:
        return float(np.quantile(abs(found - GROUNDS[name]), FEW, method="lower"))

    return max(GROUNDS, key=apart)


def put(pixels: np.ndarray, alpha: np.ndarray, ground: str) -> np.ndarray:
    """uint8 H x W x C of the picture on its ground."""
    if alpha.min() >= 1:
        return pixels
    share = alpha[..., None]
    return np.rint(pixels * share + GROUNDS[ground] * (1 - share)).astype(np.uint8)
