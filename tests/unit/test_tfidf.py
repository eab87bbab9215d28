"""TF-IDF and logistic regression: the numbers of scikit-learn's parts, no peeking, and what it does with little."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from backend.encoders._text import Tokens
from backend.finetune import tfidf
from backend.finetune._task import Cell, Task
from backend.workspace.layout import BadInput

GOOD, BAD = "a warm film", "a dull film"


@pytest.fixture
def task() -> Task:
    texts = [GOOD, BAD] * 10
    labels = np.array([1, 0] * 10)
    labels[16:] = -1
    rows = np.arange(12)
    cells = (Cell(0.5, 0, rows[:6]), Cell(1.0, 0, rows))
    tokens = Tokens(torch.zeros(20, 1, dtype=torch.int64))
    return Task(
        cells=cells,
        wanted=cells,
        labels=labels,
        train=rows,
        val=np.arange(12, 16),
        test=np.arange(16, 20),
        classes=2,
        metric="accuracy",
        inputs=tokens,
        texts=texts,
        device=torch.device("cpu"),
    )


def test_the_word_that_decides_is_found(task):
    for prediction in tfidf.fit(task, tfidf.Params()):
        assert (prediction.test.argmax(1) == [1, 0, 1, 0]).all()
        assert prediction.test.dtype == np.float32


def test_a_stronger_penalty_says_less(task):
    sure, unsure = (next(tfidf.fit(task, tfidf.Params(strengths=(c,)))).val.max(1).mean() for c in (100.0, 1e-3))
    assert sure > 0.95
    assert unsure == pytest.approx(0.5, abs=0.01)


def test_test_texts_change_nothing_but_their_own_answers(task):
    other = replace(task, texts=[*task.texts[:16], "entirely", "other", "words", "here"])
    for before, after in zip(tfidf.fit(task, tfidf.Params()), tfidf.fit(other, tfidf.Params()), strict=True):
        assert before.chosen == after.chosen
        assert (before.val == after.val).all()


def test_one_class_alone_is_what_it_says(task):
    alone = Cell(0.1, 0, np.array([0, 2]))
    (found,) = tfidf.fit(replace(task, cells=(alone,), wanted=(alone,)), tfidf.Params())
    assert (found.test == [0, 1]).all()
    assert found.chosen == {"strength": None}


def test_texts_without_words_are_one_line(task):
    with pytest.raises(BadInput, match="expected words in the training texts, found none"):
        list(tfidf.fit(replace(task, texts=["!?"] * 20), tfidf.Params()))
    with pytest.raises(ValueError, match="expected texts, found none"):
        list(tfidf.fit(replace(task, texts=None), tfidf.Params()))


def test_of_many_classes_only_as_many_features_are_kept_as_memory_allows(task, monkeypatch):
    monkeypatch.setattr(tfidf, "MOST_WEIGHTS", 2 * task.classes)  # "a" and "film", which every text has
    for prediction in tfidf.fit(task, tfidf.Params()):
        assert np.ptp(prediction.test, axis=0).max() < 1e-6
