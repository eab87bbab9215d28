"""Which tokens continue a word, by WordPiece's and by byte-level BPE's marks."""

from __future__ import annotations

import pytest
from tokenizers import Tokenizer as Fast
from tokenizers import models

from backend.recipe import Choice
from backend.registry import plugin
from backend.tokenizers._words import continues

TEXTS = ["Unbelievable believers believe in the unbelievable, believably."] * 3


@pytest.mark.parametrize("name", ["wordpiece", "bpe"])
def test_a_word_is_one_start_and_its_continuations(name):
    kind = plugin("tokenizers", name)
    tokenizer = kind.call(kind.params(vocabulary=300, length=64), [TEXTS], Choice(name="bert"))
    inside = tokenizer.vocabulary.continues
    assert len(inside) == tokenizer.vocabulary.size
    assert not inside[tokenizer.vocabulary.special].any()
    pieces = [p for p in tokenizer.pieces("the unbelievers believe") if not p.special]
    ids = tokenizer.ids(["the unbelievers believe"])[0]
    assert len(pieces) == len(ids) > 3
    starts = [piece.start for piece, id in zip(pieces, ids, strict=True) if not inside[id]]
    # no space stands before a text, so byte-level BPE does not mark its first word
    expected = ["unbelievers", "believe"]
    text = "the unbelievers believe"
    assert [text[start:].strip().split()[0] for start in starts][-2:] == expected


def test_a_vocabulary_without_marks_cannot_tell():
    assert continues(Fast(models.WordLevel({"a": 0, "b": 1}, unk_token="a"))) is None
