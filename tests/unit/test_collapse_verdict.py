"""The verdict on made-up courses of readings: each kind is named, and healthy courses are left alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from backend.collapse._monitor import Monitor
from backend.collapse._verdict import Reading, Verdict, judge

START = Reading(1, "projector", True, 64, rank=34, spread=0.85, scale=8, agreement=0.15, gap=0.5, loss=5.3, bound=5.54)


def course(start: Reading = START, **columns) -> list[Verdict]:
    """Verdicts along readings every 10 steps, from `start`; each column gives the values after it."""
    history, verdicts, verdict = [start], [], None
    for i, values in enumerate(zip(*columns.values(), strict=True)):
        history.append(replace(history[-1], step=10 * (i + 1), **dict(zip(columns, values, strict=True))))
        verdict = judge(history, verdict)
        verdicts.append(verdict)
    return verdicts


def states(verdicts: list[Verdict]) -> list[str]:
    return [v.state for v in verdicts]


def test_a_healthy_course_with_falling_rank_stays_healthy():
    verdicts = course(
        rank=[26, 13, 11, 11, 12], spread=[0.94, 0.95, 0.97, 0.98, 0.98], agreement=[0.4, 0.7, 0.7, 0.8, 0.8]
    )
    assert states(verdicts) == ["healthy"] * 5
    assert verdicts[-1].since is None
    assert verdicts[-1].evidence["effective_rank_at_start"] == 34


def test_lost_spread_is_complete_and_confirmed_by_the_second_reading():
    verdicts = course(spread=[0.5, 0.2, 0.1], rank=[25, 4, 2])
    assert states(verdicts) == ["healthy", "watch", "collapsed"]
    assert (verdicts[-1].kind, verdicts[-1].place, verdicts[-1].since) == ("complete", "projector", 20)


def test_fading_spread_is_confirmed_at_once():
    verdicts = course(spread=[0.98, 0.97, 0.90, 0.72], agreement=[0.6, 0.7, 0.8, 0.8])
    assert states(verdicts) == ["healthy", "healthy", "healthy", "collapsed"]


def test_spread_of_random_weights_may_fade_until_the_views_agree():
    """SimCLR on HAM10000 begins so: its images are much alike."""
    assert states(course(spread=[0.8, 0.7, 0.6, 0.5], agreement=[0.2, 0.3, 0.4, 0.5])) == ["healthy"] * 4


def test_off_the_sphere_a_growing_mean_is_no_collapse():
    """VICReg on HAM10000 begins so; its loss does not see the mean."""
    vicreg = replace(START, sphere=False)
    assert states(course(vicreg, spread=[0.6, 0.4, 0.3, 0.2], agreement=[0.6] * 4)) == ["healthy"] * 4


def test_variance_shrinking_into_noise_is_complete():
    verdicts = course(scale=[9, 1.5, 0.5], agreement=[0.2, 0.3, 0.25], rank=[60, 60, 55])
    assert states(verdicts) == ["healthy", "watch", "collapsed"]
    assert verdicts[-1].kind == "complete"


def test_shrinking_with_views_that_still_agree_is_healthy():
    assert states(course(scale=[6, 1.5, 1.0], agreement=[0.6, 0.8, 0.85])) == ["healthy"] * 3


def test_few_directions_is_dimensional():
    verdicts = course(rank=[12, 2.2, 2.0])
    assert states(verdicts) == ["healthy", "watch", "collapsed"]
    assert verdicts[-1].kind == "dimensional"


def test_few_directions_that_grow_are_a_start_and_no_collapse():
    """As a healthy SimSiam begins."""
    assert states(course(replace(START, rank=1.1), rank=[1.5, 1.9, 2.5, 3.4])) == ["healthy"] * 4


def test_few_directions_from_the_start_that_stay_are_a_collapse():
    verdicts = course(replace(START, rank=2.0), rank=[1.7, 1.9, 1.7], spread=[0.2, 0.2, 0.3])
    assert (verdicts[1].state, verdicts[1].kind) == ("collapsed", "dimensional")


def test_images_on_a_few_points_is_cluster():
    verdicts = course(gap=[0.1, 0.003, 0.002], rank=[12, 9, 9])
    assert (verdicts[-1].state, verdicts[-1].kind) == ("collapsed", "cluster")


def test_loss_at_the_bound_is_stuck():
    verdicts = course(loss=[5.54] * 8)
    assert (verdicts[-1].state, verdicts[-1].kind) == ("collapsed", "stuck")
    assert states(course(loss=[5.54, 5.53, 5.52, 5.51, 5.50, 5.49, 5.49])) == ["healthy"] * 7


def test_suspicion_ends_when_the_readings_recover():
    verdicts = course(rank=[12, 2.2, 12, 2.2])
    assert states(verdicts) == ["healthy", "watch", "healthy", "watch"]


def test_supervised_training_may_have_few_directions():
    history = [
        replace(START, place="backbone", supervised=True),
        replace(START, place="backbone", supervised=True, step=10, rank=1.5, gap=0.0),
    ]
    assert judge(history).state == "healthy"
    assert judge([replace(one, supervised=False) for one in history]).kind == "dimensional"


def fed(monitor: Monitor, z: torch.Tensor, steps: range) -> dict:
    for done in steps:
        monitor.update(done, {"projector": z[done % len(z)]})
    return monitor.read(steps[-1], 1.0, None)


def test_the_monitor_resumes_where_it_stopped():
    z = torch.randn(4, 64, 8, generator=torch.Generator().manual_seed(0))
    whole, first, second = Monitor(10, 2), Monitor(10, 2), Monitor(10, 2)
    expected = [fed(whole, z, range(1, 11)), fed(whole, z, range(11, 21))]
    assert fed(first, z, range(1, 11)) == expected[0]
    second.load(first.tensors(), first.state())
    assert fed(second, z, range(11, 21)) == expected[1]


def test_a_reading_has_what_the_event_promises():
    body = fed(Monitor(10, 2), torch.randn(4, 64, 80), range(1, 11))
    place = body["places"]["projector"]
    assert len(place["spectrum"]) == 64
    assert place["dim"] == 80
    assert sum(place["spectrum"]) == pytest.approx(1, abs=0.1)
    assert set(body) == {"step", "places", "alignment", "uniformity", "loss", "loss_bound", "verdict"}


TOKENS = replace(START, place="tokens", sphere=False, loss=8.0, bound=6.4, agreement=None, gap=None)


def test_a_language_model_far_above_the_loss_of_guessing_has_diverged():
    """A learning rate of 1 takes the loss to 63 times its bound; it falls from there while the rate does."""
    verdicts = course(TOKENS, loss=[404, 390, 300, 220, 180, 130])
    assert states(verdicts)[:3] == ["healthy"] * 3
    assert verdicts[-1].state == "collapsed"
    assert (verdicts[-1].kind, verdicts[-1].since) == ("diverged", 50)


def test_a_spike_or_a_slow_start_of_a_language_model_is_no_divergence():
    assert set(states(course(TOKENS, loss=[8.2, 40, 30, 12, 9, 7, 6.2]))) == {"healthy"}
    assert set(states(course(replace(TOKENS, loss=12.0), loss=[11.5, 11, 10.8, 10.5, 10.1, 9.9]))) == {"healthy"}


def test_a_loss_far_above_its_bound_and_its_start_has_diverged_whatever_the_method():
    begun = replace(START, place="backbone", sphere=False, loss=2.5, bound=1.0)
    verdicts = course(begun, loss=[400.0, 90.0, 600.0, 445.0, 500.0, 450.0])
    assert states(verdicts)[:3] == ["healthy"] * 3
    assert verdicts[-1].state == "collapsed"
    assert verdicts[-1].kind == "diverged"


def test_a_loss_that_begins_far_above_its_bound_and_falls_has_not_diverged():
    begun = replace(START, place="backbone", sphere=False, loss=6.0, bound=1.0)
    assert states(course(begun, loss=[5.0, 4.0, 3.0, 2.5, 2.0, 1.8, 1.7])) == ["healthy"] * 7
