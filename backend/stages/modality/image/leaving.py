"""What a model of images needs where it leaves."""

from __future__ import annotations

from typing import Any

from ....data.dataset import Dataset
from .._leaving import Leaving


class Images(Leaving):
    takes = "pictures (PNG, JPEG, BMP, WEBP, TIFF, GIF, PPM) and folders of them"

    def told(self, dataset: Dataset, spec: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
        return {"shape": spec["shape"], "pixels": dataset.manifest.get("pixels")}


LEAVING = Images("image")
