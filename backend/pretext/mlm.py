"""Masked language model: guess 15 % of the tokens from both sides (BERT; Devlin et al. 2019, arXiv 1810.04805)."""

from __future__ import annotations

from math import log

import torch
from pydantic import Field, field_validator
from torch import Tensor

from ..encoders._text import TextEncoder, Tokens, Vocabulary
from ..masking._base import SHARE, Masking
from ..registry import Strict, of_kind, plugin
from ..workspace.layout import BadInput
from ._base import ONE, Batch, Outcome, Pretext
from ._language import expect, guess, recompute
from ._watch import sample_tokens

TITLE = "masked language model"
KINDS = ("text",)
READS = ("bidirectional",)
BOUND = "token frequencies alone"
ADVICE = ("Use larger batches or longer blocks: masked models need many guesses before they learn to look.",)
REPLACED, KEPT = 0.8, 0.1  # of the chosen tokens: shown as [MASK], shown as they are; the rest as a random token


class Params(Strict):
    masking: str = Field("random", description="Which tokens are chosen", json_schema_extra={"plugin": "masking"})
    share: float = Field(
        SHARE,
        gt=0,
        le=0.9,
        description="Share of the tokens that must be guessed",
        json_schema_extra={"sweep": {"low": 0.1, "high": 0.5}},
    )
    whole_word: bool = Field(False, description="Choose all pieces of a word together; its first piece decides")
    checkpointing: bool = Field(
        False, description="Compute the layers again in the backward pass: long contexts in less memory, a third slower"
    )

    @field_validator("masking")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in (known := of_kind("masking", "text")):
            raise ValueError(f"expected one of {', '.join(known)}, found {value!r}")
        return value


class MaskedLanguageModel(Pretext):
    views = ONE
    language = "masked"

    def __init__(self, params: Params, masking: Masking, vocabulary: Vocabulary):
        super().__init__()
        self.whole_word, self.checkpointing = params.whole_word, params.checkpointing
        self.masking, self.vocabulary = masking, vocabulary

    def prepare(self, encoder: TextEncoder) -> None:
        expect("mlm", encoder, causal=False)
        recompute(encoder, self.checkpointing)

    def forward(self, encoder: TextEncoder, batch: Batch) -> Outcome:
        tokens = batch.only
        chosen = self.masking.choose(tokens, batch.generator)
        if self.whole_word:
            chosen = whole_words(chosen, tokens, self.vocabulary, self.masking.allowed(tokens))
        shown = corrupt(tokens, chosen, self.vocabulary, batch.generator)
        hidden = encoder.hidden(shown)
        truth = tokens.ids[chosen]
        losses, right = guess(encoder, hidden[chosen], truth)
        self.masking.observe(truth, losses.detach())
        return Outcome(
            loss=losses.sum() / max(1, len(losses)),
            parts={"masked_accuracy": right.float().sum() / max(1, len(right))},
            places={"tokens": sample_tokens(hidden, tokens), "sentences": encoder.pool(hidden, shown)},
            bound=self.bound or log(self.vocabulary.size),
        )


def whole_words(chosen: Tensor, tokens: Tokens, vocabulary: Vocabulary, allowed: Tensor) -> Tensor:
    """bool N x T: each token as the first piece of its word was chosen.

    A piece continues a word when its token says so and an ordinary token stands before it in the row.
    """
    after = torch.zeros_like(allowed)
    after[:, 1:] = allowed[:, :-1]
    inside = vocabulary.continues.to(tokens.ids.device)[tokens.ids] & after & allowed
    places = torch.arange(tokens.ids.shape[1], device=tokens.ids.device).expand_as(tokens.ids)
    first = torch.where(inside, 0, places).cummax(dim=1).values
    return chosen.gather(1, first) & allowed


def corrupt(tokens: Tokens, chosen: Tensor, vocabulary: Vocabulary, generator: torch.Generator) -> Tokens:
    """The chosen tokens as [MASK] (80 %), a random token (10 %) or themselves (10 %)."""
    ids, device = tokens.ids, tokens.ids.device
    draw = torch.rand(ids.shape, generator=generator, device=device)
    other = torch.randint(vocabulary.size, ids.shape, generator=generator, device=device)
    ids = torch.where(chosen & (draw < REPLACED), vocabulary.mask, ids)
    return tokens.replaced(torch.where(chosen & (draw >= REPLACED + KEPT), other, ids))


def build(params: Params, dim: int, vocabulary: Vocabulary) -> Pretext:
    if vocabulary.mask is None:
        raise BadInput("pretext mlm: expected a tokenizer with a mask token, found none")
    if params.whole_word and vocabulary.continues is None:
        raise BadInput("pretext mlm: whole_word: expected a tokenizer that marks the pieces of a word, found none")
    kind = plugin("masking", params.masking)
    own = {"share": params.share} if "share" in kind.params.model_fields else {}
    return MaskedLanguageModel(params, kind.call(kind.params(**own), vocabulary), vocabulary)
