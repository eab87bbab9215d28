"""Guessing a masked token from its neighbours by counting: the baselines of a masked language model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .ngram import KneserNey, found_in, grams


class Neighbours:
    """The likeliest token alone, after its left neighbour, before its right one, and between both.

    ids: the training stream, int N, over `size` tokens. A neighbour that is masked or beyond the block is not known;
    the guess then falls back to the other neighbour, and to the commonest token. unguessed: tokens that are neighbours
    but never guesses.
    """

    def __init__(self, ids: np.ndarray, size: int, unguessed: Sequence[int] = ()):
        self.size, self.unguessed = size, list(unguessed)
        counts = np.bincount(ids, minlength=size)
        counts[self.unguessed] = 0
        self.commonest = int(counts.argmax())
        self.unigram, self.bigram = (KneserNey(ids, size, order, unguessed=unguessed) for order in (1, 2))
        pairs, triples = grams(ids, size, 2), grams(ids, size, 3)
        left, middle, right = triples // size**2, triples // size % size, triples % size
        self.after = self._likeliest(pairs // size, pairs % size)
        self.before = self._likeliest(pairs % size, pairs // size)
        self.between = self._likeliest(left * size + right, middle)

    def _likeliest(self, context: np.ndarray, token: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        kept = ~np.isin(token, self.unguessed)
        return likeliest(context[kept], token[kept], self.size)

    def guesses(self, shown: np.ndarray, chosen: np.ndarray) -> dict[str, np.ndarray]:
        """{name: int M} for the chosen places (bool n x T) of blocks n x T, in their order, from what is shown."""
        left, right = neighbours(shown, chosen)
        alone = np.full(len(left), self.commonest)
        after = looked_up(self.after, left, alone)
        both = np.where((left >= 0) & (right >= 0), left * self.size + right, -1)
        side = np.where(left >= 0, after, looked_up(self.before, right, alone))
        return {"unigram": alone, "left neighbour": after, "both neighbours": looked_up(self.between, both, side)}

    def losses(self, shown: np.ndarray, chosen: np.ndarray, truth: np.ndarray) -> dict[str, np.ndarray]:
        """{name: nats M} of the truths at the chosen places, for the guesses that are probabilities."""
        left, _ = neighbours(shown, chosen)
        alone = self.unigram.probabilities(np.empty((len(truth), 0), dtype=np.int64), truth)
        after = self.bigram.probabilities(np.maximum(left, 0)[:, None], truth)
        return {"unigram": -np.log(alone), "left neighbour": -np.log(np.where(left >= 0, after, alone))}


def neighbours(shown: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(left, right) neighbours of the chosen places, int64 M each, -1 where masked or beyond the block."""
    visible = np.where(chosen, -1, shown.astype(np.int64))
    framed = np.pad(visible, ((0, 0), (1, 1)), constant_values=-1)
    return framed[:, :-2][chosen], framed[:, 2:][chosen]


def likeliest(context: np.ndarray, token: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """(contexts ascending, the token seen most often in each); of equals the one with the largest number."""
    keys, counts = np.unique(context * size + token, return_counts=True)
    of = keys // size
    order = np.lexsort((counts, of))
    last = np.flatnonzero(np.append(of[1:] != of[:-1], True)) if len(of) else np.empty(0, dtype=np.int64)
    return of[last], (keys % size)[order[last]]


def looked_up(table: tuple[np.ndarray, np.ndarray], context: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    contexts, tokens = table
    if not len(contexts):
        return otherwise
    there, at = found_in(contexts, context)
    return np.where(there, tokens[at], otherwise)
