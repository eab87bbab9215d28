"""Accuracy, balanced accuracy and AUROC, and what each test example contributes to them.

A class that is absent from the labels is left out of balanced accuracy and AUROC, never counted as 0. A metric that
cannot be computed is None.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

METRICS = ("accuracy", "balanced_accuracy", "auroc")


def score(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, float | None]:
    """All metrics. labels: int64 N in 0..K-1; probabilities: N x K."""
    return {
        name: None if (values := contributions(name, labels, probabilities)) is None else float(values.mean())
        for name in METRICS
    }


def contributions(metric: str, labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray | None:
    """One number per example whose mean over the N examples is the metric; None where it cannot be computed.

    accuracy            1 where the predicted class is right, else 0
    balanced_accuracy   the same, weighted by N / (classes present * rows of the class)
    auroc               macro one-vs-rest area under the ROC curve by its influence function: the placement values of
                        DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44:837, so that the spread of the
                        contributions gives the sampling error of the area

    labels: int64 N in 0..K-1; probabilities: N x K. Ties count one half in AUROC; None with fewer than two classes.
    Raises ValueError for an unknown metric, an empty split or NaN.
    """
    labels, probabilities = np.asarray(labels), np.asarray(probabilities, dtype=np.float64)
    if not len(labels) or len(labels) != len(probabilities) or not np.isfinite(probabilities).all():
        raise ValueError(f"{metric}: expected N > 0 labels and finite N x K probabilities, "
                         f"found {len(labels)} labels and shape {probabilities.shape}")  # fmt: skip
    right = (probabilities.argmax(axis=1) == labels).astype(np.float64)
    if metric == "accuracy":
        return right
    present, counts = np.unique(labels, return_counts=True)
    if metric == "balanced_accuracy":
        weight = len(labels) / (len(present) * counts)
        return right * weight[np.searchsorted(present, labels)]
    if metric != "auroc":
        raise ValueError(f"metric: expected one of {', '.join(METRICS)}, found {metric!r}")
    if len(present) < 2:
        return None
    return np.mean([_auroc(labels == label, probabilities[:, label]) for label in present], axis=0)


def guessing(metric: str, labels: np.ndarray) -> float | None:
    """The metric of always naming the most frequent class; None where it cannot be computed. labels: int64 N."""
    alone = np.zeros((len(labels), int(labels.max()) + 1))
    alone[:, np.bincount(labels).argmax()] = 1
    values = contributions(metric, labels, alone)
    return None if values is None else float(values.mean())


def _auroc(positive: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Influence contributions of the area under one ROC curve; positive: bool N, both kinds present."""
    n, n_positive = len(score), int(positive.sum())
    n_negative = n - n_positive
    overall = rankdata(score)
    values = np.empty(n)
    # Rank among all less rank among one's own kind counts the others that one beats, ties one half.
    values[positive] = (overall[positive] - rankdata(score[positive])) / n_negative
    values[~positive] = 1 - (overall[~positive] - rankdata(score[~positive])) / n_positive
    area = values[positive].mean()
    share = np.where(positive, n_positive / n, n_negative / n)
    return area + (values - area) / share
