"""TF-IDF and logistic regression on words and word pairs: the classical model of text.

Counts are scaled logarithmically and weighted by inverse document frequency (Salton & Buckley 1988); the ridge penalty
is picked on validation. The vocabulary is that of all training texts, which takes no label.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pydantic import Field
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from ..registry import Strict
from ..workspace.layout import BadInput
from ._classical import one_class_only, over_all_classes
from ._task import Cell, Prediction, Task

KINDS = ("text",)
MOST_WEIGHTS = 10_000_000  # classes x features: L-BFGS keeps some twenty vectors of this length, 1.6 GB


class Params(Strict):
    strengths: tuple[float, ...] = Field(
        (0.1, 1.0, 10.0, 100.0), description="Inverse penalties tried; the best on validation is used", min_length=1
    )
    words: int = Field(2, ge=1, le=5, description="Longest sequence of words that counts as a feature")
    features: int = Field(
        200_000, ge=10, le=5_000_000, description="The most frequent features are kept; of more than 50 classes fewer"
    )


def fit(task: Task, params: Params) -> Iterator[Prediction]:
    """One prediction for every wanted cell; `chosen` holds the inverse penalty. Raises ValueError without texts and
    BadInput where no text has a word."""
    if task.texts is None:
        raise ValueError("TF-IDF: expected texts, found none")
    rest = np.setdiff1d(np.arange(len(task.texts)), np.concatenate([task.val, task.test]))
    most = min(params.features, MOST_WEIGHTS // task.classes)
    vectorizer = TfidfVectorizer(
        ngram_range=(1, params.words), sublinear_tf=True, max_features=most, token_pattern=r"(?u)\b\w+\b"
    )
    try:
        vectorizer.fit(task.texts[i] for i in rest)
    except ValueError:  # scikit-learn's way of saying that it found no word
        raise BadInput("TF-IDF: expected words in the training texts, found none") from None
    val, test = (vectorizer.transform([task.texts[i] for i in rows]) for rows in (task.val, task.test))
    for cell in task.wanted:
        task.check_stop()
        yield _fit_cell(task, cell, vectorizer.transform([task.texts[i] for i in cell.rows]), val, test, params)


def _fit_cell(task: Task, cell: Cell, train, val, test, params: Params) -> Prediction:
    labels = task.labels[cell.rows]
    present = np.unique(labels)
    if len(present) < 2:
        return one_class_only(task, cell, present[0], {"strength": None})
    models = []
    for strength in params.strengths:
        task.check_stop()
        models.append(LogisticRegression(C=strength, max_iter=1000).fit(train, labels))
    candidates = [over_all_classes(model.predict_proba(val), present, task.classes) for model in models]
    best = task.pick(candidates)
    told = over_all_classes(models[best].predict_proba(test), present, task.classes)
    return Prediction(cell, candidates[best], told, {"strength": params.strengths[best]})
