"""Replaced-token detection: tell which tokens a small generator made up (ELECTRA; Clark et al. 2020)."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from ..encoders._text import TextEncoder, Tokens, Vocabulary
from ..masking.random import Random
from ..registry import Strict
from ..workspace.layout import BadInput
from ._base import ONE, Batch, Outcome, Pretext
from ._language import expect, guess, recompute
from ._watch import sample_tokens

TITLE = "replaced-token detection"
KINDS = ("text",)
READS = ("bidirectional",)
ADVICE = ("Make the generator smaller: one that guesses too well leaves nothing to detect.",)
HEAD = 16  # of a generator's attention, at most: its states are short


class Params(Strict):
    share: float = Field(
        0.15,
        gt=0,
        le=0.9,
        description="Share of the tokens that the generator replaces",
        json_schema_extra={"sweep": {"low": 0.1, "high": 0.5}},
    )
    weight: float = Field(50.0, gt=0, le=1000, description="Weight of the detection beside the generator's own loss")
    width: float = Field(0.25, gt=0, le=1, description="Width of the generator, as a share of the encoder's")
    layers: int = Field(2, ge=1, le=24, description="Layers of the generator")
    checkpointing: bool = Field(
        False, description="Compute the layers again in the backward pass: long contexts in less memory, a third slower"
    )


class ReplacedTokenDetection(Pretext):
    """The encoder is the discriminator: it reads every token, also those that were not replaced. The generator learns
    as a masked language model and is thrown away; unlike in the paper it has embeddings of its own."""

    views = ONE

    def __init__(self, params: Params, dim: int, vocabulary: Vocabulary):
        super().__init__()
        self.weight, self.checkpointing, self.vocabulary = params.weight, params.checkpointing, vocabulary
        self.masking = Random(vocabulary, params.share)
        self.generator = small_bert(max(HEAD, round(dim * params.width / HEAD) * HEAD), params.layers, vocabulary)
        self.head = nn.Sequential(nn.Linear(dim, dim), nn.GELU(), nn.Linear(dim, 1))

    def prepare(self, encoder: TextEncoder) -> None:
        expect("rtd", encoder, causal=False)
        recompute(encoder, self.checkpointing)

    def forward(self, encoder: TextEncoder, batch: Batch) -> Outcome:
        tokens = batch.only
        chosen = self.masking.choose(tokens, batch.generator)
        masked = self.generator.hidden(tokens.replaced(torch.where(chosen, self.vocabulary.mask, tokens.ids)))
        losses, _ = guess(self.generator, masked[chosen], tokens.ids[chosen])
        generated = losses.sum() / max(1, len(losses))
        shown = self._replaced(tokens, chosen, masked, batch.generator)
        hidden = encoder.hidden(shown)
        real = tokens.mask
        logits, replaced = self.head(hidden).squeeze(2)[real].float(), (shown.ids != tokens.ids)[real]
        detected = F.binary_cross_entropy_with_logits(logits, replaced.float())
        could = self.masking.allowed(tokens)[real]  # what frames a text is never replaced, and no feat to tell
        right = ((logits.detach() > 0) == replaced)[could].float().sum() / could.sum().clamp_min(1)
        return Outcome(
            loss=generated + self.weight * detected,
            parts={"generator": generated, "detection": detected, "detection_accuracy": right},
            places={"tokens": sample_tokens(hidden, tokens), "sentences": encoder.pool(hidden, shown)},
        )

    @torch.no_grad()
    def _replaced(self, tokens: Tokens, chosen: Tensor, masked: Tensor, draw: torch.Generator) -> Tokens:
        """The chosen tokens as the generator guesses them, drawn from its probabilities; some it guesses right."""
        ids = tokens.ids.clone()
        if chosen.any():
            shares = self.generator.logits(masked[chosen]).float().softmax(dim=1)
            ids[chosen] = torch.multinomial(shares, 1, generator=draw).squeeze(1)
        return tokens.replaced(ids)


def small_bert(width: int, layers: int, vocabulary: Vocabulary) -> TextEncoder:
    from transformers import BertConfig

    config = BertConfig(
        vocab_size=vocabulary.size,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=width // HEAD,
        intermediate_size=4 * width,
        max_position_embeddings=max(512, vocabulary.length),
        pad_token_id=vocabulary.pad,
    )
    return TextEncoder(config, vocabulary.length)


def build(params: Params, dim: int, vocabulary: Vocabulary) -> Pretext:
    if vocabulary.mask is None:
        raise BadInput("pretext rtd: expected a tokenizer with a mask token, found none")
    return ReplacedTokenDetection(params, dim, vocabulary)
