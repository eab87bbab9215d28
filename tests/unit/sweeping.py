"""A sweep's plan and trials, for tests that ask no workspace."""

from __future__ import annotations

from backend.control.record import swept

PLAN = {
    "seed": 1,
    "metric": "accuracy",
    "recipe": {"pretext": {"name": "a"}, "train": {"lr": 1.0}},
    "space": [
        {"name": "pretext", "choices": ["a", "b"], "first": "a"},
        {"name": "pretext.a.t", "of": {"pretext": "a"}, "low": 0.1, "high": 1.0, "log": True, "first": 0.2},
        {"name": "train.lr", "low": 0.1, "high": 10.0, "log": True, "first": 1.0},
    ],
}


def trial(number, params, score, state=swept.COMPLETE, phase="search", readings=()):
    return swept.Trial(number, f"r{number}", params, phase, 0, state, score, [list(one) for one in readings])
