"""Masked language model: guess 15 % of the tokens from both sides (BERT; Devlin et al. 2019, arXiv 1810.04805)."""

from __future__ import annotations

from math import log
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from ..encoders._text import TextEncoder, Tokens, Vocabulary
from ..masking._base import SHARE, Masking
from ..registry import Strict, plugin
from ._base import Batch, Outcome, Pretext
from ._watch import sample_tokens

KINDS = ("text",)
REPLACED, KEPT = 0.8, 0.1  # of the chosen tokens: shown as [MASK], shown as they are; the rest as a random token


class Params(Strict):
    masking: Literal["random", "span", "adaptive"] = Field("random", description="Which tokens are chosen")
    share: float = Field(SHARE, gt=0, le=0.9, description="Share of the tokens that must be guessed")


class MaskedLanguageModel(Pretext):
    views = 1

    def __init__(self, masking: Masking, vocabulary: Vocabulary):
        super().__init__()
        self.masking, self.vocabulary = masking, vocabulary

    def forward(self, encoder: TextEncoder, batch: Batch) -> Outcome:
        tokens = batch.views[0]
        chosen = self.masking.choose(tokens, batch.generator)
        shown = corrupt(tokens, chosen, self.vocabulary, batch.generator)
        hidden = encoder.hidden(shown)
        logits, truth = encoder.logits(hidden[chosen]), tokens.ids[chosen]
        losses = F.cross_entropy(logits.float(), truth, reduction="none")
        self.masking.observe(truth, losses.detach())
        right = (logits.detach().argmax(1) == truth).float()
        return Outcome(
            loss=losses.sum() / max(1, len(losses)),
            parts={"masked_accuracy": right.sum() / max(1, len(right))},
            places={"sentences": encoder.pool(hidden, shown), "tokens": sample_tokens(hidden, tokens)},
            bound=log(self.vocabulary.size),
        )


def corrupt(tokens: Tokens, chosen: Tensor, vocabulary: Vocabulary, generator: torch.Generator) -> Tokens:
    """The chosen tokens as [MASK] (80 %), a random token (10 %) or themselves (10 %)."""
    ids, device = tokens.ids, tokens.ids.device
    draw = torch.rand(ids.shape, generator=generator, device=device)
    other = torch.randint(vocabulary.size, ids.shape, generator=generator, device=device)
    ids = torch.where(chosen & (draw < REPLACED), vocabulary.mask, ids)
    return tokens.replaced(torch.where(chosen & (draw >= REPLACED + KEPT), other, ids))


def build(params: Params, dim: int, vocabulary: Vocabulary) -> Pretext:
    if vocabulary.mask is None:
        raise ValueError("masked language model: expected a tokenizer with a mask token, found none")
    kind = plugin("masking", params.masking)
    return MaskedLanguageModel(kind.call(kind.params(share=params.share), vocabulary), vocabulary)
