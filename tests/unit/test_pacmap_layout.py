"""The layout of PaCMAP and LocalMAP: its gradient, its steps, the pairs drawn anew and its stop."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from backend.projection._layout import _mover, forces, lay_out, listed, weights
from backend.projection._nearby import drawn_anew

PHASES = (4, 3, 5)


def scene(points: int, dimensions: int, each: tuple[int, int, int] = (4, 2, 8)):
    """(places float32 N x d, the three kinds of pairs), at random; pairs may come twice, as near ones do."""
    random = np.random.default_rng(points + dimensions)
    places = random.normal(scale=2, size=(points, dimensions)).astype(np.float32)
    own = np.arange(points)[:, None]
    others = [(own + random.integers(1, points, (points, number))) % points for number in each]
    kinds = [np.column_stack([np.repeat(own, o.shape[1]), o.ravel()]).astype(np.int32) for o in others]
    return places, kinds


def published_loss(places: torch.Tensor, kinds: list[np.ndarray], of: tuple[float, float, float]) -> torch.Tensor:
    """Wang et al. 2021, equation 5, summed over the pairs."""
    near, middle, further = (
        1 + ((places[k[:, 0]] - places[k[:, 1]]) ** 2).sum(dim=1) for k in map(torch.tensor, kinds)
    )
    attract = of[0] * (near / (10 + near)).sum() + of[1] * (middle / (10_000 + middle)).sum()
    return attract + of[2] * (1 / (1 + further)).sum()


@pytest.mark.parametrize("dimensions", [1, 2, 3, 5])
def test_the_gradient_is_that_of_the_published_loss(dimensions):
    start, kinds = scene(30, dimensions)
    of = (2.0, 700.0, 1.0)
    places = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    published_loss(places, kinds, of).backward()
    mean, square, moved = (np.zeros_like(start) for _ in range(3))
    _mover(dimensions)(0, 30, start, moved, mean, square, *listed(kinds, 30), *forces(of), np.float32(0), np.float32(1))
    assert mean / 0.1 == pytest.approx(places.grad.numpy(), rel=1e-4, abs=1e-5)
    assert square / 0.001 == pytest.approx(places.grad.numpy() ** 2, rel=1e-3, abs=1e-5)


def test_weights_are_those_of_the_papers_three_phases():
    found = [weights(step, (100, 100, 250)) for step in (0, 50, 99, 100, 199, 200, 449)]
    assert found[0] == (2, 1000, 1)
    assert found[1] == (2, 501.5, 1)
    assert found[2] == pytest.approx((2, 12.97, 1))
    assert found[3:] == [(3, 3, 1)] * 2 + [(1, 0, 1)] * 2


@pytest.mark.parametrize("dimensions", [2, 3])
def test_the_points_go_where_adam_takes_them_on_the_published_loss(dimensions):
    start, kinds = scene(40, dimensions)
    places = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    adam = torch.optim.Adam([places], lr=1.0)
    for step in range(sum(PHASES)):
        adam.zero_grad()
        published_loss(places, kinds, weights(step, PHASES)).backward()
        adam.step()
    assert lay_out(start, kinds, PHASES) == pytest.approx(places.detach().numpy(), abs=2e-3)


def test_the_map_is_the_same_bit_for_bit_whatever_the_number_of_threads():
    start, kinds = scene(16_000, 2)
    before = start.copy()
    alone, together = (lay_out(start, kinds, PHASES, threads) for threads in (1, 3))
    assert alone.dtype == np.float32
    assert np.array_equal(alone, together)
    assert np.array_equal(start, before)
    assert not np.array_equal(alone, start)


def test_every_tenth_step_is_told_and_what_progress_raises_ends_the_layout():
    told = []

    def stop(done, total, note):
        told.append((done, total))
        if done == 20:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        lay_out(*scene(30, 2), (10, 10, 30), progress=stop)
    assert told == [(10, 50), (20, 50)]


def test_a_near_pair_of_localmap_pulls_the_less_the_further_it_reaches():
    """Half of `nearby` over the square root of d = 1 + squared distance, times PaCMAP's force."""
    start, kinds = scene(30, 2)
    near_only = (kinds[0], kinds[1][:0], kinds[2][:0])
    found = []
    for pull in (0, 5):
        mean, square, moved = (np.zeros_like(start) for _ in range(3))
        given = (start, moved, mean, square, *listed(near_only, 30), *forces((1, 0, 1)))
        _mover(2)(0, 30, *given, np.float32(pull), np.float32(1))
        found.append(mean / 0.1)
    expected = np.zeros((30, 2))
    for one, other in kinds[0]:
        gap = start[one].astype(float) - start[other]
        d = 1 + (gap**2).sum()
        force = 20 / (10 + d) ** 2 * 5 / np.sqrt(d) * gap
        expected[one] += force
        expected[other] -= force
    assert found[1] == pytest.approx(expected, rel=1e-3, abs=1e-4)
    assert np.abs(found[1] - found[0]).max() > 0.01


def redrawn(places, kinds, nearby: float, seed: int = 3, threads: int = 1, parts: int = 1) -> np.ndarray:
    bounds = np.linspace(0, len(places), parts + 1).astype(int)
    with ThreadPoolExecutor(threads) as pool:
        return drawn_anew(places, kinds[0], kinds[2], nearby, seed, pool, bounds)


def test_further_pairs_are_drawn_nearby_and_are_no_near_pairs():
    places, kinds = scene(2_000, 2)
    before = kinds[2].copy()
    found = redrawn(places, kinds, 2.0)
    assert found.dtype == np.int32
    assert (kinds[2] == before).all()
    assert (found[:, 0] == before[:, 0]).all()
    new = (found != before).any(axis=1)
    apart = np.linalg.norm(places[found[:, 0]] - places[found[:, 1]], axis=1)
    assert new.mean() > 0.95
    assert apart[new].max() <= 2.0
    near = set(map(tuple, kinds[0]))
    assert not any(tuple(pair) in near for pair in found[new])
    partners = found[:, 1].reshape(2_000, 8)
    kept = ~new.reshape(2_000, 8)
    for i, own in enumerate(partners):
        drawn = own[~kept[i]]
        assert len(set(drawn)) == len(drawn)
        assert i not in drawn
    # whoever is nearby is as likely as another: half of all points, half of the draws
    assert (found[new, 1] < 1_000).mean() == pytest.approx(0.5, abs=0.02)


def test_a_pair_that_finds_nobody_nearby_stays():
    places, kinds = scene(50, 2)
    assert (redrawn(places * 1_000, kinds, 0.5) == kinds[2]).all()
    assert (redrawn(places[:3], [k[k.max(axis=1) < 0] for k in kinds[:2]] + [kinds[2][:0]], 9.0) == kinds[2][:0]).all()


def test_pairs_are_drawn_alike_by_any_number_of_threads_and_otherwise_with_another_seed():
    places, kinds = scene(2_000, 3)
    alone, together = redrawn(places, kinds, 2.0), redrawn(places, kinds, 2.0, threads=3, parts=7)
    assert np.array_equal(alone, together)
    assert (redrawn(places, kinds, 2.0, seed=4) != alone).any(axis=1).mean() > 0.9


def test_localmap_is_pacmap_until_the_last_phase_and_the_same_bit_for_bit_with_any_threads():
    start, kinds = scene(16_000, 2)
    assert np.array_equal(lay_out(start, kinds, (4, 3, 1)), lay_out(start, kinds, (4, 3, 1), nearby=2.0))
    alone, together = (lay_out(start, kinds, (4, 3, 25), threads, nearby=2.0, seed=1) for threads in (1, 3))
    assert np.array_equal(alone, together)
    assert not np.array_equal(alone, lay_out(start, kinds, (4, 3, 25), nearby=2.0, seed=2))
    assert not np.array_equal(alone, lay_out(start, kinds, (4, 3, 25)))
