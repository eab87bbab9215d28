"""Tests of the words' scores: two controls that must fail, deletion and insertion of words, re-initialised models."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch import Tensor, nn

from ..registry import plugin
from ..tokenizers._base import Tokenizer
from ._base import explaining
from ._evaluate import FRACTIONS, judged
from ._text import Sentences, batches, by_word, renewed

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


@torch.no_grad()
def curves(
    model: nn.Module, texts: Sentences, target: Tensor, scores: list[np.ndarray], seed: int = 0
) -> dict[str, np.ndarray]:
    """Probability of the target while words are replaced by the blank ("deletion") or put back ("insertion").

    Petsiuk, Das & Saenko (2018), arXiv 1806.07421, on words: they go in the order of the signed scores, highest
    first, ties in random order. -> float64 N x len(FRACTIONS) each.
    """
    ranks = _ranks(texts, scores, seed)
    counts = torch.tensor([len(own) for own in scores], device=texts.device)[:, None]
    there, index = texts.words >= 0, target.view(-1, 1)
    out = {"deletion": [], "insertion": []}
    with explaining(model):
        for fraction in FRACTIONS:
            first = there & (ranks < (fraction * counts).round())
            for name, gone in (("deletion", first), ("insertion", there & ~first)):
                tokens = texts.without(gone)
                parts = [model(tokens[p]).softmax(dim=1).gather(1, index[p]) for p in batches(tokens)]
                out[name].append(torch.cat(parts).squeeze(1).double().cpu().numpy())
    return {name: np.stack(columns, axis=1) for name, columns in out.items()}


def _ranks(texts: Sentences, scores: list[np.ndarray], seed: int) -> Tensor:
    """Place of each token's word in descending order of the scores, int64 N x T; equal words in random order."""
    rng = np.random.default_rng(seed)
    ranks = torch.zeros_like(texts.words)
    for row, own in enumerate(scores):
        place = np.empty(len(own), dtype=np.int64)
        place[np.lexsort((rng.random(len(own)), -own))] = np.arange(len(own))
        there = texts.words[row] >= 0
        ranks[row, there] = torch.from_numpy(place).to(texts.device)[texts.words[row, there]]
    return ranks


def remake(name: str, model: nn.Module, texts: Sentences, target: Tensor, seeds: list[int]) -> list[list[np.ndarray]]:
    """The method's scores of re-initialised models, one list per seed; they are only ranked, so integrated gradients
    is not driven to completeness on models that nobody uses."""
    method = plugin("attribution", name)
    params = method.params()
    if "max_steps" in method.params.model_fields:
        params = params.model_copy(update={"max_steps": params.steps})
    return [by_word(method.call(renewed(model, s), texts, target, params).scores, texts) for s in seeds]


def evaluate(
    model: nn.Module,
    texts: Sentences,
    target: Tensor,
    scores: dict[str, list[np.ndarray]],
    remade: dict[str, list[list[np.ndarray]]],
    seed: int = 0,
    tick: Callable[[str], None] = lambda name: None,
) -> dict[str, dict]:
    """All tests of all scores, the controls among them: the body of `attribution.controls` (docs/events.md).

    scores: {method or control: of each text its words' scores}; remade: {the same: [scores of each re-initialised
    model]}, of the first texts. `tick(name)` is called before each method's curves.
    """
    found = {}
    for name, own in scores.items():
        tick(name)
        found[name] = curves(model, texts, target, own, seed)
    return judged(found, scores, remade, noise="random_scores", part="words")
