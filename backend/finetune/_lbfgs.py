"""Many small smooth problems minimised at once: limited-memory BFGS, one lane a problem.

Nocedal & Wright (2006), Numerical Optimization, algorithms 7.4 and 7.5, with Armijo backtracking. Every lane has
its own curvature pairs and step length; a lane that has converged stands still while the others go on.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def minimise(
    objective: Callable[[Tensor], tuple[Tensor, Tensor]],
    start: Tensor,
    tolerance: float = 1e-5,
    max_iterations: int = 200,
    history: int = 8,
    check_stop: Callable[[], None] = lambda: None,
) -> Tensor:
    """Minimiser of each lane, P x m.

    objective: P x m -> (values P, gradients P x m), lane by lane independent, smooth and bounded below;
    start: P x m; a lane is done when its largest gradient entry is at most `tolerance`, or when no step makes it
    smaller any more (the limit of the arithmetic).
    """
    point = start.clone()
    value, gradient = objective(point)
    pairs: list[tuple[Tensor, Tensor, Tensor]] = []
    alive = torch.ones_like(value, dtype=torch.bool)
    for _ in range(max_iterations):
        check_stop()
        active = alive & (gradient.abs().amax(1) > tolerance)
        if not active.any():
            break
        direction = -_two_loops(gradient, pairs)
        slope = (direction * gradient).sum(1)
        # Steepest descent where curvature misled (possible only through rounding).
        uphill = slope >= 0
        direction = torch.where(uphill[:, None], -gradient, direction)
        slope = torch.where(uphill, -gradient.square().sum(1), slope)
        length = active.to(point.dtype)
        if not pairs:
            length = length / gradient.norm(dim=1).clamp_min(1.0)
        moved, moved_value, moved_gradient, length = _backtrack(
            objective, point, value, gradient, direction, slope, length
        )
        step, change = moved - point, moved_gradient - gradient
        curvature = (step * change).sum(1)
        good = curvature > 1e-7 * step.norm(dim=1) * change.norm(dim=1)
        rho = torch.where(good, 1 / curvature.where(good, torch.ones_like(curvature)), torch.zeros_like(curvature))
        pairs = [*pairs[-(history - 1) :], (step, change, rho)]
        alive &= length > 0
        point, value, gradient = moved, moved_value, moved_gradient
    return point


def _two_loops(gradient: Tensor, pairs: list[tuple[Tensor, Tensor, Tensor]]) -> Tensor:
    """Inverse-Hessian approximation times gradient, lane by lane; a pair with rho = 0 changes nothing."""
    out, alphas = gradient.clone(), []
    for step, change, rho in reversed(pairs):
        alpha = rho * (step * out).sum(1)
        out = out - alpha[:, None] * change
        alphas.append(alpha)
    scale = torch.ones_like(gradient[:, 0])
    for _, change, rho in pairs:
        fresh = 1 / (rho * change.square().sum(1)).clamp_min(1e-30)
        scale = torch.where(rho > 0, fresh, scale)
    out = out * scale[:, None]
    for (step, change, rho), alpha in zip(pairs, reversed(alphas), strict=True):
        beta = rho * (change * out).sum(1)
        out = out + (alpha - beta)[:, None] * step
    return out


def _backtrack(objective, point, value, gradient, direction, slope, length):
    """Halve the steps of the lanes that do not descend enough; after 20 halvings such a lane stays where it is."""
    for _ in range(20):
        trial = point + length[:, None] * direction
        trial_value, trial_gradient = objective(trial)
        short = (length > 0) & ~(trial_value <= value + 1e-4 * length * slope + 1e-7 * value.abs())
        if not short.any():
            return trial, trial_value, trial_gradient, length
        length = torch.where(short, length / 2, length)
    length = torch.where(short, torch.zeros_like(length), length)
    keep = length > 0
    trial = torch.where(keep[:, None], trial, point)
    trial_value, trial_gradient = objective(trial)
    return trial, trial_value, trial_gradient, length
