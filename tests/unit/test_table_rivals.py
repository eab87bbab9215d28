"""The rivals of pretraining on tables, against answers that are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from backend.finetune import _trees, pseudo_label_boosting, table_linear, trees_on_both
from backend.finetune._lightgbm import Gradient
from backend.finetune._raw import columns
from backend.finetune._task import Cell, Task
from backend.finetune.tuned_boosting import Histogram
from backend.recipe import resolve
from backend.registry import catalogue, plugin
from backend.targets import target
from backend.workspace.layout import BadInput
from tests.tables_drawn import SPLITS, drawn, table_task
from workbench.recipes import options

FEW = {"trees": 40, "settings": 3}
TREES = ("tuned_boosting", "lightgbm_boosting", "pseudo_label_boosting", "trees_on_both")
ALL = (*TREES, "table_linear")
TEST = np.arange(*SPLITS["test"])
LEVEL = drawn()[1][TEST]


def fit(name: str, task: Task, **params) -> list:
    method = plugin("finetune", name)
    if name == "trees_on_both" and task.features is None:
        task = replace(task, features=torch.zeros(len(task.labels), 2))
    return list(method.call(task, method.params(**({} if name == "table_linear" else FEW | params))))


def whole(target: str = "class", metric: str = "auroc") -> Task:
    return table_task(target, metric, fractions=(1.0,), subsets=1)


def auroc(found) -> float:
    return roc_auc_score(LEVEL > 1, found.test[:, 1])


def test_trees_find_what_no_linear_model_can():
    (linear,), (trees,), (light,) = (fit(name, whole()) for name in ("table_linear", *TREES[:2]))
    assert auroc(linear) > 0.8, "size, kind and what is missing are linear"
    assert auroc(trees) > auroc(linear) + 0.015, "the hill of the age is not"
    assert auroc(light) > auroc(linear) + 0.015


def test_a_linear_model_reads_missing_values_and_categories():
    """Without the column that says what is missing, or without the kinds, much less can be known."""
    task = whole()
    (everything,) = fit("table_linear", task)
    for blank in (1, 2):
        values = task.inputs.values.clone()
        values[:, blank] = 0
        (less,) = fit("table_linear", replace(task, inputs=type(task.inputs)(values, task.inputs.described)))
        assert auroc(less) < auroc(everything) - 0.01


def test_an_embedding_that_knows_more_helps_trees_and_one_that_knows_nothing_hardly_harms():
    task = table_task("class", "auroc", fractions=(0.1,), subsets=1)
    level = torch.from_numpy(drawn()[1].astype(np.float32))[:, None]
    (bare,) = fit("lightgbm_boosting", task)
    (helped,) = fit("trees_on_both", replace(task, features=level))
    (noise,) = fit("trees_on_both", task)
    assert auroc(helped) > auroc(bare) + 0.02
    assert noise.test == pytest.approx(bare.test, abs=0.25)


@pytest.mark.parametrize("name", ALL)
def test_three_classes_and_a_class_that_a_cell_lacks(name):
    task = table_task("thirds", "accuracy", fractions=(1.0,), subsets=1)
    (found,) = fit(name, task)
    assert found.test.shape == (len(TEST), 3)
    right = (found.test.argmax(1) == np.digitize(LEVEL, [0.0, 2.0])).mean()
    assert right > 0.6
    two = Cell(0.5, 0, task.train[task.labels[task.train] != 1])
    (lacks,) = fit(name, replace(task, cells=(two,), wanted=(two,)))
    assert (lacks.test[:, 1] == 0).all()
    assert lacks.test.sum(1) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("name", ALL)
def test_a_cell_of_one_class_says_that_class(name):
    task = whole()
    alone = Cell(0.1, 0, task.train[task.labels[task.train] == 1])
    (found,) = fit(name, replace(task, cells=(alone,), wanted=(alone,)))
    assert (found.test == [0, 1]).all()


@pytest.mark.parametrize("name", ALL)
def test_a_number_is_found_and_answered_in_its_unit(name):
    task = whole("number", "mae")
    task = replace(task, labels=1e6 + 1e3 * task.labels)
    (found,) = fit(name, task)
    assert found.test.shape == (len(TEST), 1)
    assert found.test.dtype == np.float32
    score = target("number").score(1e6 + 1e3 * LEVEL, found.test)
    assert score["r2"] > 0.5


@pytest.mark.parametrize("name", TREES)
def test_a_cell_of_one_number_says_that_number(name):
    task = whole("number", "mae")
    same = np.where(np.isnan(task.labels), np.nan, 7.0)
    same[task.val] = task.labels[task.val]
    (found,) = fit(name, replace(task, labels=same))
    assert found.test == pytest.approx(7, abs=1e-3)


def test_at_all_labels_pseudo_labels_change_nothing():
    (plain,), (found,) = fit("lightgbm_boosting", whole()), fit("pseudo_label_boosting", whole())
    assert (found.test == plain.test).all()
    assert (found.chosen["rounds"], found.chosen["believed"], found.chosen["pseudo_labels"]) == (0, None, 0)


def test_pseudo_labels_come_from_training_rows_alone_and_are_taken_where_validation_gains(monkeypatch):
    asked = []
    real = pseudo_label_boosting.grown
    monkeypatch.setattr(
        pseudo_label_boosting, "grown", lambda task, rows, *rest: asked.append(rows) or real(task, rows, *rest)
    )
    task = table_task("class", "auroc", fractions=(0.05,), subsets=3)
    plain, found = fit("lightgbm_boosting", task), fit("pseudo_label_boosting", task)
    records = task.inputs.values[:400].numpy()
    known = {row.tobytes() for row in records}
    assert asked
    assert all({row.tobytes() for row in rows.x} <= known for rows in asked)
    assert any(p.chosen["rounds"] for p in found), "of three cells at least one gains"
    for before, after in zip(plain, found, strict=True):
        better = task.quality(after.val) > task.quality(before.val)
        assert better == (after.chosen["rounds"] > 0), "validation decides, and plain trees are among the choices"


def test_pseudo_labels_give_a_rare_class_as_often_as_it_is_labelled():
    task = whole()
    task = replace(task, labels=np.where(task.labels < 0, -1, (drawn()[1] > 4).astype(np.int64)))
    table = columns(task, "test")
    cell = Cell(0.2, 0, task.train[:80])
    rows = _trees.rows_of(task, cell.rows, table)
    teacher = _trees.grown(
        task, rows, _trees.SETTINGS[0], _trees.rows_of(task, task.val, table), pseudo_label_boosting.Gradient, 5
    )
    others = table.of(task.train[80:])
    taken, truth = pseudo_label_boosting._answers(task, cell, teacher, rows, others, 0.3)
    assert len(taken) == pytest.approx(0.3 * len(others), abs=2)
    assert truth.mean() == pytest.approx(rows.truth.mean(), abs=0.01)
    assert (teacher.said(task, others)[:, 1] > 0.5).mean() < 0.5 * rows.truth.mean(), (
        "by themselves trees name it seldom"
    )


def test_of_a_number_the_rows_are_believed_on_which_two_halves_agree():
    task = table_task("number", "mae", fractions=(0.2,), subsets=1)
    (found,) = fit("pseudo_label_boosting", task)
    assert (found.chosen["believed"], found.chosen["pseudo_labels"]) in ((None, 0), (0.3, 96), (1.0, 320))


def test_cells_of_the_same_rows_are_fitted_once(monkeypatch):
    calls = []
    real = _trees.tuned
    monkeypatch.setattr(_trees, "tuned", lambda *given: calls.append(1) or real(*given))
    task = table_task(fractions=(0.2, 1.0), subsets=3)
    cells = sorted(task.cells, key=lambda cell: cell.fraction)
    found = fit("lightgbm_boosting", replace(task, wanted=tuple(cells)))
    assert [p.cell for p in found] == cells
    assert len(calls) == 4


def test_many_rows_are_tried_on_a_sample_and_grown_whole(monkeypatch):
    grown, real = [], _trees.grown
    monkeypatch.setattr(_trees, "grown", lambda task, rows, *rest: grown.append(len(rows.x)) or real(task, rows, *rest))
    fit("tuned_boosting", whole(), sample=100, regrown=2)
    assert grown == [100, 100, 100, 400, 400]


def test_of_a_category_with_many_values_the_rarest_count_as_other():
    rows = np.arange(900)
    task = whole()
    values = task.inputs.values.clone()
    values[:, 2] = torch.arange(900) % 700
    task = replace(task, inputs=type(task.inputs)(values, task.inputs.described))
    table = columns(task, "test")
    given = _trees.rows_of(task, task.train, table)
    forest = Histogram(given, _trees.rows_of(task, task.val, table), _trees.SETTINGS[0], 5)
    seen = forest._seen(table.of(rows))
    assert seen[:, 2].max() == 253
    assert (seen[260:700, 2] == 0).all()
    for name in ALL:
        (found,) = fit(name, task)
        assert np.isfinite(found.test).all()


@pytest.mark.parametrize("name", TREES[1:])
def test_lightgbm_leaves_torchs_threads_alone(name):
    """Both bring a pool of their own; a pool that took the other's would change what networks compute at once."""
    before, product = torch.get_num_threads(), torch.ones(300, 300) @ torch.ones(300, 300)
    fit(name, whole())
    assert torch.get_num_threads() == before
    assert torch.equal(torch.ones(300, 300) @ torch.ones(300, 300), product)


@pytest.mark.parametrize("kind", ["class", "thirds", "number"])
def test_what_new_trees_add_is_what_all_trees_say(kind):
    task = whole(kind, "mae" if kind == "number" else "accuracy")
    table = columns(task, "trees")
    rows, val = (_trees.rows_of(task, of, table) for of in (task.cells[-1].rows, task.val))
    forest = Gradient(rows, val, _trees.SETTINGS[0], 40)
    for trees, told in forest.readings((5, 10, 40)):
        np.testing.assert_allclose(told, forest.answer(val.x, trees), rtol=1e-9)
        np.testing.assert_allclose(told, final(forest, val.x, trees), rtol=1e-9)


def final(forest: Gradient, x: np.ndarray, trees: int) -> np.ndarray:
    """As LightGBM itself makes answers of its trees."""
    told = forest.booster.predict(x, num_iteration=trees)
    return np.stack([1 - told, told], axis=1) if forest.classes is not None and len(forest.classes) == 2 else told


def test_a_linear_model_survives_columns_without_a_value():
    task = whole()
    values = task.inputs.values.clone()
    values[:, 3] = float("nan")
    (found,) = fit("table_linear", replace(task, inputs=type(task.inputs)(values, task.inputs.described)))
    assert auroc(found) > 0.8
    only = [one for one in task.inputs.described if one["kind"] == "category"]
    (alone,) = fit("table_linear", replace(task, inputs=type(task.inputs)(values[:, [2]], only)))
    assert np.isfinite(alone.test).all()


def test_the_weight_of_a_penalty_is_chosen_on_validation():
    task = whole()
    (found,) = fit("table_linear", task)
    tried = [
        next(table_linear.fit(task, table_linear.Params(strengths=(strength,)))).val
        for strength in table_linear.Params().strengths
    ]
    assert task.value(found.val, task.val_labels) >= max(task.value(val, task.val_labels) for val in tried) - 1e-3


def test_what_reads_the_raw_data_alone_is_no_use_of_an_encoder():
    """Else boosted trees on raw columns could stand in a study as if they had been pretrained."""
    rivals = {"table_linear", "tuned_boosting", "lightgbm_boosting", "pseudo_label_boosting"}
    manifest = {"kind": "table", "classes": ["a", "b"], "label": "y", "sensitive": {}}
    entries = catalogue()
    offered = set(options("finetune", entries, manifest)["methods"])
    assert {"knn", "linear", "lpft", "trees_on_both"} <= offered
    assert not rivals & offered
    asked = {"data": {"name": "x"}, "finetune": {"methods": ["linear", "tuned_boosting"]}}
    with pytest.raises(BadInput, match=r"methods: expected uses of the pretrained encoder .*'tuned_boosting'"):
        resolve(asked, entries, kind="table")
    asked["finetune"]["methods"] = ["linear", "trees_on_both"]
    assert resolve(asked, entries, kind="table").finetune.methods == ["linear", "trees_on_both"]
    assert "trees_on_both" in resolve({"data": {"name": "x"}}, entries, kind="table").finetune.methods


def test_trees_see_the_directions_of_the_embedding_that_hold_its_variance():
    """Forty features that are mixtures of three: three components, which say as much as all."""
    task, draw = whole(), torch.Generator().manual_seed(0)
    three = torch.randn(900, 3, generator=draw) * torch.tensor([3.0, 2.0, 1.0])
    task = replace(task, features=5 + three @ torch.linalg.qr(torch.randn(40, 3, generator=draw)).Q.T)
    found = trees_on_both.components(task, 0.99, 64)
    assert found.shape == (900, 3)
    train = task.features[task.train]
    standard = (train - train.mean(0)) / train.std(0, correction=0)
    spread = torch.linalg.svdvals(standard)[:3] / len(train) ** 0.5
    assert found[task.train].std(0, correction=0).tolist() == pytest.approx(spread.tolist(), rel=1e-3)
    assert trees_on_both.components(task, 0.99, 2).shape == (900, 2)
    changed = task.features.clone()
    changed[task.test] *= -7
    assert torch.equal(
        trees_on_both.components(replace(task, features=changed), 0.99, 64)[task.train], found[task.train]
    )
    flat = replace(task, features=torch.zeros(900, 5))
    assert (trees_on_both.components(flat, 0.99, 64) == 0).all()
