"""Causal language model: guess every token from those before it (GPT; Radford et al. 2019)."""

from __future__ import annotations

from math import log

from pydantic import Field

from ..encoders._text import TextEncoder, Vocabulary
from ..registry import Strict
from ._base import ONE, Batch, Outcome, Pretext
from ._language import expect, guess, recompute
from ._watch import sample_tokens

TITLE = "causal language model"
KINDS = ("text",)
READS = ("causal",)
BOUND = "token frequencies alone"


class Params(Strict):
    checkpointing: bool = Field(
        False, description="Compute the layers again in the backward pass: long contexts in less memory, a third slower"
    )


class CausalLanguageModel(Pretext):
    """Texts are joined and cut into blocks; a block's first token is guessed by nobody, nor is what opens a text."""

    views = ONE
    language = "causal"

    def __init__(self, params: Params, vocabulary: Vocabulary):
        super().__init__()
        self.checkpointing, self.size, self.opening = params.checkpointing, vocabulary.size, vocabulary.opening

    def prepare(self, encoder: TextEncoder) -> None:
        expect("clm", encoder, causal=True)
        recompute(encoder, self.checkpointing)

    def forward(self, encoder: TextEncoder, batch: Batch) -> Outcome:
        tokens = batch.only
        hidden = encoder.hidden(tokens)
        present = tokens.mask[:, 1:]
        if self.opening is not None:
            present = present & (tokens.ids[:, 1:] != self.opening)
        losses, right = guess(encoder, hidden[:, :-1][present], tokens.ids[:, 1:][present])
        return Outcome(
            loss=losses.mean(),
            parts={"accuracy": right.float().mean()},
            places={"tokens": sample_tokens(hidden, tokens), "sentences": encoder.pool(hidden, tokens)},
            bound=self.bound or log(self.size),
        )


def build(params: Params, dim: int, vocabulary: Vocabulary) -> Pretext:
    return CausalLanguageModel(params, vocabulary)
