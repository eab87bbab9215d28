"""Every token with the same probability, independently (Devlin et al. 2019)."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor

from ..encoders._text import Tokens, Vocabulary
from ..registry import Strict
from ._base import SHARE, Masking

TITLE = "random tokens"
KINDS = ("text",)


class Params(Strict):
    share: float = Field(SHARE, gt=0, le=0.9, description="Share of the tokens that must be guessed")


class Random(Masking):
    def choose(self, tokens: Tokens, generator: torch.Generator) -> Tensor:
        draw = torch.rand(tokens.ids.shape, generator=generator, device=tokens.ids.device)
        return (draw < self.share) & self.allowed(tokens)


def build(params: Params, vocabulary: Vocabulary) -> Masking:
    return Random(vocabulary, params.share)
