"""PaCMAP's layout: its gradient, its steps and its stop."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from backend.projection._layout import _mover, forces, lay_out, listed, weights

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
    _mover(dimensions)(0, 30, start, moved, mean, square, *listed(kinds, 30), *forces(of), np.float32(1))
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
