"""The optimisers and the learning rate."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import nn

from backend.engine.optim import LARS, build_optimizer, learning_rate


def test_rate_rises_linearly_then_falls_to_nothing():
    rates = [learning_rate(step, 100, 2.0, 0.1) for step in range(100)]
    assert rates[:3] == pytest.approx([0.2, 0.4, 0.6])
    assert max(rates) == rates[9] == rates[10] == 2.0
    assert rates[55] == pytest.approx(1.0, abs=0.02)
    assert all(b < a for a, b in pairwise(rates[10:]))
    assert 0 < rates[-1] < 0.01


def test_rate_without_warm_up_starts_at_the_peak():
    assert learning_rate(0, 10, 1.0, 0.0) == 1.0


def test_lars_takes_the_papers_step():
    weight, bias = nn.Parameter(torch.tensor([[3.0, 4.0]])), nn.Parameter(torch.tensor([1.0]))
    weight.grad, bias.grad = torch.tensor([[0.0, 2.0]]), torch.tensor([0.5])
    groups = [{"params": [weight], "weight_decay": 0.1}, {"params": [bias], "weight_decay": 0.0}]
    optimizer = LARS(groups, lr=0.5, momentum=0.9, trust=0.01)
    update = torch.tensor([[0.3, 2.4]])
    expected = torch.tensor([[3.0, 4.0]]) - 0.5 * 0.01 * 5 / update.norm() * update
    optimizer.step()
    assert torch.allclose(weight, expected)
    assert bias.item() == pytest.approx(1 - 0.5 * 0.5)
    # with the momentum of the first step, and no gradient, the bias goes on at 0.9 of its pace
    bias.grad = torch.zeros(1)
    optimizer.step()
    assert bias.item() == pytest.approx(0.75 - 0.5 * 0.9 * 0.5)


def test_lars_moves_a_layer_that_starts_at_zero():
    weight = nn.Parameter(torch.zeros(2, 2))
    weight.grad = torch.ones(2, 2)
    LARS([weight], lr=0.1).step()
    assert torch.isfinite(weight).all()
    assert weight.abs().sum() > 0


@pytest.mark.parametrize("name", ["adamw", "lars"])
def test_norms_and_biases_are_not_decayed(name):
    module = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
    optimizer = build_optimizer(name, [module], lr=0.1, weight_decay=0.3)
    decay = {p: g["weight_decay"] for g in optimizer.param_groups for p in g["params"]}
    assert {p.ndim: decay[p] for p in module.parameters()} == {2: 0.3, 1: 0.0}
    assert len(decay) == len(list(module.parameters()))
