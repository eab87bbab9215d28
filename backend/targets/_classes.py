"""Accuracy, balanced accuracy, AUROC and average precision, and what each test example contributes to them.

A class that is absent from the labels is left out of all but accuracy, never counted as 0. A metric that cannot be
computed is None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..statistics.alerts import average_precision

if TYPE_CHECKING:
    import pandas as pd

METRICS = ("accuracy", "balanced_accuracy", "auroc", "average_precision")


def truth(table: pd.DataFrame) -> np.ndarray:
    """int64 N, the class of each row, -1 where it is not known."""
    return table["label"].to_numpy()


def known(truth: np.ndarray) -> np.ndarray:
    return truth >= 0


def usable(manifest: dict[str, Any], truth: np.ndarray) -> bool:
    """Whether there are labels of two classes."""
    return bool((truth >= 0).any()) and len(manifest["classes"]) >= 2


def monotonous(truth: np.ndarray) -> str:
    return "expected two classes in {split}, found one" if len(np.unique(truth)) < 2 else ""


def strata(truth: np.ndarray) -> np.ndarray:
    """The classes themselves."""
    return truth


conflicting = strata


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
    average_precision   of rows of classes 0 and 1 that of class 1; of more classes the mean over those present, one
                        against the rest; by its influence function too

    labels: int64 N in 0..K-1; probabilities: N x K. Ties count one half in AUROC and average precision; None with fewer
    than two classes.
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
    if metric not in METRICS:
        raise ValueError(f"metric: expected one of {', '.join(METRICS)}, found {metric!r}")
    if len(present) < 2:
        return None
    one = _auroc if metric == "auroc" else average_precision
    asked = present[1:] if metric == "average_precision" and present[-1] == 1 else present
    return np.mean([one(labels == label, probabilities[:, label]) for label in asked], axis=0)


def likelihood(truth: np.ndarray, outputs: np.ndarray) -> float:
    """Mean log probability of the true class."""
    own = outputs[np.arange(len(truth)), truth]
    return float(np.log(np.maximum(own, 1e-12)).mean())


def completed(val: np.ndarray, val_truth: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities say everything: both as they are."""
    return val, test


def constant(metric: str, train: np.ndarray, test: np.ndarray) -> float | None:
    """The metric of always naming the class that is most frequent in the test rows. test: int64 N."""
    alone = np.zeros((len(test), int(test.max()) + 1))
    alone[:, np.bincount(test).argmax()] = 1
    values = contributions(metric, test, alone)
    return None if values is None else float(values.mean())


def scale(metric: str, train: np.ndarray) -> float:
    """Metrics of classes are shares."""
    return 1.0


def least(metric: str, train: np.ndarray) -> float:
    """Models that agree on every test example may still differ on the next one, by a whole class."""
    return 1.0


def columns(outputs: np.ndarray) -> dict[str, np.ndarray]:
    """predicted, p_0 .. p_K-1"""
    shares = {f"p_{k}": outputs[:, k] for k in range(outputs.shape[1])}
    return {"predicted": outputs.argmax(axis=1).astype(np.int64), **shares}


def _auroc(positive: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Influence contributions of the area under one ROC curve; positive: bool N, both kinds present."""
    from scipy.stats import rankdata  # half a second's import, for whoever scores alone

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
