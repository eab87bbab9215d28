"""Cosine kNN on features: the online reading during pretraining."""

from __future__ import annotations

import numpy as np


def knn_accuracy(
    bank: np.ndarray, bank_labels: np.ndarray, queries: np.ndarray, labels: np.ndarray, k: int = 20
) -> tuple[int, float]:
    """(k used, accuracy) of the vote of `knn_votes`; labels >= 0."""
    classes = int(max(bank_labels.max(), labels.max())) + 1
    k, votes = knn_votes(bank, bank_labels, queries, classes, k)
    return k, float((votes.argmax(axis=1) == labels).mean())


def knn_votes(
    bank: np.ndarray, bank_labels: np.ndarray, queries: np.ndarray, classes: int, k: int = 20
) -> tuple[int, np.ndarray]:
    """(k used, m x classes the share of the vote of each class) of the k nearest bank rows, each with weight
    exp(cosine / 0.07).

    bank: n x d, queries: m x d, labels >= 0. The weights and their temperature are those of arXiv 1805.01978.
    """
    k, nearest, weights = _nearest(bank, queries, k)
    votes = np.zeros((len(queries), classes))
    np.add.at(votes, (np.arange(len(queries))[:, None], bank_labels[nearest]), weights)
    return k, votes / votes.sum(axis=1, keepdims=True)


def knn_r2(
    bank: np.ndarray, bank_numbers: np.ndarray, queries: np.ndarray, numbers: np.ndarray, k: int = 20
) -> tuple[int, float]:
    """(k used, R2) of the mean of the k nearest bank rows' numbers, weighted as the votes of `knn_accuracy` are.

    bank: n x d, queries: m x d, numbers: finite, of the queries not all the same.
    """
    k, nearest, weights = _nearest(bank, queries, k)
    told = (weights * bank_numbers[nearest]).sum(axis=1) / weights.sum(axis=1)
    return k, float(1 - np.square(told - numbers).mean() / numbers.var())


def _nearest(bank: np.ndarray, queries: np.ndarray, k: int) -> tuple[int, np.ndarray, np.ndarray]:
    """(k used, int m x k the nearest bank rows of each query, their weights)"""
    k = min(k, len(bank))
    unit = [x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12) for x in (queries, bank)]
    cosine = unit[0] @ unit[1].T
    nearest = np.argpartition(-cosine, k - 1, axis=1)[:, :k]
    weights = np.exp((np.take_along_axis(cosine, nearest, axis=1) - 1) / 0.07)
    return k, nearest, weights
