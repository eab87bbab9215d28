"""Runs of tokens, 3.8 long on average: neighbours give less away (SpanBERT; Joshi et al. 2020, arXiv 1907.10529)."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor

from ..encoders._text import Tokens, Vocabulary
from ..registry import Strict
from ._base import SHARE, Masking

TITLE = "spans of tokens"
KINDS = ("text",)


class Params(Strict):
    share: float = Field(SHARE, gt=0, le=0.9, description="Share of the tokens that must be guessed")
    p: float = Field(0.2, gt=0, lt=1, description="Of the geometric distribution of a run's length")
    longest: int = Field(10, ge=1, le=64, description="Tokens in a run at most")


class Span(Masking):
    """Every place starts a run with the same probability, also those shortly before the row begins: then each token
    is covered with exactly the share's probability. Runs may touch; what they cover of special tokens is left out."""

    def __init__(self, vocabulary: Vocabulary, params: Params):
        super().__init__(vocabulary, params.share)
        self.lengths = length_shares(params.p, params.longest)
        self.start = start_rate(params.share, self.lengths)

    def choose(self, tokens: Tokens, generator: torch.Generator) -> Tensor:
        rows, width = tokens.ids.shape
        device, longest = tokens.ids.device, len(self.lengths)
        places = (rows, width + longest - 1)
        starts = torch.rand(places, generator=generator, device=device) < self.start
        up_to = self.lengths.to(device).cumsum(0)[:-1]
        lengths = 1 + torch.bucketize(torch.rand(places, generator=generator, device=device), up_to)
        covered = torch.zeros(rows, width, dtype=torch.bool, device=device)
        for back in range(longest):  # the run that started `back` places before
            first = longest - 1 - back
            covered |= (starts & (lengths > back))[:, first : first + width]
        return covered & self.allowed(tokens)


def length_shares(p: float, longest: int) -> Tensor:
    """Probabilities of the lengths 1 to `longest`: geometric, what lies beyond left out."""
    shares = (1 - p) ** torch.arange(longest, dtype=torch.float32)
    return shares / shares.sum()


def start_rate(share: float, lengths: Tensor) -> float:
    """The probability q that a place starts a run, such that a token is covered with probability `share`.

    A token is left uncovered when no run reaches it: the product over b of 1 - q P(length > b). Solved by bisection.
    """
    reach = 1 - torch.cat([torch.zeros(1), lengths.cumsum(0)[:-1]]).double()
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        covered = 1 - float((1 - middle * reach).prod())
        low, high = (middle, high) if covered < share else (low, middle)
    return low


def build(params: Params, vocabulary: Vocabulary) -> Masking:
    return Span(vocabulary, params)
