"""SCARF: a row and the same row with corrupted columns attract, all others repel (Bahri et al. 2022, arXiv 2106.15147).

The first view is the row as it is, in the second a share of the columns holds values of other training rows. A date is
replaced together with its weekday and month, so that no part of it says what the whole was.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field
from torch import Tensor

from ..registry import Strict
from . import simclr
from ._base import Pretext, View
from .simclr import SimCLR

TITLE = "SCARF"
KINDS = ("table",)
BOUND = "ln(2B−1)"
ADVICE = (
    "Corrupt fewer columns: views that share nothing leave no signal.",
    "Raise the temperature: a low one lets a few hard negatives decide the gradient.",
    "Use a larger batch: more negatives push the embeddings apart.",
)


class Params(Strict):
    share: float = Field(
        0.6,
        gt=0,
        lt=1,
        description="Share of a row's columns that are corrupted",
        json_schema_extra={"sweep": {"low": 0.2, "high": 0.8}},
    )
    temperature: float = Field(
        1.0,
        gt=0,
        le=10,
        description="Lower makes near neighbours repel more strongly",
        json_schema_extra={"sweep": {"low": 0.1, "high": 2.0, "log": True}},
    )
    hidden: int = Field(256, ge=8, le=8192, description="Width of the projector's hidden layer")
    out: int = Field(64, ge=2, le=8192, description="Length of the embedding that the loss compares")


class SCARF(SimCLR):
    def __init__(self, params: Params, dim: int):
        super().__init__(simclr.Params(**params.model_dump(exclude={"share"})), dim)
        self.views = (View("whole", "none"), View("corrupted", "columns", {"share": params.share}))


def build(params: Params, dim: int, described: Sequence[dict[str, Any]], sample: Tensor) -> Pretext:
    return SCARF(params, dim)
