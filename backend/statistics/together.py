"""How well a matrix of columns predicts an answer: boosted trees, cross-validated, with an interval (alone.py)."""

from __future__ import annotations

import numpy as np
from threadpoolctl import threadpool_limits

from . import alone
from .proportions import Interval

MOST_VALUES = 200  # codes of a category that the trees tell apart; all others are one
ROUNDS = 60
MANY = 50_000  # rows from which on several threads are worth it: those of little work wait for one another


def boosted(
    values: np.ndarray,
    categories: list[bool],
    codes: np.ndarray,
    classes: int,
    numbers: np.ndarray | None,
    fold: np.ndarray,
) -> Interval:
    """Cross-validated AUROC of the classes (each against the rest, weighted by its rows) or R2 of the numbers.

    values: float64 N x C, NaN where missing; categories: which columns are codes of a category; codes: int64 N in 0 ..
    classes - 1; numbers: float64 N, the answer instead of classes, or None; fold: as `alone.folds`.
    """
    with threadpool_limits(None if len(values) >= MANY else 1):
        return _boosted(values, categories, codes, classes, numbers, fold)


def _boosted(
    values: np.ndarray,
    categories: list[bool],
    codes: np.ndarray,
    classes: int,
    numbers: np.ndarray | None,
    fold: np.ndarray,
) -> Interval:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    how = {"max_iter": ROUNDS, "learning_rate": 0.1, "categorical_features": categories, "early_stopping": False}
    values = np.where(np.asarray(categories) & (values >= MOST_VALUES), MOST_VALUES, values)
    if numbers is not None:
        guess, mean = np.zeros(len(numbers)), np.zeros(len(numbers))
        for k in range(alone.FOLDS):
            here = fold == k
            if here.any():
                model = HistGradientBoostingRegressor(random_state=0, **how).fit(values[~here], numbers[~here])
                guess[here], mean[here] = model.predict(values[here]), numbers[~here].mean()
        return alone.explained(numbers, guess, mean)
    scores = np.zeros((len(codes), classes))
    for k in range(alone.FOLDS):
        here = fold == k
        present = np.unique(codes[~here])
        if here.any() and len(present) > 1:
            model = HistGradientBoostingClassifier(random_state=0, **how).fit(values[~here], codes[~here])
            scores[np.ix_(here, model.classes_)] = model.predict_proba(values[here])
    if classes == 2:
        return alone.scored(scores[:, 1], codes == 1, fold)
    found = [(alone.scored(scores[:, c], codes == c, fold), (codes == c).sum()) for c in range(classes)]
    found = [(one, weight) for one, weight in found if np.isfinite(one.value)]
    if not found:
        return Interval(*(np.float64("nan"),) * 3)
    weights = [weight for _, weight in found]
    return Interval(*(np.average([getattr(one, end) for one, _ in found], weights=weights) for end in Interval._fields))
