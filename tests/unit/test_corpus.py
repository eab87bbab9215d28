"""The corpus on disk: what is read later of a text was seen in pretraining, framed alike; what is never guessed."""

from __future__ import annotations

import json
from math import log

import numpy as np
import pytest
import torch

from backend.encoders._text import Tokens
from backend.engine.corpus import Corpus, TextFeed
from backend.language.frequency import entropy, token_counts
from backend.language.readings import LanguageReadings
from backend.pretext import clm, rtd
from backend.pretext._base import ONE, Batch
from backend.tokenizers._base import Tokenizer, begin_with
from tests.checkpoints import TEXTS, encoder, tokenizer

CPU = torch.device("cpu")
WAYS = {"masked": "bert", "causal": "gpt2"}


def framed(way: str) -> Tokenizer:
    """masked: [CLS] text [SEP]; causal: [SEP] text; own begin: a begin and an end of text that differ."""
    if way in WAYS:
        return tokenizer("wordpiece", encoder=WAYS[way])
    fast = tokenizer("wordpiece").fast
    begin_with(fast, "[CLS]")
    return Tokenizer(fast, {"pad": "[PAD]", "unk": "[UNK]", "bos": "[CLS]", "eos": "[SEP]"}, 24)


def written(folder, made: Tokenizer, texts=TEXTS) -> Corpus:
    return Corpus.write(folder, made, [texts[:3], texts[3:]], np.ones(len(texts), dtype=bool))


@pytest.mark.parametrize("way", ["masked", "causal", "own begin"])
def test_every_text_stands_in_the_corpus_as_it_is_read_later(tmp_path, way):
    made = framed(way)
    corpus, tokens = written(tmp_path, made), made.encode(TEXTS)
    ids = corpus.ids.tolist()
    for number, (row, length) in enumerate(zip(tokens.ids, tokens.lengths, strict=True)):
        start = int(corpus.starts[number]) - (way == "causal")  # the separator of the text before
        if start >= 0:
            assert ids[start : start + int(length)] == row[:length].tolist()
        assert corpus.text(number, 99).tolist() == made.ids([TEXTS[number]])[0]
    assert ids.count(made.vocabulary.separator) == corpus.texts == len(TEXTS)
    assert corpus.guessed == sum(map(len, made.ids(TEXTS))) + len(TEXTS)


def test_a_corpus_of_an_earlier_version_is_read_as_it_was_written(tmp_path):
    made = framed("causal")
    written(tmp_path, made)
    told = json.loads((tmp_path / "done.json").read_text())
    (tmp_path / "done.json").write_text(json.dumps({name: told[name] for name in ("kind", "bytes")}))
    again = Corpus.read(tmp_path, np.arange(len(TEXTS)))
    assert again.text(2, 99).tolist() == made.ids([TEXTS[2]])[0]


@pytest.mark.parametrize("way", ["masked", "causal", "own begin"])
def test_one_text_a_row_is_framed_as_it_is_read_later(tmp_path, way):
    made = framed(way)
    feed = TextFeed(written(tmp_path, made), made, 24, len(TEXTS), 0, CPU, packed=False)
    found = {tuple(row[:length].tolist()) for row, length in rows(feed.at(0, ONE).only)}
    assert found == {tuple(row[:length].tolist()) for row, length in rows(made.encode(TEXTS))}
    assert feed.size == pytest.approx(int(made.encode(TEXTS).lengths.sum()), abs=1)


def rows(tokens: Tokens):
    return zip(tokens.ids, tokens.lengths, strict=True)


def readings(folder, made: Tokenizer, language: str) -> LanguageReadings:
    corpus = written(folder, made)
    return LanguageReadings(corpus, corpus, made.vocabulary, 8, language, 0, CPU)


@pytest.mark.parametrize(("way", "language"), [("masked", "masked"), ("own begin", "causal"), ("causal", "causal")])
def test_what_frames_a_text_is_neither_guessed_nor_counted(tmp_path, way, language):
    made = framed(way)
    v, read = made.vocabulary, readings(tmp_path, made, language)
    never = {v.cls, v.sep, v.unk} if way == "masked" else ({v.bos} if way == "own begin" else set())
    never -= {None}
    ids = [i for row in made.ids(TEXTS) for i in ([*row, v.separator] if language == "causal" else row)]
    counts = np.bincount([i for i in ids if i not in never], minlength=v.size)
    assert read.counts.tolist() == counts.tolist()
    assert read.bound == pytest.approx(entropy(counts))
    truth = read.blocks.ids[read.chosen].tolist()
    assert truth
    assert not never & set(truth)
    unigram = read.baselines()["models"][0]
    assert unigram["loss"] == pytest.approx(read.bound, abs=0.5)
    assert len(unigram["block_sums"]) == len(read.blocks)
    if language == "causal":
        assert sum(unigram["block_sums"]) / len(truth) == pytest.approx(unigram["loss"])
        assert read._bits_per_byte(1.0) == pytest.approx(len(ids) / log(2) / sum(len(t.encode()) for t in TEXTS))


def test_bits_a_byte_are_not_told_of_texts_that_the_tokenizer_loses(tmp_path, monkeypatch):
    read = readings(tmp_path, framed("causal"), "causal")
    told = np.zeros(3, int), np.ones(3), np.ones(3, bool)
    monkeypatch.setattr(read, "_guessed", lambda encoder: told)
    assert read.lm(None)["bits_per_byte"] > 0
    assert read.lm(None)["note"] is None
    read.faithful = 0.4
    assert read.lm(None)["bits_per_byte"] is None
    assert "gives only 40%" in read.lm(None)["note"]


def test_a_causal_model_learns_nothing_of_the_token_that_opens_a_text():
    made = framed("own begin")
    model, (begin, end) = encoder("gpt2", made), (made.vocabulary.bos, made.vocabulary.eos)
    ids = torch.tensor([[7, 8, end, begin, 9, 10]])
    task = clm.build(clm.Params(), 32, made.vocabulary)
    with torch.no_grad():
        loss = task(model, Batch({"only": Tokens(ids)})).loss
        logs = model.logits(model.hidden(Tokens(ids)))[0, :-1].log_softmax(1)
    by_hand = [-logs[at - 1, ids[0, at]] for at in (1, 2, 4, 5)]
    assert loss == pytest.approx(float(torch.stack(by_hand).mean()), abs=1e-5)


def test_detection_is_measured_where_a_token_could_have_been_replaced():
    made = framed("masked")
    model, v = encoder("bert", made), made.vocabulary
    task = rtd.build(rtd.Params(share=0.9), 32, v)
    ids = torch.tensor([[v.cls, 7, 8, v.sep] * 8])
    with torch.no_grad():
        for parameter in task.head.parameters():
            parameter.zero_()  # every token is called its own
        outcome = task(model, Batch({"only": Tokens(ids)}, None, torch.Generator().manual_seed(0)))
    assert 0 < float(outcome.parts["detection_accuracy"]) < 0.5, "of the words nearly all were replaced"


def test_counts_leave_out_what_is_never_asked_for(tmp_path):
    made = framed("masked")
    corpus = written(tmp_path, made)
    everything = token_counts(corpus, made.vocabulary.size)
    assert everything[made.vocabulary.cls] == len(TEXTS)
    asked = token_counts(corpus, made.vocabulary.size, made.vocabulary.unguessed(causal=False))
    assert asked.sum() == sum(len(ids) for ids in made.ids(TEXTS))
