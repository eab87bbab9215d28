"""TF-IDF and logistic regression: the numbers of scikit-learn's parts, no peeking, and what it does with little."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

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


def wide_task(metric: str, unlabelled: int = 0, seed: int = 0) -> Task:
    """Three classes, one of them frequent, told by words that share each text with rare words; 240 training rows of
    which the last `unlabelled` have no label, 80 for validation, 80 for test, and 40 in no split."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(3, 440, p=[0.7, 0.2, 0.1])
    texts = [
        " ".join(rng.permutation([f"told{y}x{rng.integers(2)}", *(f"rare{i}" for i in rng.integers(0, 400, 6))]))
        for y in labels
    ]
    blanked = labels.copy()
    blanked[240 - unlabelled : 240] = -1
    blanked[320:] = -1
    known = np.arange(240 - unlabelled)
    cells = (Cell(0.1, 0, known[:40]), Cell(1.0, 0, known), Cell(1.0, 1, known))
    return Task(
        cells=cells,
        wanted=cells,
        labels=blanked,
        train=np.arange(240),
        val=np.arange(240, 320),
        test=np.arange(320, 400),
        classes=3,
        metric=metric,
        inputs=Tokens(torch.zeros(440, 1, dtype=torch.int64)),
        texts=texts,
        device=torch.device("cpu"),
    )


def by_hand(task: Task, cell: Cell, words: int, source: str, balanced: bool, strength: float) -> list[np.ndarray]:
    """Validation and test probabilities of one candidate, by scikit-learn from the texts on."""
    vectorizer = TfidfVectorizer(ngram_range=(1, words), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b")
    vectorizer.fit([task.texts[i] for i in (cell.rows if source == "labelled" else task.train)])
    model = LogisticRegression(C=strength, class_weight="balanced" if balanced else None, tol=1e-9, max_iter=5000)
    model.fit(vectorizer.transform([task.texts[i] for i in cell.rows]), task.labels[cell.rows])
    return [model.predict_proba(vectorizer.transform([task.texts[i] for i in rows])) for rows in (task.val, task.test)]


@pytest.mark.parametrize("metric", ["accuracy", "balanced_accuracy"])
def test_validation_chooses_among_all_candidates_as_scikit_learn_computes_them(metric):
    task, strengths = wide_task(metric, unlabelled=60), (0.1, 10.0)
    first = task.cells[:2]
    found = list(tfidf.fit(replace(task, wanted=first), tfidf.Params(strengths=strengths)))
    weights = (False, True) if metric == "balanced_accuracy" else (False,)
    for cell, prediction in zip(first, found, strict=True):
        tried = list(product((1, 2), ("labelled", "train"), weights, strengths))
        answers = [by_hand(task, cell, *one) for one in tried]
        best = task.pick([val for val, _ in answers])
        words, source, balanced, strength = tried[best]
        expected = {"strength": strength, "words": words, "fitted_on": source, "balanced": balanced}
        assert prediction.chosen == expected
        assert np.abs(prediction.val - answers[best][0]).max() < 1e-3
        assert np.abs(prediction.test - answers[best][1]).max() < 1e-3


def test_few_labels_of_uneven_classes_are_told_better_than_by_the_most_frequent_class():
    """One word in seven tells the class; the vocabulary of all training texts and plain losses leave 33.3 % here."""
    task = wide_task("balanced_accuracy")
    truth = np.array([int(re.search(r"told(\d)", text)[1]) for text in task.texts])
    few = next(tfidf.fit(replace(task, wanted=task.cells[:1]), tfidf.Params(words=1)))
    assert task.value(few.test, truth[task.test]) > 0.8


def test_texts_of_no_split_of_the_study_change_nothing():
    """A study may validate on fewer rows than the split has, and test texts may lack a label: neither is trained on."""
    task, params = wide_task("accuracy"), tfidf.Params(strengths=(1.0,), words=1)
    other = replace(task, texts=[*task.texts[:400], *["entirely other words"] * 40])
    for before, after in zip(tfidf.fit(task, params), tfidf.fit(other, params), strict=True):
        assert before.chosen == after.chosen
        assert (before.test == after.test).all()


def test_cells_of_the_same_rows_are_fitted_once_and_every_fit_can_be_stopped():
    task, params, calls = wide_task("balanced_accuracy"), tfidf.Params(strengths=(0.1, 1.0, 10.0)), []
    counted = replace(task, wanted=task.cells[1:], check_stop=lambda: calls.append(1))
    assert [p.cell for p in tfidf.fit(counted, params)] == list(task.cells[1:])
    assert len(calls) == 1 + 2 * 2 * 3, "once a cell, and words x weights x strengths"


def test_labelled_texts_without_a_word_give_the_share_of_each_class(task):
    mute = replace(task, texts=["!?" if i < 6 else text for i, text in enumerate(task.texts)])
    (found,) = tfidf.fit(replace(mute, wanted=task.cells[:1]), tfidf.Params())
    assert np.abs(found.test - 0.5).max() < 1e-3


def test_of_many_classes_fewer_candidates_are_tried(task, monkeypatch):
    tried = []
    fit = tfidf.LogisticRegression.fit
    monkeypatch.setattr(tfidf.LogisticRegression, "fit", lambda m, *given: tried.append(m.C) or fit(m, *given))
    cell = replace(task, wanted=task.cells[:1])
    list(tfidf.fit(cell, tfidf.Params()))
    monkeypatch.setattr(tfidf, "MANY", 1)
    usual, tried[:] = len(tried), []
    (found,) = tfidf.fit(cell, tfidf.Params())
    assert set(tried) == {1.0, 1000.0}
    assert len(tried) * 8 == usual
    assert found.chosen["words"] == 1
