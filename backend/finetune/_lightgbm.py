"""Trees of LightGBM, grown a few at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import lightgbm
import numpy as np
from scipy.special import expit, softmax

from ._raw import threads
from ._trees import Forest, Rows, Setting

LOSS = {False: "regression", True: "regression_l1"}


class Gradient(Forest):
    """Deterministic, whatever the number of threads; its pool is its own and leaves torch's alone."""

    def __init__(self, rows: Rows, val: Rows, setting: Setting, most: int):
        self.classes, truth = None, rows.truth
        if rows.target != "number":
            self.classes, truth = np.unique(rows.truth, return_inverse=True)
        settings: dict[str, Any] = {
            **self._loss(setting),
            "learning_rate": setting.rate,
            "num_leaves": setting.leaves,
            "min_data_in_leaf": setting.for_rows(len(rows.x)),
            "lambda_l2": setting.l2,
            "feature_fraction": setting.share,
            "min_sum_hessian_in_leaf": 1e-3,
            "num_threads": threads(len(rows.x)),
            "deterministic": True,
            "force_col_wise": True,
            "seed": 0,
            "verbosity": -1,
        }
        places = np.flatnonzero(rows.categories).tolist() if setting.grouped else []
        data = lightgbm.Dataset(rows.x, truth, weight=rows.weights, categorical_feature=places, params=settings)
        self.val = val.x
        self.booster = lightgbm.Booster(settings, data)
        self.threads = settings["num_threads"]

    def _loss(self, setting: Setting) -> dict[str, Any]:
        if self.classes is None:
            return {"objective": LOSS[setting.absolute]}
        if len(self.classes) == 2:
            return {"objective": "binary"}
        return {"objective": "multiclass", "num_class": len(self.classes)}

    def readings(self, at: Iterable[int]) -> Iterator[tuple[int, np.ndarray]]:
        """What the new trees say is added to what those before them said: reading often costs no more than once."""
        told = 0.0
        for trees in at:
            before = self.booster.current_iteration()
            self.grow(trees)
            grown = self.booster.current_iteration() - before
            if grown:
                told = told + self._said(self.val, before, grown)
            yield trees, self._final(told)

    def grow(self, trees: int) -> None:
        """Up to so many trees, fewer where nothing is left to split."""
        while self.booster.current_iteration() < trees and not self.booster.update():
            pass

    def answer(self, x: np.ndarray, trees: int) -> np.ndarray:
        return self._final(self._said(x, 0, trees))

    def _said(self, x: np.ndarray, first: int, trees: int) -> np.ndarray:
        """The sum of some trees, float64 M, of several classes M x K."""
        return self.booster.predict(
            x, start_iteration=first, num_iteration=trees, raw_score=True, num_threads=self.threads
        )

    def _final(self, told: np.ndarray) -> np.ndarray:
        if self.classes is None:
            return told
        if len(self.classes) == 2:
            return np.stack([expit(-told), expit(told)], axis=1)
        return softmax(told, axis=1)
