"""Cosine kNN on features: the online reading during pretraining."""

from __future__ import annotations

import numpy as np


def knn_accuracy(
    bank: np.ndarray, bank_labels: np.ndarray, queries: np.ndarray, labels: np.ndarray, k: int = 20
) -> tuple[int, float]:
    """(k used, accuracy) of a vote of the k nearest bank rows, each with weight exp(cosine / 0.07).

    bank: n x d, queries: m x d, labels >= 0. The weights and their temperature are those of arXiv 1805.01978.
    """
    k = min(k, len(bank))
    unit = [x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12) for x in (queries, bank)]
    cosine = unit[0] @ unit[1].T
    nearest = np.argpartition(-cosine, k - 1, axis=1)[:, :k]
    weights = np.exp((np.take_along_axis(cosine, nearest, axis=1) - 1) / 0.07)
    votes = np.zeros((len(queries), int(max(bank_labels.max(), labels.max())) + 1))
    np.add.at(votes, (np.arange(len(queries))[:, None], bank_labels[nearest]), weights)
    return k, float((votes.argmax(axis=1) == labels).mean())
