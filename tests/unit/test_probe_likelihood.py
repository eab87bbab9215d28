"""How likely a model finds words and sentences: against hand-computed bigrams; padding and order change nothing."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from backend.probes import _likelihood as likelihood
from tests.unit.probing import context, log_p

TEXTS = ["the nurse said she was here", "the nurse said he was here", "the old doctor was there"]


def test_the_score_of_a_pair_is_the_pseudo_log_likelihood_of_its_shared_words(reviews):
    found = context(TEXTS, reviews)
    a, b = likelihood.rows_of(found, TEXTS[:2])
    table = found.encoder.table
    shared = [1, 2, 3, 5, 6]  # [CLS] the nurse said she|he was here [SEP]
    scores = likelihood.sentence_scores(found, [(TEXTS[0], TEXTS[1])])[0]
    for row, score in zip((a, b), scores, strict=True):
        assert score == pytest.approx(sum(log_p(table, row[i - 1], row[i]) for i in shared), abs=1e-4)


def test_a_hidden_word_is_asked_for_at_its_place(reviews):
    found = context(TEXTS, reviews)
    a, b = likelihood.rows_of(found, TEXTS[:2])
    asked = likelihood.preferences(found, [((TEXTS[0], 15, 18), (TEXTS[1], 15, 17))])
    table = found.encoder.table
    assert asked[0] == pytest.approx(log_p(table, a[3], a[4]) - log_p(table, b[3], b[4]), abs=1e-4)


def test_a_causal_model_is_asked_for_whole_sentences(reviews):
    found = context(TEXTS, reviews, causal=True)
    rows = likelihood.rows_of(found, TEXTS)
    by_hand = [sum(log_p(found.encoder.table, a, b) for a, b in pairwise(row)) for row in rows]
    assert likelihood.sentence_logs(found, rows) == pytest.approx(by_hand, abs=1e-3)
    alone = [likelihood.sentence_logs(found, [row])[0] for row in rows]
    assert likelihood.sentence_logs(found, rows) == pytest.approx(alone, abs=1e-4)


def test_the_first_word_counts_behind_what_training_put_before_a_text(reviews):
    found = context(TEXTS, reviews, causal=True)
    end, ids = found.tokenizer.vocabulary.separator, found.tokenizer.ids(TEXTS)
    by_hand = [sum(log_p(found.encoder.table, a, b) for a, b in pairwise([end, *row])) for row in ids]
    pairs = [(TEXTS[0], TEXTS[1]), (TEXTS[1], TEXTS[2])]
    scores = likelihood.sentence_scores(found, pairs)
    assert scores.ravel() == pytest.approx([by_hand[i] for i in (0, 1, 1, 2)], abs=1e-3)


def test_a_causal_model_is_measured_on_the_tokens_that_are_counted(reviews):
    found = context(TEXTS, reviews, causal=True)  # letters beyond these texts are unknown to the tokenizer
    v, held_out = found.tokenizer.vocabulary, [reviews.texts[i] for i in reviews.rows("val")[:64]]
    rows = [[v.separator, *row] for row in found.tokenizer.ids(held_out)]
    logs = [log_p(found.encoder.table, a, b) for row in rows for a, b in pairwise(row) if b != v.unk]
    told = likelihood.fluency(found)
    assert told["tokens"] == len(logs)
    assert told["model"] == pytest.approx(-np.mean(logs), abs=1e-4)
    assert any(v.unk in row for row in rows)


def test_words_that_the_tokenizer_cuts_are_not_asked_for(reviews):
    found = context(TEXTS, reviews)
    assert likelihood.spot(found, "the nurse said xyzzy", 15, 20) is None
    pair = (("the nurse said xyzzy", 15, 20), ("the nurse said he", 15, 17))
    assert np.isnan(likelihood.preferences(found, [pair])[0])


def test_only_a_model_that_reads_context_beats_the_frequencies(reviews):
    texts = reviews.texts
    found = context(texts, reviews)
    knows_nothing = likelihood.fluency(found)
    assert knows_nothing["model"] > knows_nothing["frequency"]
    counts = np.ones((found.tokenizer.vocabulary.size,) * 2)
    for row in likelihood.rows_of(found, texts):
        for a, b in pairwise(row):
            counts[a, b] += 50
    found.encoder.table = found.encoder.table.new_tensor(np.log(counts / counts.sum(1, keepdims=True)))
    learnt = likelihood.fluency(found)
    assert learnt["model"] < learnt["frequency"]
    assert learnt["frequency"] == knows_nothing["frequency"]
