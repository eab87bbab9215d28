"""A registered data set as workers and pages read it: a manifest and content-addressed artefacts.

The manifest (JSON) is the body of the event that registered the data set:

    name, kind ("image"), digest             digest: SHA-256 over the canonical manifest core
    images   {"sha256", "key": "images"}     uint8, N x C x H x W, safetensors
    table    {"sha256"}                      Parquet, N rows in the images' order; columns below
    sheet    {"sha256"}                      JSON, the data sheet
    count, channels, height, width
    label: str | null, classes: [str], positive: str | null      positive: class 1 of a binary label
    sensitive: [str], group: str | null      group: rows of one person, lesion or engine
    pixel_mean, pixel_std: [float] per channel, of the train split, in [0, 1]
    planted: null | {"sha256", "keys": {"signal": "...", "shortcut": "..."}, "truth": {...}}   uint8 masks,
             N x H x W; truth: what is known of a generated set (sample_data/clinic.py)

Table columns: `row` (int64, 0..N-1), `split` ("train" | "val" | "test"), `label` (int64, -1 when missing),
`group` (string, when group is set), each sensitive attribute (string, "missing" when missing, bands already
cut), then the source's other columns under their own names; one whose name is taken gets `source_` before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ..workspace.artefacts import Artefacts

SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Dataset:
    manifest: dict[str, Any]
    artefacts: Artefacts

    @property
    def name(self) -> str:
        return self.manifest["name"]

    @property
    def classes(self) -> list[str]:
        return self.manifest["classes"]

    @property
    def sensitive(self) -> list[str]:
        return self.manifest["sensitive"]

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width)"""
        m = self.manifest
        return m["channels"], m["height"], m["width"]

    @cached_property
    def table(self) -> pd.DataFrame:
        return self.artefacts.table(self.manifest["table"]["sha256"]).to_pandas()

    @cached_property
    def images(self) -> np.ndarray:
        """uint8, N x C x H x W"""
        source = self.manifest["images"]
        return self.artefacts.array(source["sha256"], source["key"])

    @property
    def labels(self) -> np.ndarray:
        """int64, N; -1 where missing"""
        return self.table["label"].to_numpy()

    def rows(self, split: str) -> np.ndarray:
        """Row numbers of a split, int64, ascending."""
        return np.flatnonzero(self.table["split"].to_numpy() == split)

    def planted(self, factor: str) -> np.ndarray | None:
        """bool, N x H x W: the pixels that carry a planted factor ("signal", "shortcut"), or None."""
        source = self.manifest.get("planted")
        if not source or factor not in source["keys"]:
            return None
        return self.artefacts.array(source["sha256"], source["keys"][factor]).astype(bool)
