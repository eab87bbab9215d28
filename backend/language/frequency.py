"""How a language model does on rare and on common tokens: bands of how often a token occurs in training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.corpus import Corpus

EDGES = (1, 10, 100, 1_000, 10_000, 100_000)
BANDS = ("never", "1 to 9", "10 to 99", "100 to 999", "1,000 to 9,999", "10,000 to 99,999", "100,000 and more")
READ = 10_000_000  # tokens read at once
PIECES = 64  # stretches of which a sample is made


def token_counts(corpus: Corpus, size: int, unguessed: Sequence[int] = ()) -> np.ndarray:
    """How often each of `size` tokens occurs in the whole corpus, int64, in constant memory; 0 for those that no model
    is asked for (`Vocabulary.unguessed`)."""
    counts = np.zeros(size, dtype=np.int64)
    for start in range(0, len(corpus), READ):
        counts += np.bincount(corpus.ids[start : start + READ], minlength=size)
    counts[list(unguessed)] = 0
    return counts


def stretches(corpus: Corpus, most: int) -> np.ndarray:
    """At most `most` tokens of the corpus, int64: all of them, or `PIECES` evenly spread stretches, joined."""
    if len(corpus) <= most:
        return np.asarray(corpus.ids, dtype=np.int64)
    starts = np.linspace(0, len(corpus) - most // PIECES, PIECES).astype(np.int64)
    return np.concatenate([corpus.ids[start : start + most // PIECES] for start in starts]).astype(np.int64)


def entropy(counts: np.ndarray) -> float:
    """Of the tokens' shares, in nats: the best loss that does not look at the context."""
    shares = counts[counts > 0] / max(1, counts.sum())
    return float(-(shares * np.log(shares)).sum())


def by_frequency(counts: np.ndarray, truth: np.ndarray, losses: np.ndarray, right: np.ndarray) -> list[dict[str, Any]]:
    """[{band, tokens, loss, accuracy}] of guessed tokens (truth int M, losses float M, right bool M), rare first;
    a band in which none of them lies is left out."""
    band = np.searchsorted(EDGES, counts[truth], side="right")
    return [_band(BANDS[i], losses[band == i], right[band == i]) for i in range(len(BANDS)) if (band == i).any()]


def _band(name: str, losses: Sequence[float], right: Sequence[bool]) -> dict[str, Any]:
    return {"band": name, "tokens": len(losses), "loss": float(np.mean(losses)), "accuracy": float(np.mean(right))}
