"""ModernBERT: rotary positions, gated layers, mostly local attention (Warner et al. 2024, arXiv 2412.13663)."""

from __future__ import annotations

from pydantic import Field

from ..registry import Strict
from ._text import TextEncoder, Vocabulary, rotary_heads

TITLE = "ModernBERT"
KINDS = ("text",)
READS = ("bidirectional",)


class Params(Strict):
    width: int = Field(192, ge=16, le=4096, description="Length of a token's state, an even multiple of the heads")
    layers: int = Field(4, ge=1, le=96)
    heads: int = Field(4, ge=1, le=64)
    dropout: float = Field(0.1, ge=0, le=0.9)
    window: int = Field(128, ge=2, le=131_072, description="Tokens that a local layer sees; every third layer sees all")


def build(params: Params, vocabulary: Vocabulary) -> TextEncoder:
    from transformers import ModernBertConfig

    rotary_heads(params.width, params.heads)
    first, last = (i if i is not None else vocabulary.pad for i in (vocabulary.cls, vocabulary.sep))
    config = ModernBertConfig(
        vocab_size=vocabulary.size,
        hidden_size=params.width,
        num_hidden_layers=params.layers,
        num_attention_heads=params.heads,
        intermediate_size=3 * params.width // 2,
        local_attention=params.window,
        embedding_dropout=params.dropout,
        attention_dropout=params.dropout,
        mlp_dropout=params.dropout,
        max_position_embeddings=max(512, vocabulary.length),
        pad_token_id=vocabulary.pad,
        cls_token_id=first,
        bos_token_id=first,
        sep_token_id=last,
        eos_token_id=last,
    )
    return TextEncoder(config, vocabulary.length)
