"""Every attribution method keeps the folder's contract; the methods are found by listing the folder."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from backend.attribution import _base
from backend.attribution._base import Maps
from backend.attribution._evaluate import reinitialised
from backend.engine.weights import Classifier, build_encoder
from backend.registry import of_kind, plugin

METHODS = of_kind("attribution", "image")


class TinyEncoder(nn.Module):
    gradcam_grid = None

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(inplace=True), nn.MaxPool2d(2)
        )
        self.gradcam_layer = self.features

    def forward(self, images):
        return self.features((images - 0.5) / 0.25).mean(dim=(2, 3))


class TinyClassifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.head = TinyEncoder(), nn.Linear(6, 4)

    def forward(self, images):
        return self.head(self.encoder(images))


@pytest.fixture
def case():
    torch.manual_seed(0)
    model = TinyClassifier().train()
    return model, torch.rand(5, 3, 12, 10), torch.tensor([0, 3, 1, 2, 2])


def explain(name: str, case, **params) -> Maps:
    method = plugin("attribution", name)
    return method.call(*case, method.params(**params))


@pytest.mark.parametrize("name", METHODS)
def test_one_finite_float32_map_of_the_images_size_each(name, case):
    found = explain(name, case)
    assert found.maps.shape == (5, 12, 10)
    assert found.maps.dtype == torch.float32
    assert not found.maps.requires_grad
    assert torch.isfinite(found.maps).all()
    assert (found.maps.flatten(1).std(dim=1) > 0).all()
    if found.errors is not None:
        assert found.errors.shape == found.steps.shape == (5,)


@pytest.mark.parametrize("name", METHODS)
def test_the_same_question_gets_the_same_map(name, case):
    assert torch.equal(explain(name, case).maps, explain(name, case).maps)


@pytest.mark.parametrize("name", METHODS)
def test_the_target_matters(name, case):
    model, images, target = case
    other = explain(name, (model, images, (target + 1) % 4))
    assert not torch.allclose(explain(name, case).maps, other.maps)


@pytest.mark.parametrize("name", METHODS)
def test_a_map_does_not_depend_on_the_batch_it_came_in(name, case, monkeypatch):
    whole = explain(name, case).maps
    monkeypatch.setattr(_base, "PIXELS_AT_ONCE", 2 * 12 * 10)
    torch.testing.assert_close(explain(name, case).maps, whole, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", METHODS)
def test_the_model_is_given_back_as_it_was(name, case):
    model, images, _ = case
    before = {k: v.clone() for k, v in model.state_dict().items()}
    explain(name, case)
    assert model.training
    assert model.encoder.features[1].training
    assert all(p.requires_grad and p.grad is None for p in model.parameters())
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert not images.requires_grad


@pytest.mark.parametrize("name", METHODS)
def test_parameters_round_trip_and_unknown_ones_are_refused(name):
    method = plugin("attribution", name)
    assert method.params(**method.params().model_dump()) == method.params()
    assert method.summary.endswith(".")
    with pytest.raises(ValidationError):
        method.params(no_such_parameter=1)


@pytest.mark.parametrize("encoder", of_kind("encoders", "image"))
@pytest.mark.parametrize(
    ("name", "params"), [("integrated_gradients", {"steps": 4, "max_steps": 4}), ("layer_gradcam", {})]
)
def test_every_encoder_can_be_explained(name, params, encoder):
    spec = {
        "encoder": {"name": encoder},
        "shape": [3, 16, 16],
        "mean": [0.5] * 3,
        "std": [0.25] * 3,
        "classes": ["a", "b"],
    }
    built = build_encoder(spec, seed=0)
    torch.manual_seed(0)
    model = Classifier(built, nn.Linear(built.dim, 2)).eval()
    method = plugin("attribution", name)
    found = method.call(model, torch.rand(2, 3, 16, 16), torch.tensor([0, 1]), method.params(**params))
    assert found.maps.shape == (2, 16, 16)
    assert torch.isfinite(found.maps).all()
    assert (found.maps.flatten(1).std(dim=1) > 0).all()
    fresh = reinitialised(model, 1)
    images = torch.rand(4, 3, 16, 16)
    assert torch.isfinite(fresh(images)).all()
    assert not torch.allclose(fresh(images), model(images))
