"""What every masking policy is: which tokens of a batch are chosen, and what it learns from how hard they were."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..encoders._text import Tokens, Vocabulary

SHARE = 0.15  # of the tokens, as in BERT


class Masking(nn.Module):
    """share: the share of the tokens that is chosen, on average. State that decides what is chosen lives in buffers,
    so that a resumed run chooses the same."""

    def __init__(self, vocabulary: Vocabulary, share: float):
        super().__init__()
        self.vocabulary, self.share = vocabulary, share

    def choose(self, tokens: Tokens, generator: torch.Generator) -> Tensor:
        """bool N x T: the tokens to guess; never padding or a special token."""
        raise NotImplementedError

    def observe(self, ids: Tensor, losses: Tensor) -> None:
        """ids: int64 M, the tokens that stood at the chosen places; losses: float M, their cross entropies."""

    def allowed(self, tokens: Tokens) -> Tensor:
        """bool N x T: tokens that may be chosen."""
        special = torch.tensor(self.vocabulary.special, device=tokens.ids.device)
        return tokens.mask & ~torch.isin(tokens.ids, special)
