"""Every attribution method of sensor series keeps the folder's contract; methods are found by listing the folder."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from backend.attribution import _windows
from backend.attribution._base import Maps
from backend.attribution._parts import curves
from backend.attribution._windows import Pieces, logits
from backend.engine.weights import Classifier, build_encoder
from backend.registry import of_kind, plugin
from tests import series_made
from tests.series_made import CHANNELS, LENGTH

METHODS = of_kind("attribution", "series")
SMALL = {
    "tcn": {"width": 8, "dim": 12, "layers": 2},
    "gru": {"dim": 12},
    "patch_transformer": {"width": 16, "layers": 1},
}


def classifier(encoder: str = "tcn", outputs: int = 3, target: str = "class") -> Classifier:
    built = build_encoder(series_made.spec(encoder, **SMALL[encoder]), seed=0)
    torch.manual_seed(0)
    return Classifier(built, nn.Linear(built.dim, outputs), target)


@pytest.fixture
def case():
    return classifier().train(), Pieces(series_made.windows(4)), torch.tensor([0, 2, 1, 0])


def explain(name: str, case, **params) -> Maps:
    method = plugin("attribution", name)
    return method.call(*case, method.params(**params))


@pytest.mark.parametrize("name", METHODS)
def test_one_finite_score_a_step_and_what_is_missing_scores_nothing(name, case):
    found = explain(name, case)
    assert found.maps.shape == (4, CHANNELS, LENGTH)
    assert torch.isfinite(found.maps).all()
    assert (found.maps.flatten(1).std(dim=1) > 0).all()
    scores = case[1].scores(found)
    assert scores.shape == (4, int(case[1].counts[0]))
    torch.testing.assert_close(torch.from_numpy(scores).sum(dim=1), found.maps.sum(dim=(1, 2)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", METHODS)
def test_the_target_matters_and_the_batch_does_not(name, case, monkeypatch):
    model, parts, target = case
    whole = explain(name, case).maps
    assert not torch.allclose(whole, explain(name, (model, parts, (target + 1) % 3)).maps)
    monkeypatch.setattr(_windows, "VALUES_AT_ONCE", CHANNELS * LENGTH)
    torch.testing.assert_close(explain(name, case).maps, whole, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", METHODS)
def test_the_model_is_given_back_as_it_was(name, case):
    model = case[0]
    before, state = {k: v.clone() for k, v in model.state_dict().items()}, torch.random.get_rng_state()
    explain(name, case)
    assert model.training
    assert all(p.requires_grad and p.grad is None for p in model.parameters())
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert torch.equal(state, torch.random.get_rng_state())


@pytest.mark.parametrize("name", METHODS)
def test_a_channel_at_its_mean_scores_nothing(name, case):
    model, parts, target = case
    values = parts.values.clone()
    values[:, 0] = 0.0
    assert (explain(name, (model, Pieces(values), target)).maps[:, 0].abs() < 1e-3).all()


def test_integrated_gradients_add_up(case):
    model, parts, target = case
    flat = torch.where(parts.values.isnan(), parts.values, 0.0)
    wanted = (logits(model, parts.values) - logits(model, flat)).gather(1, target[:, None])[:, 0]
    found = explain("window_integrated_gradients", case).maps.sum(dim=(1, 2))
    torch.testing.assert_close(found, wanted, rtol=0.02, atol=2e-3)


@pytest.mark.parametrize("encoder", of_kind("encoders", "series"))
@pytest.mark.parametrize("name", METHODS)
def test_every_encoder_and_a_number_are_explained(name, encoder):
    model = classifier(encoder, outputs=1, target="number")
    few = {"steps": 8, "max_steps": 16} if "steps" in plugin("attribution", name).params.model_fields else {}
    found = explain(name, (model, Pieces(series_made.windows(2)), torch.zeros(2, dtype=torch.int64)), **few)
    assert torch.isfinite(found.maps).all()
    assert (found.maps.flatten(1).std(dim=1) > 0).all()


def test_pieces_are_taken_away_by_laying_them_flat(case):
    """All of them gone is the flat window; the steps of one piece go together."""
    model, parts, target = case
    told = curves(model, parts, target, parts.scores(explain("window_ablation", case)))
    flat = torch.where(parts.values.isnan(), 0.0, 0.0)
    chance = logits(model, flat).softmax(dim=1).gather(1, target[:, None])[:, 0]
    assert told["deletion"][:, -1] == pytest.approx(chance.numpy(), abs=1e-5)
    place = parts.places(list(torch.arange(int(parts.counts[0])).repeat(4, 1).numpy()))
    assert place.shape == (4, CHANNELS * LENGTH)
    assert place[0].unique().numel() == parts.counts[0]
