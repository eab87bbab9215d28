"""Interpolated Kneser-Ney n-grams with modified discounts (Chen & Goodman 1999): what counting alone reaches.

The baseline of a causal language model is counted on the same tokens and judged on the same held-out blocks, each token
from what stands before it in its block: where fewer tokens stand there, by the model of that lower order.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..workspace.layout import BadInput

NAMES = {1: "unigram", 2: "bigram", 3: "trigram"}
DISCOUNT = 0.75  # where too few n-grams occur once to four times to estimate it
LEAST = 0.1  # some mass always goes to what was not seen


class KneserNey:
    """P(token | the order - 1 tokens before it), over `size` tokens; it sums to 1 and is nowhere 0.

    ids: the training stream, int N; order: 1 to 3; discounts: of n-grams seen once, twice and more often, at every
    level, estimated from the counts where None; unguessed: tokens that stand before others but are never asked for, so
    that they get no share of the counts.
    """

    def __init__(
        self,
        ids: np.ndarray,
        size: int,
        order: int,
        discounts: Sequence[float] | None = None,
        unguessed: Sequence[int] = (),
    ):
        if not 1 <= order <= len(NAMES) or size**order >= 2**63:
            raise BadInput(f"n-gram: expected order 1 to 3 over at most 2,000,000 tokens, found {order} over {size:,}")
        self.order, self.size = order, size
        found = grams(ids, size, order)
        keys, counts = np.unique(found[~np.isin(found % size, list(unguessed))], return_counts=True)
        levels = [Level(keys, counts, size, discounts)]
        for shorter in range(order - 1, 0, -1):
            # a lower order counts in how many contexts a token was seen, not how often
            keys, counts = np.unique(keys % size**shorter, return_counts=True)
            levels.append(Level(keys, counts, size, discounts))
        self.levels = levels[::-1]

    def probabilities(self, context: np.ndarray, token: np.ndarray) -> np.ndarray:
        """float64 M of `token` (int M) after `context` (int M x order - 1)."""
        found = np.full(len(token), 1 / self.size)
        key, before = np.zeros(len(token), dtype=np.int64), token.astype(np.int64)
        for level, model in enumerate(self.levels):
            if level:
                key = key + context[:, -level].astype(np.int64) * self.size ** (level - 1)
            found = model.interpolated(key, before, found)
        return found


class Level:
    """The n-grams of one length: discounted relative counts, and the mass that each context leaves to the next level.

    keys: int64, ascending, context x size + token; counts: int64 of the same length.
    """

    def __init__(self, keys: np.ndarray, counts: np.ndarray, size: int, discounts: Sequence[float] | None):
        given = estimated_discounts(counts) if discounts is None else np.asarray(discounts, dtype=float)
        of_each = given[np.minimum(counts, 3) - 1]
        self.size, self.keys, self.kept = size, keys, np.maximum(counts - of_each, 0.0)
        self.contexts, first = np.unique(keys // size, return_index=True)
        self.totals = np.add.reduceat(counts, first).astype(float) if len(first) else np.empty(0)
        left = np.add.reduceat(counts - self.kept, first) if len(first) else np.empty(0)
        self.left = left / self.totals

    def interpolated(self, context: np.ndarray, token: np.ndarray, lower: np.ndarray) -> np.ndarray:
        """This level's probabilities over `lower`, those of the level below; a context never seen has only those."""
        seen, at = found_in(self.contexts, context)
        known, place = found_in(self.keys, context * self.size + token)
        own = np.where(known, self.kept[place], 0.0) / self.totals[at]
        return np.where(seen, own + self.left[at] * lower, lower)


def grams(ids: np.ndarray, size: int, order: int) -> np.ndarray:
    """Every run of `order` tokens as one int64: its digits in base `size` are the tokens."""
    ids = ids.astype(np.int64)
    count = max(0, len(ids) - order + 1)
    keys = np.zeros(count, dtype=np.int64)
    for i in range(order):
        keys = keys * size + ids[i : i + count]
    return keys


def found_in(sorted_keys: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(bool: it is there, its place; place 0 where it is not)"""
    at = np.searchsorted(sorted_keys, wanted)
    at = np.where(at < len(sorted_keys), at, 0)
    there = sorted_keys[at] == wanted
    return there, np.where(there, at, 0)


def estimated_discounts(counts: np.ndarray) -> np.ndarray:
    """D1, D2, D3+ of Chen & Goodman from how many n-grams occur once, twice, three and four times."""
    once, twice, thrice, four = (np.count_nonzero(counts == k) for k in (1, 2, 3, 4))
    if not min(once, twice, thrice, four):
        return np.full(3, DISCOUNT)
    y = once / (once + 2 * twice)
    found = np.array([1 - 2 * y * twice / once, 2 - 3 * y * thrice / twice, 3 - 4 * y * four / thrice])
    return np.clip(found, LEAST, [1, 2, 3])


def block_losses(models: dict[int, KneserNey], order: int, blocks: np.ndarray) -> np.ndarray:
    """Nats of every token but the first of blocks n x T, n x (T - 1): at most order - 1 tokens of its own block before
    it; models: {order: model}, 2 and up to `order`, or 1 alone for `order` 1."""
    found = np.empty((len(blocks), blocks.shape[1] - 1))
    for at in range(1, blocks.shape[1]):
        model = models[min(order, at + 1)]
        context = blocks[:, at - model.order + 1 : at]
        found[:, at - 1] = -np.log(model.probabilities(context, blocks[:, at]))
    return found
