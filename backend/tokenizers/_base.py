"""A tokenizer of a run: text to token ids and back, stored as one JSON artefact.

Made by the files of this folder, `train(params, texts, encoder) -> Tokenizer`. It wraps a tokenizer of the library
`tokenizers`, whose own JSON is part of what is stored, so nothing is unpickled and nothing runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import torch

from ..encoders._text import Tokens, Vocabulary
from ..recipe import Choice
from ..registry import plugin
from ..workspace.layout import BadInput
from ._words import continues

if TYPE_CHECKING:
    import tokenizers

SPECIAL = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}


@dataclass(frozen=True)
class Piece:
    """One token of a text: its string, its place in the text (characters start to end), its word's number."""

    token: str
    start: int
    end: int
    word: int | None
    special: bool


class Tokenizer:
    """fast: a tokenizer of `tokenizers`; special: {role (`SPECIAL`, bos, eos): token}; length: longest input in tokens;
    before, after: the ids that `encode` puts around a text."""

    def __init__(self, fast: tokenizers.Tokenizer, special: dict[str, str], length: int):
        self.fast, self.special, self.length = fast, special, length
        fast.no_padding()
        fast.no_truncation()
        ids = {role: fast.token_to_id(token) for role, token in special.items()}
        if ids.get("pad") is None:
            raise BadInput(f"tokenizer: expected a padding token, found none among {', '.join(special) or 'no tokens'}")
        size, inside = fast.get_vocab_size(with_added_tokens=True), continues(fast)
        self.before, self.after = framing(fast)
        vocabulary = Vocabulary(size=size, length=length, continues=inside, **ids)
        if self.before and self.before[-1] != vocabulary.separator:
            vocabulary = replace(vocabulary, opening=self.before[-1])
        self.vocabulary = vocabulary

    def encode(self, texts: list[str]) -> Tokens:
        """Padded token ids with the special tokens around each text, cut to `length` tokens: framed as the encoder saw
        texts in training, [CLS] text [SEP] or, for causal encoders, [SEP] text."""
        rows = [encoding.ids for encoding in self._encode(texts)]
        lengths = torch.tensor([len(row) for row in rows], dtype=torch.int64)
        ids = torch.full((len(rows), int(lengths.max()) if rows else 0), self.vocabulary.pad, dtype=torch.int64)
        for row, found in zip(ids, rows, strict=True):
            row[: len(found)] = torch.tensor(found)
        return Tokens(ids, lengths)

    def ids(self, texts: list[str]) -> list[list[int]]:
        """Token ids of each text as it is, uncut, without special tokens: the corpus of a language model."""
        return [encoding.ids for encoding in self.fast.encode_batch_fast(texts, add_special_tokens=False)]

    def pieces(self, text: str) -> list[Piece]:
        """The tokens of one text as `encode` gives them, with their places in it."""
        (encoding,) = self._encode([text])
        special = set(self.special.values())
        return [
            Piece(token, start, end, word, token in special)
            for token, (start, end), word in zip(encoding.tokens, encoding.offsets, encoding.word_ids, strict=True)
        ]

    def decode(self, ids: Iterable[int]) -> str:
        return self.fast.decode(list(ids), skip_special_tokens=True)

    def gives_back(self, texts: list[str]) -> float:
        """The share of texts that their tokens decode to exactly; 1 without texts."""
        exact = [self.decode(ids) == text for ids, text in zip(self.ids(texts), texts, strict=True)]
        return sum(exact) / len(exact) if exact else 1.0

    def unknown(self, texts: list[str]) -> float:
        """The share of tokens of these texts that stand for what the vocabulary lacks ([UNK])."""
        ids = [i for found in self.ids(texts) for i in found]
        return ids.count(self.vocabulary.unk) / len(ids) if ids and self.vocabulary.unk is not None else 0.0

    def token(self, id: int) -> str:
        return self.fast.id_to_token(id) or ""

    def _encode(self, texts: list[str]) -> list[Any]:
        self.fast.enable_truncation(self.length)
        try:
            return self.fast.encode_batch(texts)
        finally:
            self.fast.no_truncation()

    def as_dict(self) -> dict[str, Any]:
        return {"tokenizer": json.loads(self.fast.to_str()), "special": self.special, "length": self.length}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Tokenizer:
        from tokenizers import Tokenizer as Fast

        fast = Fast.from_str(json.dumps(stored["tokenizer"]))
        return cls(fast, stored["special"], stored["length"])


def vocabulary_dict(vocabulary: Vocabulary) -> dict[str, Any]:
    return asdict(vocabulary)


def frame(fast: tokenizers.Tokenizer, encoder: Choice) -> None:
    """Put [CLS] before and [SEP] after every text; for a causal encoder [SEP] before it alone, as `begin_with` does."""
    if plugin("encoders", encoder.name).reads == ("causal",):
        begin_with(fast, SPECIAL["sep"])
        return
    from tokenizers.processors import TemplateProcessing

    marks = [(SPECIAL[role], fast.token_to_id(SPECIAL[role])) for role in ("cls", "sep")]
    fast.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=marks)


def framing(fast: tokenizers.Tokenizer) -> tuple[list[int], list[int]]:
    """(ids before, ids after) that the tokenizer puts around every text."""
    encoded = fast.encode("a")
    own = [i for i, added in enumerate(encoded.special_tokens_mask) if not added]
    first, last = (own[0], own[-1] + 1) if own else (len(encoded.ids), len(encoded.ids))
    return encoded.ids[:first], encoded.ids[last:]


def begin_with(fast: tokenizers.Tokenizer, token: str) -> None:
    """Put `token` before every text and nothing after it: a causal model meets a text behind the end of the one before,
    and what stands last is what it goes on from. How places in the text are told (byte level) stays."""
    from tokenizers.processors import ByteLevel, Sequence, TemplateProcessing

    told = json.loads(fast.to_str())["post_processor"] or {}
    bytewise = [p for p in told.get("processors", [told]) if p.get("type") == "ByteLevel"]
    begin = TemplateProcessing(single=[token, "$A"], special_tokens=[(token, fast.token_to_id(token))])
    kept = [ByteLevel(add_prefix_space=p["add_prefix_space"], trim_offsets=p["trim_offsets"]) for p in bytewise]
    fast.post_processor = Sequence([*kept, begin]) if kept else begin
