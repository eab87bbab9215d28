"""Alignment: mean squared distance between two views of an image (Wang & Isola 2020, arXiv 2005.10242).

Convention: rows L2-normalised, E ||x - x+||^2 in [0, 4] between the first two views; low is good, as long
as uniformity is low too. NaN where there is one view only.
"""

from __future__ import annotations

from math import nan

from ..registry import Strict
from ._embeddings import Embeddings

OF = "views"
TITLE, UNIT = "alignment", "squared distance; log"
PANEL = "Alignment and uniformity (both low is good)"
READING = "Mean squared distance of two views of an example: low is good while uniformity is low too."


class Params(Strict):
    pass


def measure(batch: Embeddings, params: Params) -> float:
    if batch.views < 2:
        return nan
    first, second = batch.unit.split(len(batch.unit) // batch.views)[:2]
    return float((first - second).square().sum(dim=1).mean())
