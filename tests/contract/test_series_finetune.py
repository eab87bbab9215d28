"""Every fine-tuning method for sensor series keeps the contract of backend/finetune/_task.py."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from backend.encoders._series import Readings
from backend.finetune._task import Task
from backend.registry import of_kind, plugin
from backend.targets import target
from tests.series_drawn import series_task, truth

FEW = {"trees": 10, "settings": 2}
SMALL = {
    "tuned_boosting": FEW,
    "lightgbm_boosting": FEW,
    "trees_on_both": FEW,
    "random_convolutions": {"features": 1_008},
    "table_linear": {"strengths": (0.1, 1.0)},
    "last_value": {"strengths": (0.1, 1.0)},
}
NETWORKS = ("knn", "linear", "boosting", "lpft", "end_to_end", "lora")  # test_finetune.py: they see features
METHODS = [name for name in of_kind("finetune", "series") if name not in NETWORKS]
CASES = [(name, of) for name in METHODS for of in plugin("finetune", name).targets if of != "none"]
LEAST = {  # what the others cannot see: no reading, or no history
    "never": 0.5, "unit_age": 0.5, "last_value": 0.3,
}  # fmt: skip


def fit(name: str, task: Task) -> list:
    method = plugin("finetune", name)
    found = method.call(replace(task, settled={}), method.params(**SMALL.get(name, {})))
    return sorted(found, key=lambda p: task.cells.index(p.cell))


@pytest.fixture(scope="module")
def fitted() -> dict[tuple[str, str], tuple[Task, list]]:
    """{(method, target): the task, its predictions}"""
    found = {}
    for name, of in CASES:
        task = series_task(of, target(of).PRIMARY)
        found[name, of] = task, fit(name, task)
    return found


@pytest.mark.parametrize(("name", "of"), CASES)
def test_an_answer_for_every_row_of_every_cell(name, of, fitted):
    task, found = fitted[name, of]
    assert [p.cell for p in found] == list(task.cells)
    for p in found:
        for values, rows in ((p.val, task.val), (p.test, task.test)):
            assert values.shape == (len(rows), 1 if of == "number" else 2)
            assert values.dtype == np.float32
            assert np.isfinite(values).all()
            if of != "number":
                assert np.allclose(values.sum(1), 1, atol=1e-4)
                assert (values >= 0).all()
        assert p.chosen


@pytest.mark.parametrize(("name", "of"), CASES)
def test_what_the_windows_hold_is_found_by_who_can_see_it(name, of, fitted):
    """How strongly a channel swings: statistics and convolutions tell it, the age a little, the last reading hardly."""
    task, found = fitted[name, of]
    whole = next(p for p in found if p.cell.fraction == 1)
    if of == "number":
        r2 = target("number").score(truth(task), whole.test)["r2"]
        assert r2 > 0.6 if name not in LEAST else r2 > -0.2
        assert name not in LEAST or r2 < 0.6
    else:
        auroc = target("event").score(truth(task), whole.test)["auroc"]
        assert auroc > 0.9 if name not in LEAST else LEAST[name] <= auroc < 0.9


@pytest.mark.parametrize("name", METHODS)
def test_deterministic_and_blind_to_the_test_rows(name, fitted):
    of = plugin("finetune", name).targets[0]
    task, before = fitted[name, of]
    windows = task.inputs
    values = windows.readings.values.clone()
    first = windows.of[task.test, 0]
    length = windows.length
    for start in first.tolist():
        values[start : start + length] *= -3
    age = windows.age.copy()
    age[task.test] += 1000
    moved = replace(windows, readings=Readings(values, windows.readings.places, windows.described), age=age)
    features = task.features.clone()
    features[task.test] *= -3
    for one, other in zip(before, fit(name, replace(task, inputs=moved, features=features)), strict=True):
        assert one.chosen == other.chosen
        assert (one.val == other.val).all()


@pytest.mark.parametrize("name", METHODS)
def test_a_resumed_study_gets_the_same_numbers(name, fitted):
    of = plugin("finetune", name).targets[0]
    task, whole = fitted[name, of]
    later = fit(name, replace(task, wanted=task.cells[2:]))
    for before, after in zip(whole[2:], later, strict=True):
        assert before.chosen == after.chosen
        assert (before.test == after.test).all()


def test_never_alarming_names_no_event(fitted):
    _, found = fitted["never", "event"]
    assert all((p.test.argmax(1) == 0).all() for p in found)


def test_a_table_is_refused_with_one_line():
    from tests.tables_drawn import table_task

    with pytest.raises(ValueError, match="expected windows of series, found none"):
        fit("random_convolutions", table_task())


def test_sure_windows_keep_their_order(fitted):
    """Probabilities that all are 1 would leave no threshold that lets some of them alarm."""
    _, found = fitted["random_convolutions", "event"]
    for p in found:
        assert len(np.unique(p.val[:, 1])) > 0.9 * len(p.val)
