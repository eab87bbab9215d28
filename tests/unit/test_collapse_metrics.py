"""Each diagnostic against a closed form, and under rotation of the feature space."""

from __future__ import annotations

from math import cos, e, exp, isnan, log, pi, sin, sqrt

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from backend.collapse._embeddings import Embeddings
from backend.registry import names, plugin

torch.manual_seed(0)


def measure(name: str, z: torch.Tensor, views: int = 1, **params) -> float:
    found = plugin("collapse", name)
    return found.call(Embeddings(z, views), found.params(**params))


def signed_axes(lengths: list[float]) -> torch.Tensor:
    """Rows +-l_j e_j: centred, with covariance eigenvalues l_j^2 / k."""
    return torch.cat([torch.diag(torch.tensor(lengths)), -torch.diag(torch.tensor(lengths))])


@pytest.mark.parametrize("name", ["effective_rank", "participation_ratio", "nesum", "rankme"])
def test_k_equal_directions_give_k(name):
    z = signed_axes([2.0] * 5 + [0.0] * 3)
    assert measure(name, z) == pytest.approx(5, rel=1e-4)


def test_two_unequal_directions():
    # covariance eigenvalues in the ratio 4 : 1, singular values 2 : 1
    z = signed_axes([2.0, 1.0])
    assert measure("effective_rank", z) == pytest.approx(exp(-0.8 * log(0.8) - 0.2 * log(0.2)))
    assert measure("participation_ratio", z) == pytest.approx(25 / 17)
    assert measure("nesum", z) == pytest.approx(1.25)
    assert measure("rankme", z) == pytest.approx(exp(-2 / 3 * log(2 / 3) - 1 / 3 * log(1 / 3)), rel=1e-5)
    assert measure("scale", z) == pytest.approx((4 + 1) * 2 / 4)


def test_rankme_is_not_centred_and_the_others_are():
    z = signed_axes([1.0, 1.0, 0.0]) + torch.tensor([0.0, 0.0, 100.0])
    assert measure("effective_rank", z) == pytest.approx(2, rel=1e-4)
    assert measure("rankme", z) < 1.2


def test_moments_of_a_longer_stream_take_the_place_of_the_batch():
    z = signed_axes([1.0, 1.0, 1.0])
    stream = Embeddings(z[:1], mean=z.mean(dim=0), second=z.T @ z / len(z))
    assert plugin("collapse", "effective_rank").call(stream, None) == pytest.approx(3)


def test_feature_std():
    assert measure("feature_std", signed_axes([3.0] * 4)) == pytest.approx(1 / sqrt(4))
    assert measure("feature_std", torch.ones(6, 4)) == pytest.approx(0, abs=1e-6)


def test_alignment_uniformity_and_agreement_on_a_square():
    # four images on the corners of a square, the second view turned by an angle
    angle = 0.3
    turns = torch.arange(4) * pi / 2
    first = torch.stack([turns.cos(), turns.sin()], dim=1)
    second = first @ torch.tensor([[cos(angle), sin(angle)], [-sin(angle), cos(angle)]])
    z = torch.cat([first, second])
    apart = 2 - 2 * cos(angle)
    assert measure("alignment", z, views=2) == pytest.approx(apart, rel=1e-4)
    # of the 3 others two lie at squared distance 2, one at 4
    assert measure("uniformity", z, views=2) == pytest.approx(log((2 * e**-4 + e**-8) / 3), rel=1e-4)
    assert measure("agreement", z, views=2) == pytest.approx(1 - apart / (8 / 3), rel=1e-4)
    assert measure("nearest_gap", z, views=2) == pytest.approx(2 / (8 / 3), rel=1e-4)


def test_uniformity_and_self_cluster_at_total_collapse():
    z = torch.ones(8, 4)
    assert measure("uniformity", z) == pytest.approx(0, abs=1e-5)
    assert measure("self_cluster", z) == pytest.approx(1)


def test_self_cluster_of_an_orthonormal_frame():
    # each of the 2d rows +-e_j has a product of +-1 with itself and its mirror, 0 with the others: 4d in all
    d = 6
    n, clumping = 2 * d, 4 * d
    even = n + n * (n - 1) / d
    assert measure("self_cluster", signed_axes([1.0] * d)) == pytest.approx((clumping - even) / (n**2 - even))


def test_self_cluster_of_evenly_spread_rows_is_near_zero():
    assert measure("self_cluster", torch.randn(4000, 16)) == pytest.approx(0, abs=2e-3)


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0])
def test_alpha_req_recovers_the_exponent(alpha):
    z = signed_axes([j ** (-alpha / 2) for j in range(1, 21)])
    assert measure("alpha_req", z, first=2, last=15) == pytest.approx(alpha, rel=1e-3)


def test_nearest_gap_is_small_when_images_sit_on_few_points():
    centres = torch.eye(10).repeat(20, 1)
    assert measure("nearest_gap", centres + 1e-3 * torch.randn(200, 10)) < 1e-3
    assert measure("nearest_gap", torch.randn(200, 10)) > 0.1


def test_what_cannot_be_computed_is_nan():
    one = torch.randn(1, 4)
    for name in ("alignment", "uniformity", "agreement", "nearest_gap", "self_cluster", "alpha_req"):
        assert isnan(measure(name, one))


@pytest.mark.parametrize("name", names("collapse"))
def test_dead_features_give_a_finite_number_or_nan(name):
    value = measure(name, torch.zeros(8, 4), views=2)
    assert isnan(value) or abs(value) < 10


@pytest.mark.parametrize("name", sorted(set(names("collapse")) - {"feature_std"}))
@settings(max_examples=20, deadline=None)
@given(
    rows=hnp.arrays("float32", (24, 6), elements=st.floats(-5, 5, width=32)),
    turn=hnp.arrays("float32", (6, 6), elements=st.floats(-1, 1, width=32)),
)
def test_rotation_changes_nothing(name, rows, turn):
    z = torch.from_numpy(rows) + 0.1 * torch.randn(24, 6, generator=torch.Generator().manual_seed(1))
    rotation = torch.linalg.qr(torch.from_numpy(turn).double() + 2 * torch.eye(6)).Q.float()
    before, after = measure(name, z, views=2), measure(name, z @ rotation, views=2)
    assert after == pytest.approx(before, rel=2e-2, abs=2e-3)


def test_feature_std_depends_on_the_axes_only_through_the_mean_of_roots():
    """It is a mean of per-dimension stds, so a rotation may change it; its root mean square may not."""
    z = torch.randn(500, 4) * torch.tensor([3.0, 1.0, 1.0, 1.0])
    rotation = torch.linalg.qr(torch.randn(4, 4)).Q
    rms = [Embeddings(x).unit.var(dim=0, correction=0).mean().sqrt() for x in (z, z @ rotation)]
    assert float(rms[0]) == pytest.approx(float(rms[1]), rel=1e-4)
    assert measure("feature_std", z) <= float(rms[0]) + 1e-6


@pytest.mark.parametrize(("rows", "dim"), [(64, 256), (512, 32), (4096, 16)])
def test_rounding_of_equal_rows_is_no_direction(rows, dim):
    row = 2 + torch.randn(1, dim, generator=torch.Generator().manual_seed(0))
    alike = row.expand(rows, dim).clone()
    of = Embeddings(alike + 1e-7 * torch.randn(rows, dim, generator=torch.Generator().manual_seed(2)))
    for name in ("effective_rank", "participation_ratio", "nesum", "scale", "nearest_gap"):
        found = plugin("collapse", name)
        assert found.call(of, found.params()) == 0
    apart = 0.01 * torch.randn(rows, dim, generator=torch.Generator().manual_seed(1))
    assert measure("effective_rank", alike + apart) == pytest.approx(measure("effective_rank", apart), rel=0.01)
