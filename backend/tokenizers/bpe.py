"""Byte-pair encoding on bytes, trained on the corpus: the tokenizer of GPT-2 (Sennrich et al. 2016; Radford 2019).

No text is unknown to it, since it falls back on bytes, and decoding gives the text back as it was.
"""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from ..recipe import Choice
from ..registry import Strict
from ._base import SPECIAL, Tokenizer, frame

TITLE = "byte-pair encoding"
KINDS = ("text",)


class Params(Strict):
    vocabulary: int = Field(8_000, ge=300, le=200_000, description="Tokens in the vocabulary at most")
    min_frequency: int = Field(2, ge=1, le=1_000, description="How often a pair must occur to become a token")
    length: int = Field(128, ge=8, le=131_072, description="Longest input in tokens; longer texts are cut")


def train(params: Params, texts: Iterable[list[str]], encoder: Choice) -> Tokenizer:
    """A tokenizer trained on batches of texts, read once; the same texts give the same tokenizer.

    The alphabet is the 256 bytes, numbered beforehand, so that ties between pairs are always broken alike.
    """
    from tokenizers import Tokenizer as Fast
    from tokenizers import decoders, models, pre_tokenizers, trainers

    fast = Fast(models.BPE(unk_token=SPECIAL["unk"]))
    fast.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    fast.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=params.vocabulary,
        min_frequency=params.min_frequency,
        special_tokens=list(SPECIAL.values()),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    fast.train_from_iterator(texts, trainer)
    frame(fast, encoder)
    return Tokenizer(fast, SPECIAL, params.length)
