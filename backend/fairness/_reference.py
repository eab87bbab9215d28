"""Point values as fairlearn computes them, so that they are those of the library that auditors know.

Our own counts give the intervals and tests; tests/contract/test_fairness.py holds the two to each other.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from fairlearn.metrics import (
    MetricFrame,
    demographic_parity_difference,
    demographic_parity_ratio,
    equalized_odds_difference,
    false_positive_rate,
    selection_rate,
    true_positive_rate,
)
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import accuracy_score, precision_score, roc_auc_score

from ._tables import Predictions

BINARY = {
    "selection_rate": selection_rate,
    "accuracy": accuracy_score,
    "tpr": true_positive_rate,
    "fpr": false_positive_rate,
    "precision": precision_score,
}


def point_values(predictions: Predictions, groups: np.ndarray) -> pd.DataFrame:
    """One row a group and the row "" over all, one column a metric; a metric that fairlearn cannot tell is absent.

    A group without trials of a metric may carry any number here: the caller knows its trials.
    """
    if predictions.positive is None:
        cells, weights = counted(groups, predictions.label, predictions.predicted)
        return _with_overall(_frame({"accuracy": accuracy_score}, *cells[1:], cells[0], weights))
    truth, guess = one_vs_rest(predictions)
    # Right or wrong concerns all classes, not the positive one against the rest.
    right = (predictions.label == predictions.predicted).astype(int)
    (names, truth_of, guess_of, right_of), weights = counted(groups, truth, guess, right)
    metrics = {name: metric for name, metric in BINARY.items() if name != "accuracy" or predictions.classes == 2}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        found = _with_overall(_frame(metrics, truth_of, guess_of, names, weights))
        if predictions.classes > 2:
            everything = np.ones_like(right_of)
            found["accuracy"] = _with_overall(_frame({"": accuracy_score}, everything, right_of, names, weights))[""]
        if predictions.score is not None:
            rows = MetricFrame(metrics={"auroc": _auroc}, y_true=truth, y_pred=predictions.score,
                               sensitive_features=pd.Series(groups, name="group"))  # fmt: skip
            found["auroc"] = _with_overall(rows)["auroc"]
    return found


def disparities(predictions: Predictions, groups: np.ndarray) -> dict[str, float]:
    """Demographic parity difference and ratio, equalised odds difference (worst case) over the groups given."""
    (names, truth, guess), weights = counted(groups, *one_vs_rest(predictions))
    told = {"sensitive_features": names, "sample_weight": weights}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        return {
            "demographic_parity_difference": demographic_parity_difference(truth, guess, **told),
            "demographic_parity_ratio": demographic_parity_ratio(truth, guess, **told),
            "equalised_odds_difference": equalized_odds_difference(truth, guess, **told),
        }


def counted(groups: np.ndarray, *columns: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """(the columns of the rows that differ, the group first; how many rows each stands for): of rows that are alike
    fairlearn's rates are the same whether they are given one by one or once with their number as weight."""
    codes, names = pd.factorize(groups, sort=True)
    rows, weights = np.unique(np.stack([codes, *columns], axis=1), axis=0, return_counts=True)
    return [names[rows[:, 0]], *rows[:, 1:].T], weights


def _frame(metrics: dict, truth: np.ndarray, guess: np.ndarray, names: np.ndarray, weights: np.ndarray) -> MetricFrame:
    return MetricFrame(
        metrics=metrics,
        y_true=truth,
        y_pred=guess,
        sensitive_features=pd.Series(names, name="group"),
        sample_params={name: {"sample_weight": weights} for name in metrics},
    )


def one_vs_rest(predictions: Predictions) -> tuple[np.ndarray, np.ndarray]:
    """(truth, prediction) as 0 / 1 for the positive class."""
    return (
        (predictions.label == predictions.positive).astype(int),
        (predictions.predicted == predictions.positive).astype(int),
    )


def _with_overall(frame: MetricFrame) -> pd.DataFrame:
    by_group = frame.by_group.astype(float)
    by_group.loc[""] = frame.overall.astype(float)
    return by_group


def _auroc(y_true, score) -> float:
    return roc_auc_score(y_true, score) if len(np.unique(y_true)) == 2 else np.nan
