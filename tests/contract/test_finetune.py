"""Every fine-tuning method keeps the contract of backend/finetune/_task.py."""

from __future__ import annotations

import time
from copy import deepcopy
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from backend.augment import digits
from backend.encoders._examples import Pixels
from backend.encoders._table import Records
from backend.engine.features import encode
from backend.engine.weights import build_encoder
from backend.finetune._task import Cell, Task
from backend.registry import names, of_kind, plugin
from backend.targets import names as targets
from tests.conftest import make_dataset
from tests.tables_drawn import table_task

METHODS = of_kind("finetune", "image")
OF_TABLES = [name for name in of_kind("finetune", "table") if name not in METHODS]
CASES = [("image", name) for name in METHODS] + [("table", name) for name in OF_TABLES]
FEW = {"trees": 10, "settings": 2}
SMALL = {
    "tuned_boosting": FEW,
    "lightgbm_boosting": FEW,
    "pseudo_label_boosting": FEW | {"rounds": 1},
    "trees_on_both": FEW,
    "end_to_end": {"learning_rates": (4e-3,)},
    "lpft": {"learning_rates": (1e-3,), "steps": 10},
    "boosting": {"trees": 8},
}
SPEC = {"encoder": {"name": "convnet", "width": 4}, "shape": [1, 16, 16], "mean": [0.3], "std": [0.3]}


@pytest.fixture(scope="module")
def task(tmp_path_factory) -> Task:
    from backend.workspace.artefacts import Artefacts

    dataset = make_dataset(Artefacts(tmp_path_factory.mktemp("artefacts")))
    labels = dataset.labels.copy()
    train, val, test = (dataset.rows(split) for split in ("train", "val", "test"))
    labels[test] = -1
    cells = tuple(Cell(f, s, train[s : int(f * len(train)) + s]) for f in (0.2, 0.6) for s in range(2))
    features = encode(build_encoder(SPEC, 0), Pixels(dataset.images), "cpu")
    policy = digits.build(digits.Params(), 16, 1)
    return Task(
        cells=cells,
        wanted=cells,
        labels=labels,
        train=train,
        val=val,
        test=test,
        classes=2,
        metric="accuracy",
        inputs=Pixels(torch.from_numpy(dataset.images)),
        device=torch.device("cpu"),
        features=torch.from_numpy(features),
        encoder=partial(deepcopy, build_encoder(SPEC, 0)),
        augmentation=lambda examples, draw: policy(examples.tensor, draw),
        image_passes=400,
        max_steps=10,
        batch_size=64,
    )


@pytest.fixture(scope="module")
def tasks(task) -> dict[str, Task]:
    """One of each kind of data whose methods are its own."""
    table = table_task()
    return {"image": task, "table": replace(table, features=table.inputs.values.nan_to_num()[:, :2] ** 2)}


def fit(name: str, task: Task) -> list:
    method = plugin("finetune", name)
    found = method.call(replace(task, settled={}), method.params(**SMALL.get(name, {})))
    return sorted(found, key=lambda p: task.cells.index(p.cell))


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_probabilities_for_every_wanted_cell_in_time(kind, name, tasks):
    task = tasks[kind]
    start = time.perf_counter()
    found = fit(name, task)
    assert time.perf_counter() - start < 30
    assert [p.cell for p in found] == list(task.cells)
    for p in found:
        for values, rows in ((p.val, task.val), (p.test, task.test)):
            assert values.shape == (len(rows), 2)
            assert values.dtype == np.float32
            assert np.allclose(values.sum(1), 1, atol=1e-4)
            assert (values >= 0).all()
        assert p.chosen


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_deterministic_and_a_resumed_study_gets_the_same_numbers(kind, name, tasks):
    task = tasks[kind]
    whole = fit(name, task)
    settled = {p.cell.fraction: p.chosen for p in whole[:1]}
    method = plugin("finetune", name)
    params = method.params(**SMALL.get(name, {}))
    found = method.call(replace(task, wanted=task.cells[1:], settled=settled), params)
    resumed = sorted(found, key=lambda p: task.cells.index(p.cell))
    for before, after in zip(whole[1:], resumed, strict=True):
        assert before.cell == after.cell
        assert before.chosen == after.chosen
        assert (before.test == after.test).all()


@pytest.mark.parametrize("name", ["end_to_end", "lpft"])
def test_cells_fitted_side_by_side_get_the_numbers_of_cells_fitted_in_turn(name, task):
    alone = fit(name, task)
    torch.set_num_threads(2)
    try:
        together = fit(name, task)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)
    for one, other in zip(alone, together, strict=True):
        assert one.chosen == other.chosen
        assert (one.test == other.test).all()


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_of_balanced_accuracy_a_rare_class_is_named_no_less_often(kind, name, tasks):
    """Of a cell of 40 rows 4 are of class 1: where the metric weighs classes alike, so may every method."""
    task = tasks[kind]
    common, rare = (task.train[task.labels[task.train] == label] for label in (0, 1))
    cell = Cell(0.5, 0, np.sort(np.concatenate([common[:36], rare[:4]])))
    features = task.features + torch.randn(task.features.shape, generator=torch.Generator().manual_seed(0))
    task = replace(task, cells=(cell,), wanted=(cell,), features=features, augmentation=None)
    named = {}
    for metric in ("accuracy", "balanced_accuracy"):
        (found,) = fit(name, replace(task, metric=metric))
        named[metric] = (found.test.argmax(1) == 1).mean()
        assert np.allclose(found.test.sum(1), 1, atol=1e-4)
    assert named["balanced_accuracy"] >= named["accuracy"]


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_test_rows_influence_nothing_but_their_own_predictions(kind, name, tasks):
    task = tasks[kind]
    values, features = task.inputs.values.clone(), task.features.clone()
    values[task.index(task.test)] = 255 - values[task.index(task.test)]
    features[task.index(task.test)] *= -3
    other = Pixels(values) if kind == "image" else Records(values, task.inputs.described)
    changed = replace(task, inputs=other, features=features)
    for before, after in zip(fit(name, task), fit(name, changed), strict=True):
        assert before.chosen == after.chosen
        assert (before.val == after.val).all()


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_it_can_be_stopped(kind, name, tasks):
    class Halt(Exception):
        pass

    def halt() -> None:
        raise Halt

    with pytest.raises(Halt):
        fit(name, replace(tasks[kind], check_stop=halt))


@pytest.mark.parametrize("name", names("finetune"))
def test_params_have_defaults_descriptions_and_refuse_unknown_keys(name):
    method = plugin("finetune", name)
    assert method.params.model_validate(method.params().model_dump()) == method.params()
    assert method.summary.endswith(".")
    with pytest.raises(ValueError, match="extra"):
        method.params(no_such_key=1)


def test_what_a_method_lacks_is_said_in_one_line(task):
    bare = replace(task, features=None, encoder=None)
    for name in [*METHODS, *OF_TABLES]:
        with pytest.raises(ValueError, match="found none"):
            fit(name, bare)


@pytest.mark.parametrize("name", names("finetune"))
def test_the_targets_that_a_method_names_exist(name):
    taken = plugin("finetune", name).targets
    assert taken
    assert set(taken) <= set(targets())
