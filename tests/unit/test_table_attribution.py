"""Scores of a table's columns are what they are meant to be: closed forms, a known truth, and controls that fail."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
import torch
from torch import nn

from backend.attribution._parts import evaluate, remake
from backend.attribution._run import run_method
from backend.attribution._table import Rows, by_column
from backend.encoders._examples import Examples
from backend.engine.supervised import train_classifier
from backend.engine.weights import build_classifier, build_encoder
from backend.modality.table.features import arguments
from backend.stages.modality.table.background import of_records
from backend.stages.modality.table.explain import control_scores, left_out, random_scores, rows_of
from tests.contract.test_table_attribution import DESCRIBED, category, classifier, number, records, rows

CAUSES = (0, 3)  # of eight columns, in the planted set


class Products(nn.Module):
    """Answers 2 a + 3 b c of numbers a, b, c, by hand."""

    target = "number"

    def forward(self, values):
        a, b, c = values.T
        return (2 * a + 3 * b * c)[:, None]


def three(values: list[list[float]]) -> Rows:
    described = tuple(number(name) for name in "abc")
    return Rows(torch.tensor(values), described, torch.tensor([0.0, 1.0, 1.0]), ((0,), (1, 2)))


def test_ablation_and_shapley_values_are_those_of_the_closed_form():
    parts, none = three([[1.0, 2.0, 5.0]]), torch.zeros(1, dtype=torch.int64)
    alone = run_method("column_ablation", Products(), parts, none).maps[0]
    torch.testing.assert_close(alone, torch.tensor([2.0, 3 * 5 * 1.0, 3 * 2 * 4.0]))
    group = run_method("column_group_ablation", Products(), parts, none).maps[0]
    torch.testing.assert_close(group, torch.tensor([2.0, 13.5, 13.5]))  # 30 - 3 shared by two
    value = {frozenset(): 3.0, frozenset("a"): 5.0, frozenset("b"): 6.0, frozenset("c"): 15.0}
    value |= {frozenset("ab"): 8.0, frozenset("ac"): 17.0, frozenset("bc"): 30.0, frozenset("abc"): 32.0}
    exact = [
        np.mean(
            [value[frozenset((*o[: o.index(p)], p))] - value[frozenset(o[: o.index(p)])] for o in permutations("abc")]
        )
        for p in "abc"
    ]
    for name, params in (("kernel_shap", {}), ("shapley_values", {"orders": 600})):
        found = run_method(name, Products(), parts, none, params).maps[0].double().numpy()
        np.testing.assert_allclose(found, exact, rtol=0.06, atol=0.02, err_msg=name)


def test_ablation_takes_a_column_away_whole_and_asks_every_background_row():
    parts = three([[1.0, 2.0, 5.0]])
    base = torch.randn(50, 3, generator=torch.Generator().manual_seed(0))
    described = (number("a"), *(number(name, "day") for name in "bc"))
    parts = replace(parts, background=base, described=described)
    found = run_method("column_ablation", Products(), parts, torch.zeros(1, dtype=torch.int64))
    day = 30 - 3 * float((base[:, 1] * base[:, 2]).mean())
    torch.testing.assert_close(found.maps[0], torch.tensor([2 - 2 * float(base[:, 0].mean()), day / 2, day / 2]))
    np.testing.assert_allclose(parts.scores(found)[0][1], day, rtol=1e-5)


def test_a_missing_value_is_taken_away_like_any_other():
    class Knows(nn.Module):
        target = "number"

        def forward(self, values):
            return torch.where(values[:, :1].isnan(), 5.0, 1.0) + 0 * torch.nan_to_num(values).sum(1, keepdim=True)

    parts = three([[float("nan"), 1.0, 1.0]])
    for name in ("column_ablation", "kernel_shap", "shapley_values"):
        found = run_method(name, Knows(), parts, torch.zeros(1, dtype=torch.int64)).maps[0]
        torch.testing.assert_close(found, torch.tensor([4.0, 0.0, 0.0]), rtol=0, atol=2e-3)


def test_a_columns_score_is_the_sum_over_its_features():
    parts = rows(records(3))
    assert parts.names == ["age", "job", "since", "income"]
    scores = np.arange(15, dtype=np.float32).reshape(3, 5)
    np.testing.assert_array_equal(
        by_column(scores, parts.column_of), scores[:, [0, 1, 2, 4]] + [[0, 0, 1, 0]] * scores[:, [3]]
    )
    places = parts.places([np.array([3, 1, 0, 2])] * 3)
    assert places[0].tolist() == [3, 1, 0, 0, 2]


def test_hidden_columns_are_those_of_the_typical_row():
    parts, gone = rows(records(3)), torch.zeros(3, 5, dtype=torch.bool)
    gone[:, [0, 4]] = True
    ((_, values),) = parts.hidden(gone)
    torch.testing.assert_close(values[:, [0, 4]], parts.typical[None, [0, 4]].repeat(3, 1))
    torch.testing.assert_close(values[:, 1:4], parts.values[:, 1:4], equal_nan=True)


def test_a_renewed_model_is_drawn_as_a_fresh_one():
    spec = {"encoder": {"name": "mlp"}, "modality": "table", "arguments": [arguments(DESCRIBED)], "classes": ["a", "b"]}
    parts = Rows(torch.from_numpy(records(4)), tuple(DESCRIBED), torch.zeros(5), (), spec)
    fresh = parts.renewed(classifier(), 7)
    for name, value in build_encoder(spec, 7).state_dict().items():
        torch.testing.assert_close(fresh.encoder.state_dict()[name], value)
    assert fresh.head.weight.abs().max() > 0


def test_the_background_puts_associated_columns_together():
    rng = np.random.default_rng(3)
    job, noise = rng.integers(1, 4, 2_000), rng.standard_normal((2_000, 3))
    described = [number("a"), number("b"), category("job", ["x", "y", "z"]), category("where", ["p", "q", "r"]),
                 number("day", "date"), category("date: month", ["May"], "date")]  # fmt: skip
    a = noise[:, 0]
    values = np.column_stack([a, a**3, job, np.where(rng.random(2_000) < 0.9, job, 1), noise[:, 1], job * 0 + 1])
    found = of_records(values.astype(np.float32), described, np.arange(2_000) * 3)
    np.testing.assert_array_equal(found.values, values.astype(np.float32)[np.array(found.base) // 3])
    assert len(found.base) == 64
    assert found.groups == ((0, 1), (2, 3), (4, 5))
    assert found.typical[2] == np.bincount(job).argmax()
    np.testing.assert_allclose(found.typical[0], np.median(a), rtol=1e-5)


def test_controls_ignore_the_model_and_know_the_row():
    parts = rows(records(4))
    found = control_scores(parts, [7, 8, 9, 10], 0)
    np.testing.assert_array_equal(found["random_scores"][1], random_scores(parts[1:2], [8], 0)[0])
    values, bare = parts.values[0].numpy(), parts.typical.numpy()
    far = found["distance_from_typical"][0]
    assert far[1] == float(values[1] != bare[1])
    np.testing.assert_allclose(far[3], abs(values[4] - bare[4]), rtol=1e-6)
    gone = rows(np.full((1, 5), np.nan, dtype=np.float32))
    assert control_scores(gone, [0], 0)["distance_from_typical"][0].tolist() == [1, 1, 2, 1]


def test_sampling_methods_are_left_out_of_very_wide_tables(monkeypatch):
    monkeypatch.setattr("backend.stages.modality.table.explain.MOST_FEATURES", 4)
    assert list(left_out(["column_ablation", "kernel_shap", "shapley_values"], rows(records(2)))) == [
        "kernel_shap",
        "shapley_values",
    ]


class Stored(Examples):
    """Records as the training loop takes them."""

    def __init__(self, values: torch.Tensor):
        self.values = values

    def __len__(self):
        return len(self.values)

    def __getitem__(self, chosen):
        return Stored(self.values[torch.as_tensor(chosen) if isinstance(chosen, np.ndarray) else chosen])

    def to(self, device):
        return Stored(self.values.to(device))

    @property
    def device(self):
        return self.values.device

    @property
    def input(self):
        return self.values


@pytest.fixture(scope="module")
def planted():
    """Eight columns of which a number and a category decide the class; a tiny network that learnt it; its
    background."""
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    described = (
        [number(f"n{i}") for i in range(3)]
        + [category(f"c{i}", ["x", "y"]) for i in range(3)]
        + [number("n6"), number("n7")]
    )
    values = rng.standard_normal((1_600, 8)).astype(np.float32)
    values[:, 3:6] = rng.integers(1, 3, (1_600, 3))
    labels = ((values[:, CAUSES[0]] > 0.2) ^ (values[:, CAUSES[1]] == 2)).astype(np.int64)
    spec = {
        "encoder": {"name": "mlp", "width": 32, "layers": 2},
        "modality": "table",
        "arguments": [arguments(described)],
        "classes": ["no", "yes"],
    }
    model = build_classifier(spec, build_encoder(spec, 0))
    train, val, test = (torch.from_numpy(part) for part in np.split(values, [1_000, 1_300]))
    truth = np.split(labels, [1_000, 1_300])
    train_classifier(
        model, Stored(train), truth[0], Stored(val), truth[1], augmentation=None, steps=300, lr=5e-3,
        weight_decay=1e-4, seed=0, batch_size=128, device="cpu", patience=10,
    )  # fmt: skip
    model.eval()
    guess = model(test).argmax(dim=1).detach()
    assert (guess.numpy() == truth[2]).mean() > 0.95
    right = np.flatnonzero(guess.numpy() == truth[2])[:40]
    known = of_records(train.numpy(), described, np.arange(1_000))
    return model, rows_of(known, test[right].numpy(), torch.device("cpu"), spec), guess[right]


@pytest.mark.parametrize("name", ["column_integrated_gradients", "shapley_values"])
def test_the_causes_have_most_of_the_attribution_and_controls_do_not(planted, name):
    model, parts, target = planted
    scores = np.abs(np.stack(parts.scores(run_method(name, model, parts, target))))
    share = scores[:, CAUSES].sum(axis=1) / scores.sum(axis=1)
    assert (share > 0.5).mean() >= 0.95, share
    for control in control_scores(parts, list(range(len(parts))), 0).values():
        blind = np.abs(np.stack(control))
        assert ((blind[:, CAUSES].sum(axis=1) / blind.sum(axis=1)) > 0.5).mean() < 0.5


def test_the_methods_pass_and_both_controls_fail(planted):
    model, parts, target = planted
    names, few = ("column_ablation", "shapley_values"), slice(0, 8)
    own = {name: parts.scores(run_method(name, model, parts, target)) for name in names}
    numbers = list(range(len(parts)))
    controls = control_scores(parts, numbers, 0)
    remade = {name: remake(name, model, parts[few], target[few], [1, 2]) for name in names}
    remade |= {"random_scores": [random_scores(parts[few], numbers[few], s) for s in (1, 2)]}
    remade |= {"distance_from_typical": [controls["distance_from_typical"][few]] * 2}
    found = evaluate(model, parts, target, {**own, **controls}, remade)
    passes = {name: one["passes"] for name, one in found["verdict"].items()}
    assert passes == dict.fromkeys(names, True) | dict.fromkeys(controls, False), found["verdict"]
