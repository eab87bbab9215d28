"""Two controls of the words' scores that must fail the tests: noise, and how rare a word is."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from ..tokenizers._base import Tokenizer
from ._text import Sentences

CONTROLS = ("random_scores", "word_rarity")


def random_scores(texts: Sentences, rows: list[int], seed: int) -> list[np.ndarray]:
    """Standard normal noise, one value a word; a text's noise depends on its row and the seed alone."""
    pairs = zip(rows, texts.spans, strict=True)
    return [np.random.default_rng([seed, row]).standard_normal(len(places)) for row, places in pairs]


def word_rarity(texts: Sentences, rarity: Tensor) -> list[np.ndarray]:
    """How rare each word is in the training texts: the inverse document frequency of its rarest piece.

    It looks convincing, since rare words often carry the meaning, and ignores the model.
    """
    found = []
    values = rarity[texts.tokens.ids.cpu()].double().numpy()
    for row, numbers, places in zip(values, texts.words.cpu().numpy(), texts.spans, strict=True):
        rarest = np.zeros(len(places))
        np.maximum.at(rarest, numbers[numbers >= 0], row[numbers >= 0])
        found.append(rarest)
    return found


def inverse_document_frequency(tokenizer: Tokenizer, batches: Iterable[list[str]]) -> Tensor:
    """log((1 + texts) / (1 + texts with the token)) of every token of the vocabulary, float64."""
    counts, total = torch.zeros(tokenizer.vocabulary.size, dtype=torch.float64), 0
    for texts in batches:
        total += len(texts)
        for ids in tokenizer.ids(texts):
            counts[list(set(ids))] += 1
    return torch.log((1 + total) / (1 + counts))
