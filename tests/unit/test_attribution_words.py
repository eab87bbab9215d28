"""Words of texts as attribution takes them: also where the tokenizer itself knows none."""

from __future__ import annotations

import pytest
from tokenizers import Tokenizer as Fast
from tokenizers import models, normalizers, pre_tokenizers, trainers

from backend.attribution._text import sentences
from backend.tokenizers._base import Tokenizer
from tests.checkpoints import TEXTS, tokenizer


def llama_2() -> Tokenizer:
    """SentencePiece as Llama 2 ships it: no pre-tokenizer, each space a sign of the normalised text."""
    fast = Fast(models.BPE(unk_token="<unk>"))
    fast.pre_tokenizer = pre_tokenizers.Metaspace()
    marks = ["<unk>", "<s>", "</s>"]
    fast.train_from_iterator(TEXTS, trainers.BpeTrainer(vocab_size=80, special_tokens=marks, show_progress=False))
    fast.pre_tokenizer = None
    fast.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    return Tokenizer(fast, {"pad": "</s>", "unk": "<unk>"}, 64)


@pytest.mark.parametrize("text", ["She saw the film.", "A play\nfound it, again", " dull  novel"])
def test_a_tokenizer_without_words_of_its_own_has_those_between_spaces(text):
    made = llama_2()
    assert {piece.word for piece in made.pieces(text)} == {0}, "the library tells one word"
    found = sentences(made, [text], "cpu")
    assert [text[start:end].strip() for start, end in found.spans[0] if text[start:end].strip()] == text.split()
    numbers = found.words[0].tolist()
    assert numbers == sorted(numbers)
    assert len(numbers) > len(found.spans[0]) > 2


@pytest.mark.parametrize("name", ["wordpiece", "bpe"])
def test_other_tokenizers_keep_their_own_words(name):
    made = tokenizer(name)
    found = sentences(made, TEXTS[:4], "cpu")
    for row, text in enumerate(TEXTS[:4]):
        own = [-1 if piece.word is None else piece.word for piece in made.pieces(text)]
        assert found.words[row, : len(own)].tolist() == own
