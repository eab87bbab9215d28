"""The tests of maps: what they measure, and that both controls fail them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from backend.attribution._controls import input_copy, random_map
from backend.attribution._evaluate import FRACTIONS, agreement, reinitialised
from backend.attribution._measures import area, mean_interval, planted_share, rank_correlation, verdict
from backend.attribution._parts import Pictures, curves, evaluate


class Corner(nn.Module):
    """Predicts class 1 from the brightness of the four pixels in the corner and nothing else."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 2)
        with torch.no_grad():
            self.head.weight.copy_(torch.tensor([[0.0] * 4, [4.0] * 4]))
            self.head.bias.copy_(torch.tensor([0.0, -6.0]))

    def forward(self, images):
        return self.head(images[:, 0, :2, :2].flatten(1))


def cases(count: int = 12, size: int = 8):
    images = torch.rand(count, 1, size, size, generator=torch.Generator().manual_seed(5)) * 0.6
    images[:, 0, :2, :2] = 0.9
    truth = torch.zeros(count, size, size)
    truth[:, :2, :2] = 1.0
    return Corner(), images, torch.ones(count, dtype=torch.int64), truth


def test_deleting_what_matters_first_kills_the_probability_at_once():
    model, images, target, truth = cases()
    found = curves(model, Pictures(images), target, truth)
    whole = model(images).softmax(dim=1)[:, 1].detach().numpy()
    black = model(torch.zeros_like(images)).softmax(dim=1)[:, 1].detach().numpy()
    np.testing.assert_allclose(found["deletion"][:, 0], whole, rtol=1e-5)
    np.testing.assert_allclose(found["deletion"][:, -1], black, rtol=1e-5)
    np.testing.assert_allclose(found["insertion"][:, 0], black, rtol=1e-5)
    np.testing.assert_allclose(found["insertion"][:, -1], whole, rtol=1e-5)
    # Four of 64 pixels matter: after 2/20 of the pixels (6) all four are gone, or all are there.
    np.testing.assert_allclose(found["deletion"][:, 2], black, rtol=1e-5)
    np.testing.assert_allclose(found["insertion"][:, 2], whole, rtol=1e-5)


def test_a_random_order_deletes_and_inserts_alike():
    model, images, target, _ = cases(200)
    found = curves(model, Pictures(images), target, random_map(images, list(range(200)), 0))
    gap = area(found["insertion"], FRACTIONS) - area(found["deletion"], FRACTIONS)
    assert abs(gap.mean()) < 4 * gap.std() / np.sqrt(200)


def test_equal_pixels_go_in_random_order_not_from_the_top():
    model, images, target, _ = cases(100)
    found = curves(model, Pictures(images), target, torch.zeros(100, 8, 8))
    # Row by row from the top the corner would be gone after 10 of 64 pixels.
    assert found["deletion"][:, 4].mean() > 0.5 * found["deletion"][:, 0].mean()


def test_both_controls_fail_and_the_true_map_passes():
    model, images, target, truth = cases()
    rows = list(range(len(images)))
    noise = random_map(images, rows, 7)
    tilted = truth.numpy() + 1e-3 * noise.numpy()
    maps = {"true": tilted, "random_map": noise.numpy(), "input_copy": input_copy(images).numpy()}
    remade = {
        "true": [random_map(images, rows, 8).numpy()],
        "random_map": [random_map(images, rows, 9).numpy()],
        "input_copy": [input_copy(images).numpy()],
    }
    found = evaluate(model, Pictures(images), target, maps, remade)
    assert {name: v["passes"] for name, v in found["verdict"].items()} == {
        "true": True,
        "random_map": False,
        "input_copy": False,
    }
    assert found["randomisation"]["input_copy"] == pytest.approx(1.0)
    assert found["randomisation"]["random_map"] < 0.2
    assert found["deletion"]["true"] < found["deletion"]["random_map"]
    assert "do not provably" in found["verdict"]["random_map"]["why"]
    assert "not below 0.5" in found["verdict"]["input_copy"]["why"]


def test_a_map_that_only_flips_its_sign_fails_randomisation():
    model, images, target, truth = cases()
    maps = {"flip": truth.numpy(), "random_map": random_map(images, list(range(12)), 0).numpy()}
    found = evaluate(
        model, Pictures(images), target, maps, {"flip": [-truth.numpy()], "random_map": [maps["random_map"]]}
    )
    assert found["randomisation"]["flip"] == pytest.approx(1.0)


def test_reinitialising_changes_every_parameter_and_nothing_else():
    model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(108, 2))
    model.register_parameter("token", nn.Parameter(torch.ones(4)))
    model.register_buffer("mean", torch.tensor(0.5))
    state = torch.random.get_rng_state()
    fresh = reinitialised(model, 1)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert fresh.mean == 0.5
    for name in ("0.weight", "3.weight", "3.bias", "token"):
        assert not torch.equal(fresh.state_dict()[name], model.state_dict()[name])
    assert torch.equal(reinitialised(model, 1)[0].weight, fresh[0].weight)
    assert not torch.equal(reinitialised(model, 2)[0].weight, fresh[0].weight)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_rank_correlation_sees_order_alone(seed):
    a = np.random.default_rng(seed).normal(size=(2, 5, 4))
    np.testing.assert_allclose(rank_correlation(a, np.exp(a)), 1)
    np.testing.assert_allclose(rank_correlation(a, -3 * a), -1)


def test_rank_correlation_matches_scipy_with_ties_and_is_undefined_for_a_constant_map():
    from scipy.stats import spearmanr

    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 4, (3, 6, 6)), rng.integers(0, 4, (3, 6, 6))
    found = rank_correlation(a, b)
    np.testing.assert_allclose(found, [spearmanr(x.ravel(), y.ravel()).statistic for x, y in zip(a, b, strict=True)])
    assert np.isnan(rank_correlation(np.ones((1, 3, 3)), b[:1, :3, :3])).all()
    assert agreement({"a": np.ones((1, 3, 3)), "b": a[:1, :3, :3]})["a"]["b"] is None


def test_the_planted_share_counts_absolute_attribution():
    maps = np.array([[[3.0, -1.0], [0.0, -4.0]], [[1.0, 1.0], [1.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]]])
    mask = np.zeros((3, 2, 2), dtype=bool)
    mask[0, 0] = True
    mask[2] = True
    assert planted_share(maps, mask) == [0.5, None, None]


@settings(max_examples=40, deadline=None)
@given(st.floats(1e-3, 1e3), st.integers(0, 1000))
def test_the_planted_share_ignores_scale_and_lies_in_0_1(scale, seed):
    rng = np.random.default_rng(seed)
    maps, mask = rng.normal(size=(1, 4, 4)), rng.random((1, 4, 4)) < 0.5
    (share,), (scaled,) = planted_share(maps, mask), planted_share(-scale * maps, mask)
    if share is not None:
        assert 0 <= share <= 1
        assert share == pytest.approx(scaled)


def test_mean_interval_is_students():
    found = mean_interval([1.0, 2.0, 3.0, None, float("nan")])
    assert found["value"] == pytest.approx(2.0)
    assert found["high"] - 2 == pytest.approx(4.302653 * 1 / np.sqrt(3), rel=1e-5)
    assert mean_interval([5.0]) == {"value": 5.0, "low": None, "high": None}
    assert mean_interval([None]) == {"value": None, "low": None, "high": None}


def test_the_rule_needs_both_tests():
    good, bad = {"value": 0.3, "low": 0.1, "high": 0.5}, {"value": 0.3, "low": -0.1, "high": 0.7}
    assert verdict(0.1, good)["passes"]
    assert not verdict(0.6, good)["passes"]
    assert not verdict(0.1, bad)["passes"]
    assert not verdict(None, good)["passes"]
    assert not verdict(0.1, {"value": None, "low": None, "high": None})["passes"]


def test_noise_belongs_to_its_row_and_seed():
    images = torch.rand(3, 1, 5, 5)
    a = random_map(images, [4, 9, 2], 0)
    assert torch.equal(a[1], random_map(images[:1], [9], 0)[0])
    assert not torch.equal(a, random_map(images, [4, 9, 2], 1))
    assert not torch.equal(a[0], a[1])
