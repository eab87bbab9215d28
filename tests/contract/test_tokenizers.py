"""Every tokenizer, found by listing the folder."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from tokenizers import Tokenizer as Fast
from tokenizers import decoders, models, pre_tokenizers, processors, trainers

from backend.recipe import Choice
from backend.registry import of_kind, plugin
from backend.tokenizers._base import Tokenizer
from tests.checkpoints import TEXTS, bert_folder, encoder, tokenizer, write_checkpoint

TRAINED = [name for name in of_kind("tokenizers", "text") if name != "own"]
AGAIN = """
import hashlib, json, sys
from tests.checkpoints import tokenizer
for name in sys.argv[1:]:
    print(hashlib.sha256(json.dumps(tokenizer(name).as_dict(), sort_keys=True).encode()).hexdigest())
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return bert_folder(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def make(folder):
    """make(name) -> the tokenizer, trained anew on the sample texts or read from the folder."""

    def build(name: str, length: int = 24) -> Tokenizer:
        kind = plugin("tokenizers", name)
        params = {"length": length} | ({} if name == "own" else {"vocabulary": 300})
        return kind.call(kind.params(**params), [TEXTS], Choice(name="pretrained", source=str(folder)))

    return build


def letters(text: str) -> str:
    return "".join(text.lower().split())


@pytest.mark.parametrize("name", of_kind("tokenizers", "text"))
class TestTokenizer:
    def test_what_it_was_trained_on_comes_back(self, make, name):
        made = make(name)
        assert [letters(made.decode(ids)) for ids in made.ids(TEXTS[:4])] == [letters(t) for t in TEXTS[:4]]

    def test_the_pieces_say_where_they_stand(self, make, name):
        made = make(name, length=128)
        for text in TEXTS[:4]:
            pieces = [p for p in made.pieces(text) if not p.special]
            assert [p.start for p in pieces] == sorted(p.start for p in pieces)
            covered = {i for p in pieces for i in range(p.start, p.end)}
            assert {i for i, c in enumerate(text) if not c.isspace()} <= covered
            words = [p.word for p in pieces]
            assert None not in words
            assert words == sorted(words)

    def test_special_tokens_frame_and_pad(self, make, name):
        made = make(name)
        v = made.vocabulary
        tokens = made.encode([TEXTS[0], TEXTS[3]])
        assert (tokens.ids[:, 0] == v.cls).all()
        for row, length in zip(tokens.ids, tokens.lengths, strict=True):
            assert row[length - 1] == v.sep
            assert (row[length:] == v.pad).all()
        inside = {i for ids in made.ids(TEXTS) for i in ids}
        assert not inside & {v.pad, v.cls, v.sep, v.mask}
        assert max(inside) < v.size

    def test_long_texts_are_cut_and_still_framed(self, make, name):
        made = make(name, length=8)
        tokens = made.encode([" ".join(TEXTS), "Tedious!"])
        assert tokens.ids.shape[1] == 8
        assert tokens.ids[0, -1] == made.vocabulary.sep
        assert len(made.ids([" ".join(TEXTS)])[0]) > 8

    def test_it_comes_back_from_what_is_stored(self, make, name):
        made = make(name)
        again = Tokenizer.from_dict(json.loads(json.dumps(made.as_dict())))
        assert again.vocabulary == made.vocabulary
        assert again.ids(TEXTS) == made.ids(TEXTS)

    def test_the_same_texts_give_the_same_tokenizer(self, make, name):
        assert make(name).as_dict() == make(name).as_dict()

    def test_params_round_trip(self, make, name):
        params = plugin("tokenizers", name).params
        assert params(**params().model_dump()) == params()
        with pytest.raises(ValueError, match="extra"):
            params(no_such_key=1)


@pytest.mark.parametrize("name", TRAINED)
def test_a_causal_model_reads_a_text_behind_the_separator_and_open_at_its_end(name):
    made = tokenizer(name, length=8, encoder="gpt2")
    v, tokens = made.vocabulary, made.encode([TEXTS[3], " ".join(TEXTS)])
    (short, cut) = made.ids([TEXTS[3], " ".join(TEXTS)])
    assert tokens.ids[0, : tokens.lengths[0]].tolist() == [v.separator, *short]
    assert tokens.ids[1].tolist() == [v.separator, *cut[:7]]


def test_another_process_trains_the_same_tokenizers():
    """Hash tables of another process are ordered otherwise."""
    here = [hashlib.sha256(json.dumps(tokenizer(n).as_dict(), sort_keys=True).encode()).hexdigest() for n in TRAINED]
    command, root = [sys.executable, "-c", AGAIN, *TRAINED], Path(__file__).parents[2]
    ended = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert ended.stdout.split() == here


def test_what_a_tokenizer_loses_is_told(make):
    strange = "ภ" * 150  # one word, longer than any that WordPiece reads
    texts = [TEXTS[0].upper(), strange]
    bpe, wordpiece = make("bpe"), make("wordpiece")
    assert (bpe.gives_back(texts), bpe.unknown(texts)) == (1.0, 0.0)
    assert wordpiece.gives_back(texts) == 0.0
    assert wordpiece.unknown([strange]) == 1.0
    assert (wordpiece.gives_back([]), wordpiece.unknown([])) == (1.0, 0.0)


def test_bytes_know_every_text():
    made, text = tokenizer("bpe"), "naïve 日本 🎬\tand\n\n  spaces"
    (ids,) = made.ids([text])
    assert made.decode(ids) == text
    assert made.vocabulary.unk not in ids


LLAMA = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
NO_BEGIN = {"eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
GPT = {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"}


def causal_folder(folder: Path, name: str, told: dict[str, str], processor) -> Path:
    """A causal model as others publish it, with its own special tokens and no [CLS] or [SEP]."""
    fast = Fast(models.BPE())
    fast.pre_tokenizer, fast.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    marks = list(dict.fromkeys(told.values()))
    fast.train_from_iterator(TEXTS, trainers.BpeTrainer(vocab_size=300, special_tokens=marks, show_progress=False))
    fast.post_processor = processor(fast)
    made = Tokenizer(fast, {"pad": marks[-1]}, 24)
    write_checkpoint(folder, made, encoder(name, made), headless=False)
    (folder / "tokenizer_config.json").write_text(json.dumps(told))
    return folder


def llama_frame(fast):
    ends = [("<s>", fast.token_to_id("<s>")), ("</s>", fast.token_to_id("</s>"))]
    return processors.TemplateProcessing(single="<s> $A </s>", special_tokens=ends)


@pytest.mark.parametrize(
    ("name", "told", "processor", "begin", "end", "pad"),
    [
        ("llama", LLAMA, llama_frame, "<s>", "</s>", "<pad>"),
        ("llama", NO_BEGIN, lambda _: processors.TemplateProcessing(single="$A"), "</s>", "</s>", "<pad>"),
        ("gpt2", GPT, lambda _: processors.ByteLevel(trim_offsets=True), *["<|endoftext|>"] * 3),
    ],
)
def test_a_causal_model_of_others_keeps_its_own_begin_and_end_of_text(tmp_path, name, told, processor, begin, end, pad):
    source = str(causal_folder(tmp_path, name, told, processor))
    own = plugin("tokenizers", "own")
    made = own.call(own.params(length=24), (), Choice(name="pretrained", source=source))
    v, number = made.vocabulary, made.fast.token_to_id
    assert (v.begin, v.separator, v.pad) == (number(begin), number(end), number(pad))
    tokens = made.encode([TEXTS[0], TEXTS[3]])
    for row, length, ids in zip(tokens.ids, tokens.lengths, made.ids([TEXTS[0], TEXTS[3]]), strict=True):
        assert row[:length].tolist() == [v.begin, *ids]
    again = Tokenizer.from_dict(made.as_dict())
    assert again.vocabulary == v
    assert made.pieces("the film")[0].special
    if name == "gpt2":  # its places leave the space out, as before
        assert [TEXTS[0][p.start : p.end] for p in made.pieces(TEXTS[0])[1:3]] == ["She", "saw"]
