"""Small PNG pictures of a data set's rows, cut from its image artefact row by row and kept for the next look."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image

from ...workspace.layout import BadInput
from .._base import check_rows

MOST_ROWS = 2_000
SIDES = (8, 1_024)  # pixels
KEPT = 20_000  # pictures in memory, a few kB each


def thumbnails(stored: Any, manifest: dict[str, Any], rows: list[int], size: int | None) -> list[bytes]:
    """PNG bytes of each row; stored: backend/control/content/stored.py. Raises BadInput for rows or sizes out of
    bounds, NotFound for deleted images."""
    source = manifest["images"]
    if len(rows) > MOST_ROWS:
        raise BadInput(f"rows: expected at most {MOST_ROWS}, found {len(rows)}")
    if size is not None and not SIDES[0] <= int(size) <= SIDES[1]:
        raise BadInput(f"size: expected {SIDES[0]} to {SIDES[1]} pixels, found {size}")
    check_rows(rows, manifest)
    return [_cut(stored, source["sha256"], source["key"], int(row), size and int(size)) for row in rows]


@lru_cache(KEPT)
def _cut(stored: Any, sha256: str, key: str, row: int, size: int | None) -> bytes:
    return png(stored.array(sha256, key, slice(row, row + 1))[0], size)


def png(image: np.ndarray, size: int | None = None) -> bytes:
    """A uint8 image, C x H x W with 1 or 3 channels (of others the first is shown), as PNG."""
    picture = Image.fromarray(image.transpose(1, 2, 0) if len(image) == 3 else image[0])
    if size is not None:
        scale = size / max(picture.size)
        shape = [max(1, round(side * scale)) for side in picture.size]
        # Enlarged pixels stay pixels: a smooth picture would show detail that the model never saw.
        picture = picture.resize(shape, Image.Resampling.NEAREST if scale > 1 else Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
