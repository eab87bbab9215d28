"""Harder tokens more often: the probability to be masked follows the model's own running loss on that token.

A token's class is the token itself. Its difficulty is an exponential mean of the losses that the model had where it
was masked; a token that was never masked counts as hard as knowing nothing, ln(vocabulary). In each batch the
probabilities are proportional to the difficulty, held between half and twice the share, and scaled so that the batch's
mean is the share: the policy moves the masks, it does not add any.
"""

from __future__ import annotations

from math import log

import torch
from pydantic import Field
from torch import Tensor

from ..encoders._text import Tokens, Vocabulary
from ..registry import Strict
from ._base import SHARE, Masking

TITLE = "harder tokens more often"
KINDS = ("text",)
LEAST, MOST = 0.5, 2.0  # of the share
HALVINGS = 40


class Params(Strict):
    share: float = Field(SHARE, gt=0, le=0.9, description="Share of the tokens that must be guessed, on average")
    keep: float = Field(0.95, ge=0, lt=1, description="Weight that a token's earlier losses keep at each new one")


class Adaptive(Masking):
    """difficulty: float32, one a token id; the only state, so a resumed run goes on bit for bit."""

    def __init__(self, vocabulary: Vocabulary, params: Params):
        super().__init__(vocabulary, params.share)
        self.keep = params.keep
        self.register_buffer("difficulty", torch.full((vocabulary.size,), log(vocabulary.size)))

    def choose(self, tokens: Tokens, generator: torch.Generator) -> Tensor:
        draw = torch.rand(tokens.ids.shape, generator=generator, device=tokens.ids.device)
        return draw < self.probabilities(tokens)

    def probabilities(self, tokens: Tokens) -> Tensor:
        """N x T: the probability of every token to be masked; 0 where it may not be."""
        allowed = self.allowed(tokens)
        relative = scaled(self.difficulty[tokens.ids], allowed, min(MOST, 1 / self.share))
        return torch.where(allowed, self.share * relative, 0.0)

    @torch.no_grad()
    def observe(self, ids: Tensor, losses: Tensor) -> None:
        losses = losses.float()
        times = torch.bincount(ids, minlength=len(self.difficulty)).float()
        sums = torch.bincount(ids, weights=losses, minlength=len(self.difficulty)).float()
        mean = sums / times.clamp_min(1)
        self.difficulty.copy_(torch.where(times > 0, mean.lerp(self.difficulty, self.keep**times), self.difficulty))


def scaled(difficulty: Tensor, allowed: Tensor, most: float) -> Tensor:
    """clip(s x difficulty, `LEAST`, `most`) with the s for which its mean over the allowed places is 1.

    Found by bisection on a logarithmic scale, without reading back from the device.
    """
    difficulty = difficulty.float().clamp_min(1e-6)
    count = allowed.sum().clamp_min(1)
    low = torch.full((), log(1e-3), device=difficulty.device)
    high = torch.full((), log(1e7), device=difficulty.device)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        clipped = (difficulty * middle.exp()).clamp(LEAST, most)
        short = torch.where(allowed, clipped, 0.0).sum() < count
        low, high = torch.where(short, middle, low), torch.where(short, high, middle)
    return (difficulty * ((low + high) / 2).exp()).clamp(LEAST, most)


def build(params: Params, vocabulary: Vocabulary) -> Masking:
    return Adaptive(vocabulary, params)
