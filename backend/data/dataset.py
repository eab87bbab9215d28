"""A registered data set as workers and pages read it: a manifest and content-addressed artefacts.

The manifest (JSON) is the body of the event that registered the data set:

    name, kind (the modality), digest       digest: SHA-256 over the canonical manifest core
    table    {"sha256"}                      Parquet, N rows; columns below
    sheet    {"sha256"}                      JSON, the data sheet
    count
    label: str | null, classes: [str], positive: str | null      positive: class 1 of a binary label
    sensitive: [str], group: str | null      group: rows of one person, lesion or engine

of images
    images   {"sha256", "key": "images"}     uint8, N x C x H x W, safetensors, in the table's order
    channels, height, width
    pixel_mean, pixel_std: [float] per channel, of the train split, in [0, 1]
    pixels: {} of what was changed, absent where nothing was: {"low", "high", "kind"} (backend/data/pixels/scale.py),
             "deep": more than 8 bits a channel, "ground" of transparent images
    planted: null | {"sha256", "keys": {"signal": "...", "shortcut": "..."}, "truth": {...}}   uint8 masks,
             N x H x W; truth: what is known of a generated set (sample_data/clinic.py)

of text
    texts    {"sha256"}                      Parquet, one column `text` (string), N rows in the table's order, in row
                                             groups of at most 10,000 (fewer of long texts): it can be streamed
    characters, bytes                        of all texts together (bytes: UTF-8)

of a table
    records  {"sha256", "key": "records"}    float32, N x F, safetensors: backend/modality/table/features.py
    features {"sha256"}                      JSON, what each of the F columns means, and how the source's are read
    batch_of                                 digest of the table that it is read and coded like; absent otherwise

Table columns: `row` (int64, 0..N-1), `split` ("train" | "val" | "test"), `label` (int64, -1 when missing),
`group` (string, when group is set), of text `characters` (int64), each sensitive attribute (string, "missing" when
missing, bands already cut), then the source's other columns under their own names; one whose name is taken gets
`source_` before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from .. import targets
from ..workspace.artefacts import Artefacts
from .conventions.schema import frame

SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Dataset:
    manifest: dict[str, Any]
    artefacts: Artefacts

    @property
    def name(self) -> str:
        return self.manifest["name"]

    @property
    def kind(self) -> str:
        return self.manifest["kind"]

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
        return frame(self.artefacts.table(self.manifest["table"]["sha256"]))

    def columns(self, *names: str) -> pd.DataFrame:
        """Some columns of the table; the others are not read."""
        if "table" in self.__dict__:
            return self.table[list(names)]
        return frame(self.artefacts.table(self.manifest["table"]["sha256"], list(names)))

    @cached_property
    def images(self) -> np.ndarray:
        """uint8, N x C x H x W"""
        source = self.manifest["images"]
        return self.artefacts.array(source["sha256"], source["key"])

    def text_batches(self, batch: int = 1000) -> Iterator[list[str]]:
        """All texts in the table's order, `batch` at a time, read as they are asked for."""
        return self.artefacts.text_batches(self.manifest["texts"]["sha256"], "text", batch)

    @cached_property
    def texts(self) -> list[str]:
        """All texts in memory, in the table's order; `text_batches` streams where there are many."""
        return [text for batch in self.text_batches() for text in batch]

    @property
    def target(self) -> str:
        """The type of target: a folder of backend/targets/."""
        return targets.type_of(self.manifest)

    @cached_property
    def truth(self) -> np.ndarray:
        """What each row is predicted to be, N: classes (int64, -1 where not known) or numbers (float64, NaN)."""
        kind = targets.target(self.target)
        return kind.truth(self.columns(kind.COLUMN))

    def true_of(self, rows: list[int]) -> list[Any]:
        """What is true of rows, as events say it: classes (-1 where not known) or numbers (None)."""
        return [None if value != value else value for value in self.truth[rows].tolist()]

    @property
    def labels(self) -> np.ndarray:
        """int64, N; -1 where missing, and everywhere where the target is no class"""
        return self.columns("label")["label"].to_numpy()

    def rows(self, split: str) -> np.ndarray:
        """Row numbers of a split, int64, ascending."""
        if "table" in self.__dict__:
            return np.flatnonzero(self.table["split"].to_numpy() == split)
        found, at = [np.empty(0, dtype=np.int64)], 0
        for batch in self.artefacts.batches(self.manifest["table"]["sha256"], ["split"]):
            found.append(at + np.flatnonzero(pc.equal(batch.column(0), split).to_numpy(zero_copy_only=False)))
            at += len(batch)
        return np.concatenate(found)

    def planted(self, factor: str) -> np.ndarray | None:
        """bool, N x H x W: the pixels that carry a planted factor ("signal", "shortcut"), or None."""
        source = self.manifest.get("planted")
        if not source or factor not in source["keys"]:
            return None
        return self.artefacts.array(source["sha256"], source["keys"][factor]).astype(bool)
