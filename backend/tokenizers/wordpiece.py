"""WordPiece, trained on the corpus: the tokenizer of BERT (Wu et al. 2016, arXiv 1609.08144)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from pydantic import Field

from ..recipe import Choice
from ..registry import Strict
from ._base import SPECIAL, Tokenizer, frame

TITLE = "WordPiece"
KINDS = ("text",)
INSIDE = re.compile(r"(?<=\S)\S")


class Params(Strict):
    vocabulary: int = Field(8_000, ge=200, le=200_000, description="Tokens in the vocabulary at most")
    lowercase: bool = Field(True, description="Read the text in lower case, without accents")
    min_frequency: int = Field(2, ge=1, le=1_000, description="How often a pair must occur to become a token")
    length: int = Field(128, ge=8, le=131_072, description="Longest input in tokens; longer texts are cut")


def train(params: Params, texts: Iterable[list[str]], encoder: Choice) -> Tokenizer:
    """A tokenizer trained on batches of texts, which are read twice; the same texts give the same tokenizer."""
    from tokenizers import Tokenizer as Fast
    from tokenizers import decoders, models, normalizers, pre_tokenizers, trainers

    def untrained(vocabulary: dict[str, int] | None = None) -> Fast:
        model = models.WordPiece(vocabulary, unk_token=SPECIAL["unk"], max_input_chars_per_word=100)
        made = Fast(model)
        made.normalizer = normalizers.BertNormalizer(lowercase=params.lowercase)
        made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        made.decoder = decoders.WordPiece()
        return made

    fast = untrained()
    # The trainer numbers the letters inside words in the order of a hash table, and breaks ties by number: naming
    # them beforehand makes training repeatable.
    inside = [f"##{letter}" for letter in sorted(letters_inside(fast, texts))]
    trainer = trainers.WordPieceTrainer(
        vocab_size=max(params.vocabulary, len(SPECIAL) + 2 * len(inside)),
        min_frequency=params.min_frequency,
        special_tokens=[*SPECIAL.values(), *inside],
        show_progress=False,
    )
    fast.train_from_iterator(texts, trainer)
    fast = untrained(fast.get_vocab(with_added_tokens=False))
    fast.add_special_tokens(list(SPECIAL.values()))
    frame(fast, encoder)
    return Tokenizer(fast, SPECIAL, params.length)


def letters_inside(fast, texts: Iterable[list[str]]) -> set[str]:
    """Signs that stand after another sign within a word, in the normalised texts."""
    found: set[str] = set()
    for batch in texts:
        for text in batch:
            found.update(INSIDE.findall(fast.normalizer.normalize_str(text)))
    return {sign for sign in found if not unicodedata.category(sign).startswith(("P", "S", "C", "Z"))}
