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
        frame = MetricFrame(
            metrics={"accuracy": accuracy_score},
            y_true=predictions.label,
            y_pred=predictions.predicted,
            sensitive_features=pd.Series(groups, name="group"),
        )
        return _with_overall(frame)
    truth, guess = one_vs_rest(predictions)
    metrics, sample_params = dict(BINARY), {}
    if predictions.classes > 2:
        # Right or wrong concerns all classes, not the positive one against the rest.
        right = (predictions.label == predictions.predicted).astype(float)
        metrics["accuracy"] = _mean_of
        sample_params["accuracy"] = {"numbers": right}
    if predictions.score is not None:
        metrics["auroc"] = _auroc
        sample_params["auroc"] = {"score": predictions.score}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        frame = MetricFrame(
            metrics=metrics,
            y_true=truth,
            y_pred=guess,
            sensitive_features=pd.Series(groups, name="group"),
            sample_params=sample_params,
        )
        return _with_overall(frame)


def disparities(predictions: Predictions, groups: np.ndarray) -> dict[str, float]:
    """Demographic parity difference and ratio, equalised odds difference (worst case) over the groups given."""
    truth, guess = one_vs_rest(predictions)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        return {
            "demographic_parity_difference": demographic_parity_difference(truth, guess, sensitive_features=groups),
            "demographic_parity_ratio": demographic_parity_ratio(truth, guess, sensitive_features=groups),
            "equalised_odds_difference": equalized_odds_difference(truth, guess, sensitive_features=groups),
        }


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


def _mean_of(y_true, y_pred, numbers) -> float:
    return float(np.mean(numbers))


def _auroc(y_true, y_pred, score) -> float:
    return roc_auc_score(y_true, score) if len(np.unique(y_true)) == 2 else np.nan
