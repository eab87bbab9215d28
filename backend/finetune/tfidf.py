"""TF-IDF and logistic regression (of a number ridge regression) on words and word pairs: the classical model of text.

Counts are scaled logarithmically and weighted by inverse document frequency (Salton & Buckley 1988). Validation picks
the ridge penalty, the longest sequence of words, and which texts give vocabulary and frequencies: a cell's labelled
ones, or all training texts, which takes no label. The latter knows more words, but most of a new text's length then
lies in words that few labels say nothing of. Where the study's metric is balanced accuracy, losses weighted by the
inverse frequency of their class are tried too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from pydantic import Field
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression, Ridge

from ..registry import Strict
from ..workspace.layout import BadInput
from ._classical import one_class_only, over_all_classes
from ._task import Cell, Prediction, Task

TITLE = "TF-IDF + logistic regression"
RIVAL = True
KINDS = ("text",)
TARGETS = ("class", "event", "number")
MANY = 50  # classes beyond which a fit takes minutes: single words and every third penalty are tried
MOST_WEIGHTS = 10_000_000  # classes x features: L-BFGS keeps some twenty vectors of this length, 1.6 GB
TOLERANCE = 1e-5  # of the mean loss's gradient: scikit-learn's 1e-4 stops short of the weak penalties' minima


class Params(Strict):
    strengths: tuple[float, ...] = Field(
        (0.01, 0.1, 1.0, 10.0, 100.0, 1e3, 1e4, 1e5),
        description="Inverse penalties tried; the best on validation is used",
        min_length=1,
    )
    words: int = Field(
        2, ge=1, le=5, description="Longest sequence of words that counts as a feature; shorter ones are tried too"
    )
    features: int = Field(
        200_000, ge=10, le=5_000_000, description="The most frequent features are kept; of more than 50 classes fewer"
    )
    balanced: bool = Field(
        True, description="Where the metric is balanced accuracy, losses that weigh classes alike are tried too"
    )


@dataclass(frozen=True)
class Counts:
    """How often each sequence of up to `words` words of the training texts stands in each training, validation and
    test text: rows of the split x sequences."""

    words: int
    train: csr_matrix
    val: csr_matrix
    test: csr_matrix


def fit(task: Task, params: Params) -> Iterator[Prediction]:
    """One prediction for every wanted cell; cells of the same rows are fitted once. `chosen`: strength (the inverse
    penalty), words, fitted_on ("labelled" or "train"), balanced (bool). Raises ValueError without texts and BadInput
    where no training text has a word."""
    if task.texts is None:
        raise ValueError("TF-IDF: expected texts, found none")
    many = task.classes > MANY
    counts = [_counts(task, words) for words in range(1, (1 if many else params.words) + 1)]
    if many:
        params = params.model_copy(update={"strengths": sorted(params.strengths)[2::3] or params.strengths})
    alike: dict[bytes, list[Cell]] = {}
    for cell in task.wanted:
        alike.setdefault(cell.rows.tobytes(), []).append(cell)
    for cells in alike.values():
        task.check_stop()
        found = _fit_cell(task, cells[0], counts, params)
        yield from (replace(found, cell=cell) for cell in cells)


def _counts(task: Task, words: int) -> Counts:
    """Tokenised once for all cells: a cell's own vocabulary is part of that of all training texts."""
    vectorizer = CountVectorizer(ngram_range=(1, words), token_pattern=r"(?u)\b\w+\b")
    try:
        train = vectorizer.fit_transform(task.texts[i] for i in task.train)
    except ValueError:  # scikit-learn's way of saying that it found no word
        raise BadInput("TF-IDF: expected words in the training texts, found none") from None
    val, test = (vectorizer.transform([task.texts[i] for i in rows]) for rows in (task.val, task.test))
    return Counts(words, train, val, test)


def _fit_cell(task: Task, cell: Cell, counts: list[Counts], params: Params) -> Prediction:
    labels = task.labels[cell.rows]
    if task.target == "number":
        return _fit_number(task, cell, labels, counts, params)
    present = np.unique(labels)
    if len(present) < 2:
        return one_class_only(task, cell, present[0], {"strength": None})
    best: Prediction | None = None
    weights = task.weightings if params.balanced else (False,)
    sources = ("labelled", "train") if len(cell.rows) < len(task.train) else ("train",)
    for of, source in product(counts, sources):
        train, val, test = _weighted(task, cell, of, source, min(params.features, MOST_WEIGHTS // task.classes))
        for balanced in weights:
            # Each penalty starts from the solution of the one before it; only the best model so far is kept.
            model = LogisticRegression(
                class_weight="balanced" if balanced else None, tol=TOLERANCE, max_iter=5000, warm_start=True
            )
            for strength in sorted(params.strengths):
                task.check_stop()
                model.set_params(C=strength).fit(train, labels)
                told = over_all_classes(model.predict_proba(val), present, task.classes)
                if best is None or task.pick([best.val, told]) == 1:
                    chosen = {"strength": strength, "words": of.words, "fitted_on": source, "balanced": balanced}
                    answer = over_all_classes(model.predict_proba(test), present, task.classes)
                    best = Prediction(cell, told, answer, chosen)
    return best


def _fit_number(task: Task, cell: Cell, truth: np.ndarray, counts: list[Counts], params: Params) -> Prediction:
    """Ridge regression on the standardised number; penalties are those of the classes, as inverses."""
    level, spread = truth.mean(), truth.std() or 1.0
    best: Prediction | None = None
    sources = ("labelled", "train") if len(cell.rows) < len(task.train) else ("train",)
    for of, source in product(counts, sources):
        train, val, test = _weighted(task, cell, of, source, params.features)
        for strength in sorted(params.strengths):
            task.check_stop()
            model = Ridge(alpha=1 / strength, solver="sparse_cg", tol=TOLERANCE).fit(train, (truth - level) / spread)
            told = _numbers(model, val, level, spread)
            if best is None or task.pick([best.val, told]) == 1:
                chosen = {"strength": strength, "words": of.words, "fitted_on": source}
                best = Prediction(cell, told, _numbers(model, test, level, spread), chosen)
    return best


def _numbers(model: Ridge, rows: csr_matrix, level: float, spread: float) -> np.ndarray:
    """float32 N x 1 in the unit of the target"""
    return (level + spread * model.predict(rows))[:, None].astype(np.float32)


def _weighted(task: Task, cell: Cell, counts: Counts, source: str, most: int) -> Iterator[csr_matrix]:
    """TF-IDF of the cell's, the validation and the test texts, over the `most` frequent features of the source."""
    own = counts.train[np.searchsorted(task.train, cell.rows)]
    texts = own if source == "labelled" else counts.train
    totals = np.asarray(texts.sum(0)).ravel()
    kept = np.sort(np.argsort(-totals, kind="stable")[: min(most, max(1, np.count_nonzero(totals)))])
    weighting = TfidfTransformer(sublinear_tf=True).fit(texts[:, kept])
    train, val, test = (weighting.transform(part[:, kept]) for part in (own, counts.val, counts.test))
    turn = _turned(train)
    return (part @ turn for part in (train, val, test))


def _turned(train: csr_matrix) -> csr_matrix:
    """Orthonormal columns, features x fewer, whose span holds all rows of `train`: the ridge solution lies in it, so
    that fitting there changes no answer. Features of no row are dropped, those of one row alone become one a row."""
    by_feature = train.tocsc()
    rows = np.diff(by_feature.indptr)
    shared, lone = np.flatnonzero(rows > 1), np.flatnonzero(rows == 1)
    values, row = by_feature.data[by_feature.indptr[lone]], by_feature.indices[by_feature.indptr[lone]]
    owners, place = np.unique(row, return_inverse=True)
    length = np.sqrt(np.bincount(place, values**2, minlength=len(owners)))
    entries = np.concatenate([np.ones(len(shared)), values / length[place]])
    at = np.concatenate([shared, lone]), np.concatenate([np.arange(len(shared)), len(shared) + place])
    return csr_matrix((entries, at), shape=(train.shape[1], max(1, len(shared) + len(owners))))
