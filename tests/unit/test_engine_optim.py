"""The optimisers and the learning rate."""

from __future__ import annotations

import sys
from itertools import pairwise

import pytest
import torch
from torch import nn

from backend.engine.muon import Muon, inner_matrices, orthogonal
from backend.engine.optim import LARS, build_optimizer, learning_rate
from backend.engine.seeds import seed_all


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


@pytest.mark.parametrize("name", ["adamw", "lars", "muon"])
def test_norms_and_biases_are_not_decayed(name):
    module = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
    optimizer = build_optimizer(name, [module], lr=0.1, weight_decay=0.3)
    decay = {p: g["weight_decay"] for g in optimizer.param_groups for p in g["params"]}
    assert {p.ndim: decay[p] for p in module.parameters()} == {2: 0.3, 1: 0.0}
    assert len(decay) == len(list(module.parameters()))


def test_orthogonal_steps_have_singular_values_near_one():
    torch.manual_seed(0)
    batch = torch.randn(3, 16, 40)
    left, _, right = torch.linalg.svd(batch, full_matrices=False)
    found = orthogonal(batch)
    assert torch.linalg.svdvals(found).min() > 0.6
    assert torch.linalg.svdvals(found).max() < 1.3
    # in the directions of the matrix itself: nearer to its polar factor than the matrix was
    polar = left @ right
    assert (found * polar).sum() / (found.norm() * polar.norm()) > 0.97


def test_muon_moves_a_matrix_along_its_polar_factor_whichever_way_it_lies():
    gradient = torch.tensor([[3.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    for turn in (lambda m: m, lambda m: m.T):
        weight = nn.Parameter(turn(torch.zeros(2, 3)).clone())
        weight.grad = turn(gradient).clone()
        Muon([{"params": [weight], "orthogonal": True, "weight_decay": 0.0}], lr=1.0).step()
        moved = turn(weight.detach())
        assert moved[0, 0].item() == pytest.approx(-0.2 * 3**0.5, rel=0.35)
        assert moved[1, 1].item() == pytest.approx(-0.2 * 3**0.5, rel=0.35)
        assert moved[0, 1:].abs().max() < 1e-5


def test_embeddings_and_what_is_tied_to_them_take_adamw_steps():
    words, inner, head = nn.Embedding(5, 4), nn.Linear(4, 4), nn.Linear(4, 5, bias=False)
    head.weight = words.weight
    assert inner_matrices([nn.ModuleList([words, inner, head])]) == {inner.weight}
    module = nn.ModuleList([words, inner, head])
    optimizer = build_optimizer("muon", [module], lr=0.1, weight_decay=0.0)
    before = words.weight.detach().clone()
    head(inner(words(torch.tensor([1, 2])))).sum().backward()
    optimizer.step()
    # Adam's first step is the sign of the gradient
    assert (words.weight.detach() - before).abs().max().item() == pytest.approx(0.1, rel=1e-3)


def test_muon_goes_on_from_its_state():
    def net() -> nn.Module:
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(2, 3, 3), nn.Flatten(), nn.Linear(27, 4))

    x = torch.randn(2, 2, 5, 5, generator=torch.Generator().manual_seed(1))

    def train(module, optimizer, steps):
        for _ in range(steps):
            optimizer.zero_grad()
            module(x).square().sum().backward()
            optimizer.step()

    whole, half = net(), net()
    straight, first = (build_optimizer("muon", [m], lr=0.01, weight_decay=0.1) for m in (whole, half))
    train(whole, straight, 4)
    train(half, first, 2)
    second = build_optimizer("muon", [half], lr=0.01, weight_decay=0.1)
    second.load_state_dict(first.state_dict())
    train(half, second, 2)
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), half.parameters(), strict=True))


def test_adamw_is_torchs_bit_for_bit_and_leaves_the_compiler_alone(monkeypatch):
    def trained(own: bool) -> nn.Module:
        seed_all(0)
        net = nn.Sequential(nn.Linear(7, 9), nn.LayerNorm(9), nn.Linear(9, 3))
        x = torch.randn(5, 7)
        wide = [{"params": [net[0].weight, net[2].weight], "weight_decay": 0.1}]
        flat = [{"params": [net[0].bias, *net[1].parameters(), net[2].bias], "weight_decay": 0.0}]
        optimizer = (
            build_optimizer("adamw", [net], 1e-2, 0.1) if own else torch.optim.AdamW(wide + flat, lr=1e-2, fused=True)
        )
        for _ in range(6):
            optimizer.zero_grad()
            net(x).square().sum().backward()
            optimizer.step()
            optimizer.load_state_dict(optimizer.state_dict())
        return net

    theirs = trained(own=False)
    monkeypatch.setitem(sys.modules, "torch._dynamo", None)  # whoever imports it now fails
    ours = trained(own=True)
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))
