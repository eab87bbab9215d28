"""Bias amplification: does a model's prediction lean on the attribute more than the labels do?

directional   Wang & Russakovsky (2021), ICML, arXiv 2102.12594: attribute -> task.
                  delta[a, t] = P(predicted t | A = a) - P(T = t | A = a)
              with its sign flipped where a and t do not go together more often than chance, averaged over all pairs.
zhao          Zhao et al. (2017), EMNLP, arXiv 1707.09457: for the pairs with P(A = a | T = t) above 1 / |A| in the
              training set, how much larger the share of a among the rows predicted as t is; averaged over the classes.

Positive: the model amplifies. Both read counts of (attribute, label, prediction); which pairs go together is decided on
the training labels, before the test set is seen.
"""

from __future__ import annotations

import numpy as np

from .proportions import ratio


def together(train: np.ndarray) -> np.ndarray:
    """bool (A, T): P(a, t) > P(a) P(t) in the training counts (A, T)."""
    shares = train / train.sum()
    return shares > shares.sum(1, keepdims=True) * shares.sum(0, keepdims=True)


def directional(counts: np.ndarray, train: np.ndarray) -> np.ndarray:
    """BiasAmp attribute -> task, (...) from test counts (..., A, T, T predicted) and training counts (A, T).

    Attribute values that do not occur in the test counts are left out of the mean.
    """
    rows = counts.sum((-2, -1))[..., None]
    delta = ratio(counts.sum(-2), rows) - ratio(counts.sum(-1), rows)
    return _mean(np.where(together(train), delta, -delta), axis=(-2, -1))


def zhao(counts: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Bias amplification of Zhao et al., (...) from test counts (..., A, T, T predicted) and training counts (A, T).

    Classes that are never predicted are left out of the mean.
    """
    before = ratio(train, train.sum(0, keepdims=True))
    predicted = counts.sum(-2)
    after = ratio(predicted, predicted.sum(-2, keepdims=True))
    biased = before > 1 / train.shape[0]
    growth = np.where(biased, after - before, 0.0).sum(-2)
    return _mean(growth, axis=-1)


def _mean(values: np.ndarray, axis: int | tuple[int, ...]) -> np.ndarray:
    """Mean over the finite entries, NaN where there are none."""
    finite = np.isfinite(values)
    return ratio(np.where(finite, values, 0.0).sum(axis), finite.sum(axis))
