"""Word occlusion: how much the target's logit falls when a word is replaced by the mask token.

Zeiler & Fergus (2014), arXiv 1311.2901, on text as in Li, Monroe & Jurafsky (2016), arXiv 1612.08220. All pieces of a
word go at once and share its score in equal parts.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..registry import Strict
from ._text import Sentences, TextMaps, at_once, logits

KINDS = ("text",)
TITLE = "Word occlusion"


class Params(Strict):
    pass


def attribute(model: nn.Module, texts: Sentences, target: Tensor, params: Params) -> TextMaps:
    """`model` is a Classifier over a TextEncoder, target int64 N -> TextMaps"""
    whole = logits(model, texts.tokens).gather(1, target.view(-1, 1)).squeeze(1)
    scores = torch.zeros(texts.tokens.ids.shape)
    pairs = [(row, word) for row, places in enumerate(texts.spans) for word in range(len(places))]
    size = at_once(texts)
    for start in range(0, len(pairs), size):
        rows, words = (list(column) for column in zip(*pairs[start : start + size], strict=True))
        part = texts[rows]
        own = part.words == torch.tensor(words, device=texts.device)[:, None]
        left = logits(model, part.without(own)).gather(1, target[rows].view(-1, 1)).squeeze(1)
        share = (whole[rows] - left)[:, None] * own / own.sum(dim=1, keepdim=True)
        scores[:, : own.shape[1]].index_add_(0, torch.tensor(rows), share.cpu())
    return TextMaps(scores)
