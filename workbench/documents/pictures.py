"""Pictures inside a document: PNG as data URIs, maps of attribution in the house's two colours."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image


def uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()


def png_uri(pixels: np.ndarray) -> str:
    """uint8 H x W x 3 (or H x W) as a data URI."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format="PNG", optimize=True)
    return uri(out.getvalue())


def signed(values: np.ndarray) -> np.ndarray:
    """A signed map (float, H x W) as uint8 H x W x 3: orange for, blue against, white for nothing.

    Scaled by its own 99th percentile, so that single pixels do not hide the rest.
    """
    scale = float(np.percentile(np.abs(values), 99)) or 1.0
    share = np.clip(values / scale, -1, 1)[..., None]
    towards = np.where(share > 0, np.array([213, 94, 0]), np.array([0, 114, 178]))  # theme.PALETTE 1 and 0
    return np.round(255 + (towards - 255) * np.abs(share)).astype(np.uint8)
