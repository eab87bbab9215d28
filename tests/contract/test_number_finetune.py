"""Every fine-tuning method that takes a number keeps the contract of backend/finetune/_task.py on one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from backend.finetune._task import Task
from backend.registry import names, of_kind, plugin
from backend.targets import target
from tests.contract.test_finetune import SMALL, task  # noqa: F401 (a fixture)

number = target("number")
TAKES = [name for name in names("finetune") if "number" in plugin("finetune", name).targets]
OF_FEATURES = [name for name in ("knn", "linear", "boosting", "lpft") if name in TAKES]
OF_IMAGES = [name for name in TAKES if name in of_kind("finetune", "image") and name not in ("tfidf", "lora")]


@pytest.fixture
def numbers(task: Task) -> Task:  # noqa: F811
    """The task with a number around 50,000 that the first features tell but for noise; test rows are blanked."""
    rng = np.random.default_rng(0)
    features = torch.from_numpy(rng.normal(size=(len(task.labels), task.features.shape[1])).astype(np.float32))
    truth = 50_000 + 900 * features[:, 0].numpy() + 300 * rng.normal(size=len(features))
    truth[task.test] = np.nan
    return replace(task, labels=truth, classes=0, target="number", metric="mae", features=features, settled={})


def fit(name: str, given: Task) -> list:
    method = plugin("finetune", name)
    found = method.call(replace(given, settled={}), method.params(**SMALL.get(name, {})))
    return sorted(found, key=lambda p: given.cells.index(p.cell))


@pytest.mark.parametrize("name", OF_IMAGES)
def test_a_number_for_every_row_of_every_cell(name, numbers):
    found = fit(name, numbers)
    assert [p.cell for p in found] == list(numbers.cells)
    for p in found:
        for values, rows in ((p.val, numbers.val), (p.test, numbers.test)):
            assert values.shape == (len(rows), 1)
            assert values.dtype == np.float32
            assert np.isfinite(values).all()
        # in the unit of the target: none is further from the labelled rows than they are from each other
        drawn = numbers.labels[p.cell.rows]
        assert np.abs(p.val[:, 0] - drawn.mean()).max() < 20 * drawn.std()
        assert p.chosen


@pytest.mark.parametrize("name", OF_FEATURES)
def test_what_features_tell_is_found(name, numbers):
    for p in fit(name, numbers):
        assert number.score(numbers.labels[numbers.val], p.val)["r2"] > 0


@pytest.mark.parametrize("name", OF_IMAGES)
def test_deterministic_and_blind_to_the_test_rows(name, numbers):
    features = numbers.features.clone()
    features[numbers.index(numbers.test)] *= -3
    for before, after in zip(fit(name, numbers), fit(name, replace(numbers, features=features)), strict=True):
        assert before.chosen == after.chosen
        assert (before.val == after.val).all()


@pytest.mark.parametrize("name", OF_IMAGES)
def test_a_cell_of_one_number_says_that_number(name, numbers):
    """A subset may hold the same number in every row."""
    labels = numbers.labels.copy()
    labels[numbers.cells[0].rows] = 7.0
    same = replace(numbers, labels=labels, cells=numbers.cells[:1], wanted=numbers.cells[:1])
    (found,) = fit(name, same)
    assert np.abs(found.test - 7).max() < 1.5


def test_tf_idf_finds_the_word_that_makes_a_number():
    from backend.encoders._examples import Pixels
    from backend.finetune import tfidf
    from backend.finetune._task import Cell

    rng = np.random.default_rng(0)
    dear = rng.integers(0, 2, 120)
    texts = [f"a {'splendid' if d else 'plain'} thing number {rng.integers(9)}" for d in dear]
    truth = 100.0 + 50 * dear + rng.normal(size=120)
    train, val, test = np.arange(60), np.arange(60, 90), np.arange(90, 120)
    truth[test] = np.nan
    cell = Cell(1.0, 0, train)
    given = Task(
        cells=(cell,), wanted=(cell,), labels=truth, train=train, val=val, test=test, classes=0, metric="mae",
        inputs=Pixels(torch.zeros(120, 1, 8, 8, dtype=torch.uint8)), device=torch.device("cpu"), texts=texts,
        target="number",
    )  # fmt: skip
    (found,) = tfidf.fit(given, tfidf.Params())
    assert np.abs(found.test[:, 0] - (100 + 50 * dear[test])).max() < 15
    assert set(found.chosen) == {"strength", "words", "fitted_on"}
