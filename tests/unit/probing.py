"""A language model whose every probability is known: a table of bigrams, behind the face of a TextEncoder."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from backend.encoders._text import Tokens
from backend.probes._base import Context
from backend.recipe import Choice
from backend.registry import plugin


class Bigrams(nn.Module):
    """P(token | the one before it) = softmax of a row of `table`; the first token of a text has row 0."""

    def __init__(self, table: Tensor, causal: bool = False):
        super().__init__()
        self.table, self.causal, self.dim = table, causal, table.shape[1]
        self.embedding = nn.Embedding.from_pretrained(table)

    def hidden(self, tokens: Tokens, embedded: Tensor | None = None) -> Tensor:
        """States from which `logits` reads: masked models look one back, causal ones at the token itself."""
        before = tokens.ids if self.causal else tokens.ids.roll(1, dims=1)
        return self.table[before]

    def logits(self, states: Tensor) -> Tensor:
        return states

    def forward(self, tokens: Tokens) -> Tensor:
        mask = tokens.mask[:, :, None]
        return (self.table[tokens.ids] * mask).sum(1) / mask.sum(1)


def word_tokenizer(texts: list[str], causal: bool = False):
    """A WordPiece that knows every word of the texts as one token, framed for an encoder that reads this way."""
    kind = plugin("tokenizers", "wordpiece")
    params = kind.params(vocabulary=4_000, length=64)
    return kind.call(params, [texts * 3], Choice(name="gpt2" if causal else "bert"))


def context(texts: list[str], dataset, *, seed: int = 0, causal: bool = False, **more) -> Context:
    """A Context on random bigrams over the words of `texts`."""
    tokenizer = word_tokenizer(texts, causal)
    table = torch.randn(tokenizer.vocabulary.size, tokenizer.vocabulary.size, generator=torch.manual_seed(seed))
    return Context(Bigrams(table, causal), tokenizer, torch.device("cpu"), dataset, **more)


def log_p(table: Tensor, before: int, token: int) -> float:
    return float(table[before].double().log_softmax(0)[token])
