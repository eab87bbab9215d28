"""Every attribution method of tables keeps the folder's contract; the methods are found by listing the folder."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import nn

from backend.attribution import _table
from backend.attribution._base import Maps
from backend.attribution._table import Rows
from backend.engine.weights import Classifier, build_encoder
from backend.modality.table.features import arguments, typical
from backend.registry import of_kind, plugin
from backend.workspace.layout import BadInput

METHODS = of_kind("attribution", "table")
EDGES = np.quantile(np.random.default_rng(1).standard_normal(500), np.linspace(0, 1, 9)).tolist()


def number(name: str, column: str = "") -> dict:
    told = {"name": name, "column": column or name, "kind": "number", "mean": 40.0, "std": 10.0, "edges": EDGES}
    return told | {"missing": 3, "date": False, "whole": True}


def category(name: str, values: list[str], column: str = "") -> dict:
    return {"name": name, "column": column or name, "kind": "category", "values": values, "missing": 0}


DESCRIBED = [
    number("age"), category("job", ["clerk", "nurse", "cook"]), number("since"),
    category("since: month", ["May", "June"], "since"), number("income"),
]  # fmt: skip


def records(count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((count, len(DESCRIBED))).astype(np.float32)
    for place, one in enumerate(DESCRIBED):
        if one["kind"] == "category":
            values[:, place] = rng.integers(0, len(one["values"]) + 1, count)
    values[rng.random(count) < 0.2, 0] = np.nan
    return values


def classifier(encoder: str = "mlp", outputs: int = 3, target: str = "class") -> Classifier:
    spec = {"encoder": {"name": encoder}, "modality": "table", "arguments": [arguments(DESCRIBED)], "classes": []}
    built = build_encoder(spec, seed=0)
    torch.manual_seed(0)
    return Classifier(built, nn.Linear(built.dim, outputs), target)


def rows(values: np.ndarray, groups=()) -> Rows:
    bare = torch.from_numpy(typical(records(300), DESCRIBED))
    return Rows(torch.from_numpy(values), tuple(DESCRIBED), bare, groups)


@pytest.fixture
def case():
    return classifier().train(), rows(records(4), ((0,), (1, 4), (2, 3))), torch.tensor([0, 2, 1, 0])


def explain(name: str, case, **params) -> Maps:
    method = plugin("attribution", name)
    return method.call(*case, method.params(**params))


@pytest.mark.parametrize("name", METHODS)
def test_one_finite_score_a_feature(name, case):
    found = explain(name, case)
    assert found.maps.shape == (4, 5)
    assert found.maps.dtype == torch.float32
    assert not found.maps.requires_grad
    assert torch.isfinite(found.maps).all()
    assert (found.maps.std(dim=1) > 0).all()
    if found.errors is not None:
        assert found.errors.shape == found.steps.shape == (4,)


@pytest.mark.parametrize("name", METHODS)
def test_the_same_question_gets_the_same_scores(name, case):
    assert torch.equal(explain(name, case).maps, explain(name, case).maps)


@pytest.mark.parametrize("name", METHODS)
def test_the_target_matters(name, case):
    model, parts, target = case
    assert not torch.allclose(explain(name, case).maps, explain(name, (model, parts, (target + 1) % 3)).maps)


@pytest.mark.parametrize("name", METHODS)
def test_scores_do_not_depend_on_the_batch_they_came_in(name, case, monkeypatch):
    whole = explain(name, case).maps
    monkeypatch.setattr(_table, "FEATURES_AT_ONCE", 20)
    torch.testing.assert_close(explain(name, case).maps, whole, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", METHODS)
def test_the_model_is_given_back_as_it_was(name, case):
    model, parts, _ = case
    before, state = {k: v.clone() for k, v in model.state_dict().items()}, torch.random.get_rng_state()
    explain(name, case)
    assert model.training
    assert all(p.requires_grad and p.grad is None for p in model.parameters())
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert torch.equal(state, torch.random.get_rng_state())
    assert not parts.values.requires_grad


@pytest.mark.parametrize("name", METHODS)
def test_a_feature_with_the_typical_value_scores_nothing(name, case):
    model, parts, target = case
    values = parts.values.clone()
    values[:, 0] = parts.typical[0]
    found = explain(name, (model, rows(values.numpy()), target)).maps
    assert (found[:, 0].abs() < 1e-3).all()


@pytest.mark.parametrize("count", [5, 20])
@pytest.mark.parametrize("name", ["column_integrated_gradients", "kernel_shap", "shapley_values"])
def test_scores_add_up_to_the_change_from_the_mean_over_the_background(name, count, case):
    model, parts, target = case
    parts = replace(parts, background=torch.from_numpy(records(count, seed=2)))
    case = model, parts, target
    change = _table.logits(model, parts.values) - _table.logits(model, parts.background[:16]).mean(dim=0)
    wanted = change.gather(1, target[:, None])[:, 0]
    torch.testing.assert_close(explain(name, case).maps.sum(dim=1), wanted, rtol=0.01, atol=2e-3)


@pytest.mark.parametrize("name", METHODS)
def test_a_number_is_explained(name):
    model, parts = classifier(outputs=1, target="number"), rows(records(4))
    assert torch.isfinite(explain(name, (model, parts, torch.zeros(4, dtype=torch.int64))).maps).all()


@pytest.mark.parametrize("encoder", of_kind("encoders", "table"))
@pytest.mark.parametrize("name", ["column_integrated_gradients", "column_ablation"])
def test_every_encoder_can_be_explained(name, encoder):
    found = explain(name, (classifier(encoder), rows(records(4)), torch.tensor([0, 1, 2, 0])))
    assert torch.isfinite(found.maps).all()
    assert (found.maps.std(dim=1) > 0).all()


@pytest.mark.parametrize("name", METHODS)
def test_parameters_round_trip_and_unknown_ones_are_refused(name):
    method = plugin("attribution", name)
    assert method.params(**method.params().model_dump()) == method.params()
    assert method.summary.endswith(".")
    with pytest.raises(ValidationError):
        method.params(no_such_parameter=1)


@pytest.mark.parametrize("name", ["kernel_shap", "shapley_values"])
def test_very_many_features_are_one_line(name, case, monkeypatch):
    monkeypatch.setattr(_table, "MOST_FEATURES", 4)
    with pytest.raises(BadInput, match=f"{name}: expected at most 4 features, found 5"):
        explain(name, case)
