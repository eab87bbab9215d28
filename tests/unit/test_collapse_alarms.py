"""The alarms on real digits, the quick part of tests/benchmarks/collapse_alarms.py."""

from __future__ import annotations

import pytest

from tests.benchmarks import collapse_alarms as bench

QUICK = ("simclr", "vicreg", "byol", "simsiam", "dino")  # those whose first steps look least like what follows


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("alignment alone", "complete"),
        ("variance 0", "complete"),
        ("rank 2", "dimensional"),
        # a BatchNorm behind the projector blows up what little is left
        pytest.param("no stop-gradient", "dimensional", marks=pytest.mark.slow),
        ("no predictor, no momentum", "complete"),
        ("no centring", "complete"),
        pytest.param("clusters of any size", "complete", marks=pytest.mark.slow),
        pytest.param("SIGReg 0", "complete", marks=pytest.mark.slow),
    ],
)
def test_a_planted_collapse_is_named_within_50_steps(kind, named):
    rang = bench.alarm(bench.readings(kind, "digits", seed=0, steps=50))
    assert rang is not None
    assert rang["step"] <= 50
    assert rang["verdict"]["kind"] == named
    assert rang["verdict"]["place"] == "projector"


@pytest.mark.parametrize(
    "kind", [one if one in QUICK else pytest.param(one, marks=pytest.mark.slow) for one in bench.VIEWS]
)
def test_a_healthy_run_is_never_even_watched(kind):
    found = bench.readings(kind, "digits", seed=0, steps=60)
    assert [body["verdict"]["state"] for body in found] == ["healthy"] * 7


@pytest.mark.slow
@pytest.mark.parametrize("kind", [kind for kind in bench.PLANTED if kind not in bench.FROM_THE_START])
def test_a_collapse_that_begins_in_a_healthy_run_is_alarmed_within_50_steps(kind):
    rang = bench.alarm(bench.readings(kind, "digits", seed=1, steps=bench.ONSET + 50, onset=bench.ONSET))
    assert bench.ONSET < rang["step"] <= bench.ONSET + 50
