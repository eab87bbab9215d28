"""Texts as attribution takes them: tokens, the words they are pieces of, and the token that stands for no word.

A method gives one score a token; a word's score is the sum over its pieces. A word is taken away by putting the blank
in the place of each of its pieces: [MASK] where the tokenizer has one, since a masked language model has learnt that
it says "some word"; else the unknown token, else padding. The special tokens around a text stay, so baseline and text
differ in the words alone. Every method and every test takes words away in this one way.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from ..encoders._text import Tokens, Vocabulary
from ..engine.seeds import seed_all
from ..tokenizers._base import Piece, Tokenizer
from ._base import explaining
from ._parts import Parts

# Tokens that pass through the model at once. It bounds the memory whatever the number of texts and steps.
TOKENS_AT_ONCE = 2**13
SPACE = "\u2581"  # how SentencePiece writes the space before a token


@dataclass(frozen=True)
class TextMaps:
    """scores: float32 N x T, attribution of each token to the target's logit, 0 at padding, on the CPU; errors, steps,
    layer: as in Maps."""

    scores: Tensor
    errors: Tensor | None = None
    steps: Tensor | None = None
    layer: str | None = None


@dataclass(frozen=True)
class Sentences(Parts):
    """Texts whose parts are words.

    words: int64 N x T, the number of each token's word within its text, -1 at special tokens and padding; spans: of
    each text, where each of its words begins and ends (characters); blank: the id that takes a word away.
    """

    tokens: Tokens
    words: Tensor
    spans: list[list[tuple[int, int]]]
    blank: int

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitem__(self, rows: slice | list[int]) -> Sentences:
        tokens = self.tokens[rows]
        chosen = range(len(self))[rows] if isinstance(rows, slice) else rows
        return Sentences(
            tokens, self.words[rows][:, : tokens.ids.shape[1]], [self.spans[i] for i in chosen], self.blank
        )

    part: ClassVar[str] = "words"
    noise: ClassVar[str] = "random_scores"

    @property
    def device(self) -> torch.device:
        return self.tokens.device

    @property
    def counts(self) -> np.ndarray:
        return np.array([len(places) for places in self.spans], dtype=np.int64)

    def places(self, per_part: list[np.ndarray]) -> Tensor:
        found = torch.full_like(self.words, -1)
        for row, own in enumerate(per_part):
            there = self.words[row] >= 0
            found[row, there] = torch.from_numpy(own).to(self.device)[self.words[row, there]]
        return found

    def hidden(self, gone: Tensor) -> Iterator[tuple[slice, Tokens]]:
        tokens = self.without(gone)
        for part in batches(tokens):
            yield part, tokens[part]

    def scores(self, found: TextMaps) -> list[np.ndarray]:
        return by_word(found.scores, self)

    def renewed(self, model: nn.Module, seed: int) -> nn.Module:
        return renewed(model, seed)

    @property
    def bare(self) -> Tokens:
        """The tokens with every word taken away."""
        return self.without(self.words >= 0)

    def without(self, gone: Tensor) -> Tokens:
        """The tokens with the blank where `gone`, bool N x T, says so."""
        return self.tokens.replaced(self.tokens.ids.masked_fill(gone, self.blank))


def sentences(tokenizer: Tokenizer, texts: list[str], device: torch.device | str) -> Sentences:
    """Texts, cut to the tokenizer's length, with the words of their tokens."""
    tokens = tokenizer.encode(texts)
    words, spans = torch.full(tokens.ids.shape, -1), []
    for row, text in enumerate(texts):
        places: list[tuple[int, int]] = []
        before: Piece | None = None
        for at, piece in enumerate(tokenizer.pieces(text)):
            if piece.word is None:
                continue
            if before is None or begins_word(piece, before, text):
                places.append((piece.start, piece.end))
            places[-1] = (places[-1][0], piece.end)
            words[row, at] = len(places) - 1
            before = piece
        spans.append(places)
    return Sentences(tokens.to(device), words.to(device), spans, blank(tokenizer.vocabulary))


def begins_word(piece: Piece, before: Piece, text: str) -> bool:
    """Whether a token begins a new word: by the tokenizer's own number, or because white space stands before it, which
    is all that a tokenizer without pre-tokenizer (Llama 2) tells: to it the whole text is one word."""
    space = text[before.end : piece.start + 1]
    return piece.word != before.word or piece.token.startswith(SPACE) or any(sign.isspace() for sign in space)


def blank(vocabulary: Vocabulary) -> int:
    """The id of the token that stands for no word."""
    return next(i for i in (vocabulary.mask, vocabulary.unk, vocabulary.pad) if i is not None)


def by_word(scores: Tensor, texts: Sentences) -> list[np.ndarray]:
    """Token scores float N x T -> of each text the scores of its words, float64."""
    found = []
    for row, numbers, places in zip(scores.double().numpy(), texts.words.cpu().numpy(), texts.spans, strict=True):
        merged = np.zeros(len(places))
        np.add.at(merged, numbers[numbers >= 0], row[numbers >= 0])
        found.append(merged)
    return found


def batches(texts: Sentences | Tokens) -> Iterator[slice]:
    """Slices of the texts that may pass through the model together."""
    size = at_once(texts)
    for start in range(0, len(texts), size):
        yield slice(start, min(start + size, len(texts)))


def at_once(texts: Sentences | Tokens) -> int:
    """How many texts as long as the longest of these may pass through the model together."""
    ids = texts.ids if isinstance(texts, Tokens) else texts.tokens.ids
    return max(1, TOKENS_AT_ONCE // max(1, ids.shape[1]))


@torch.no_grad()
def logits(model: nn.Module, tokens: Tokens) -> Tensor:
    """Tokens of N texts -> logits N x K, in bounded batches."""
    with explaining(model):
        return torch.cat([model(tokens[part]).float() for part in batches(tokens)])


def padded(parts: list[Tensor], length: int) -> Tensor:
    """Scores of the batches, n x t each, put together as float32 N x `length` on the CPU, 0 at padding."""
    whole = [torch.nn.functional.pad(p.detach().to("cpu", torch.float32), (0, length - p.shape[1])) for p in parts]
    return torch.cat(whole)


def renewed(model: Any, seed: int) -> nn.Module:
    """A classifier of the same configuration with every parameter drawn anew, as its own library draws them.

    Modules without a size of their own (LayerNorm, embeddings) are drawn by the language model's rule, so the
    re-initialised model is one that training could have started from. The global RNG is left as it was.
    """
    fresh = copy.deepcopy(model)
    device = next(model.parameters()).device
    with torch.random.fork_rng(devices=[]):
        seed_all(seed)
        own = model.encoder.model
        fresh.encoder.model = type(own)(copy.deepcopy(own.config)).to(device)
        for module in fresh.head.modules():
            if hasattr(module, "reset_parameters"):
                module.reset_parameters()
    return fresh.eval()
