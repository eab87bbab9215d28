"""BERT: a Transformer that reads in both directions (Devlin et al. 2019, arXiv 1810.04805)."""

from __future__ import annotations

from pydantic import Field

from ..registry import Strict
from ._text import TextEncoder, Vocabulary

TITLE = "BERT"
KINDS = ("text",)
READS = ("bidirectional",)


class Params(Strict):
    width: int = Field(192, ge=16, le=4096, description="Length of a token's state, a multiple of the heads")
    layers: int = Field(4, ge=1, le=96)
    heads: int = Field(4, ge=1, le=64)
    dropout: float = Field(0.1, ge=0, le=0.9)


def build(params: Params, vocabulary: Vocabulary) -> TextEncoder:
    from transformers import BertConfig

    config = BertConfig(
        vocab_size=vocabulary.size,
        hidden_size=params.width,
        num_hidden_layers=params.layers,
        num_attention_heads=params.heads,
        intermediate_size=4 * params.width,
        hidden_dropout_prob=params.dropout,
        attention_probs_dropout_prob=params.dropout,
        max_position_embeddings=max(512, vocabulary.length),
        pad_token_id=vocabulary.pad,
    )
    return TextEncoder(config, vocabulary.length)
