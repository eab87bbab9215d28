"""What decisions by a threshold cost: a missed event, a false alarm, and the inspection of every alert.

A row's cost is `miss` where an event raises no alert, `false_alarm + inspection` where an alert is no event, and
`inspection` where it is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .paired import RANDOM_SEEDS, Estimate, combined, components

# The three outcomes that cost; what is left is a row without an event that raises no alert.
OUTCOMES = ("missed", "false_alarms", "detected")
PAIRS = ((0, 1), (0, 2), (1, 2))


@dataclass(frozen=True)
class Costs:
    """In one unit, each at least 0."""

    miss: float
    false_alarm: float
    inspection: float

    @property
    def threshold(self) -> float:
        """The probability of an event from which on an alert is the cheaper answer, (inspection + false alarm) /
        (miss + false alarm); without a cost of inspection c_fa / (c_fa + c_miss) (Elkan 2001). From 1 on none pays."""
        whole = self.miss + self.false_alarm
        return (self.inspection + self.false_alarm) / whole if whole > 0 else 1.0

    @property
    def weights(self) -> np.ndarray:
        """What each of OUTCOMES costs."""
        return np.array([self.miss, self.false_alarm + self.inspection, self.inspection], dtype=np.float64)

    @property
    def most(self) -> float:
        """The most that one row can cost."""
        return float(self.weights.max())

    def of(self, outcomes: np.ndarray) -> np.ndarray:
        """outcomes: 3 x ..., as `outcomes` gives them or means of them -> ..., the cost of a row."""
        return np.tensordot(self.weights, outcomes, axes=1)


@dataclass(frozen=True)
class Spread:
    """The means of OUTCOMES over models and test rows, and what the interval of their sum at any costs follows from.

    parts: 4 x 3 x 3, `paired.components` of the outcomes (on the diagonal) and what each pair adds beside; None where
    the design gives no error; shape: S x P x N of what they were made of; cells: models; random: see `Estimate`.
    """

    means: np.ndarray
    parts: np.ndarray | None
    shape: tuple[int, int, int]
    cells: int
    random: bool

    @classmethod
    def of(cls, outcomes: np.ndarray) -> Spread:
        """outcomes: 3 x S x P x N, or the difference of two arms'."""
        _, subsets, seeds, examples = outcomes.shape
        random, means = seeds >= RANDOM_SEEDS, outcomes.mean((1, 2, 3))
        y = outcomes if random else outcomes.mean(2, keepdims=True)
        if subsets < 2 or examples < 2:
            return cls(means, None, y.shape[1:], subsets * seeds, random)
        parts = np.zeros((4, 3, 3))
        for i in range(3):
            parts[:, i, i] = components(y[i])
        for i, j in PAIRS:
            beside = (components(y[i] + y[j]) - parts[:, i, i] - parts[:, j, j]) / 2
            parts[:, i, j] = parts[:, j, i] = beside
        return cls(means, parts, y.shape[1:], subsets * seeds, random)

    def cost(self, costs: Costs, rows: int = 1) -> Estimate:
        """The mean cost of `rows` rows with its interval."""
        return self.sum(rows * costs.weights)

    def sum(self, weights: np.ndarray) -> Estimate:
        """The mean of the outcomes, each times its weight, with its interval."""
        value = float(weights @ self.means)
        if self.parts is None:
            return Estimate(value, None, None, None, None, self.cells, self.random, ())
        parts = np.maximum(np.einsum("i,kij,j->k", weights, self.parts, weights), 0.0)
        return combined(value, parts, self.shape, self.cells, self.random, single=float(weights.max()))

    def columns(self) -> dict[str, float | int | bool | list[float] | list[int] | None]:
        """As one row of a table."""
        parts = None if self.parts is None else self.parts.ravel().tolist()
        told = dict(zip(OUTCOMES, self.means.tolist(), strict=True))
        return {**told, "parts": parts, "shape": list(self.shape), "cells": self.cells, "random": self.random}

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Spread:
        """Back again."""
        parts = None if row["parts"] is None else np.asarray(row["parts"], np.float64).reshape(4, 3, 3)
        means = np.array([row[name] for name in OUTCOMES], dtype=np.float64)
        return cls(means, parts, tuple(map(int, row["shape"])), int(row["cells"]), bool(row["random"]))


def outcomes(event: np.ndarray, alert: np.ndarray) -> np.ndarray:
    """3 x ... x N, 1 where a row is such an outcome. event: bool N; alert: bool ... x N."""
    return np.stack([event & ~alert, ~event & alert, event & alert]).astype(np.float64)


def alert_threshold(score: np.ndarray, budget: float) -> float:
    """The lowest score at which at most a share `budget` of these rows is at or above it; the highest score where ties
    at the top are more than that."""
    values, counts = np.unique(score, return_counts=True)
    within = counts[::-1].cumsum()[::-1] / len(score) <= budget + 1e-12
    return float(values[within][0]) if within.any() else float(values[-1])
