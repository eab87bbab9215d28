"""Trees of LightGBM, grown a few at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import lightgbm
import numpy as np

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
        for trees in at:
            self.grow(trees)
            yield trees, self.answer(self.val, trees)

    def grow(self, trees: int) -> None:
        """Up to so many trees, fewer where nothing is left to split."""
        while self.booster.current_iteration() < trees and not self.booster.update():
            pass

    def answer(self, x: np.ndarray, trees: int) -> np.ndarray:
        told = self.booster.predict(x, num_iteration=trees, num_threads=self.threads)
        if self.classes is not None and len(self.classes) == 2:
            return np.stack([1 - told, told], axis=1)
        return told
