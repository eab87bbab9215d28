"""Classes, measured (backend/targets/_classes.py)."""

from __future__ import annotations

from .._classes import (
    columns,
    completed,
    conflicting,
    constant,
    contributions,
    known,
    least,
    likelihood,
    monotonous,
    scale,
    score,
    strata,
    truth,
    usable,
)
from . import COLUMN, LACKING, METRICS, PRIMARY, UNKNOWN, VALUES, WEIGHTED

__all__ = [
    "COLUMN",
    "LACKING",
    "METRICS",
    "PRIMARY",
    "UNKNOWN",
    "VALUES",
    "WEIGHTED",
    "columns",
    "completed",
    "conflicting",
    "constant",
    "contributions",
    "known",
    "least",
    "likelihood",
    "monotonous",
    "scale",
    "score",
    "strata",
    "truth",
    "usable",
]
