"""Which tokens go on with the word before them: what masking whole words needs to know of a vocabulary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    import tokenizers

STARTS = ("\u0120", "\u010a", "\u2581")  # a space or a line's end before the token: byte-level BPE, SentencePiece
INSIDE = "##"  # WordPiece


def continues(fast: tokenizers.Tokenizer) -> Tensor | None:
    """bool, one a token id: true where it continues a word; None where the vocabulary marks neither start nor inside.

    WordPiece marks the pieces inside a word; byte-level BPE and SentencePiece mark those that begin one, so that
    there punctuation counts to the word before it.
    """
    tokens = fast.get_vocab(with_added_tokens=True)
    inside = torch.zeros(fast.get_vocab_size(with_added_tokens=True), dtype=torch.bool)
    if any(token.startswith(INSIDE) for token in tokens):
        found = [i for token, i in tokens.items() if token.startswith(INSIDE)]
    elif any(token.startswith(STARTS) for token in tokens):
        special = {i for i, added in fast.get_added_tokens_decoder().items() if added.special}
        found = [i for token, i in tokens.items() if not token.startswith(STARTS) and i not in special]
    else:
        return None
    inside[[i for i in found if i < len(inside)]] = True
    return inside
