"""The sentence on the collapse strip says what the engine judged, with the numbers it rests on."""

import pytest

from backend.audit.health import ALL_CLEAR
from backend.collapse._verdict import FADING, STUCK_READINGS
from backend.control.runs.states import STATES
from workbench.verdicts.collapse import judged_place, onset, trend, verdict


def reading(step=10, rank=41.0, state="healthy", kind=None, since=None, std=0.08, place="projector", loss=2.0):
    numbers = {"effective_rank": rank, "feature_std": std, "dim": 128}
    return {
        "seed": 0,
        "step": step,
        "places": {"backbone": {**numbers, "dim": 64}, "projector": numbers},
        "loss": loss,
        "loss_bound": 6.236,
        "verdict": {"state": state, "kind": kind, "place": place, "since": since, "evidence": {"rank": rank}},
    }


def rising(n=8, start=10.0, factor=1.2):
    return [reading(step=10 * i, rank=start * factor**i) for i in range(n)]


def test_healthy_names_place_dimensions_and_trend():
    found = verdict([*rising(7), reading(step=70, rank=41.2)])
    assert found.state == "healthy"
    assert found.sentence == "Healthy: the projector uses 41 of 128 dimensions and that number is rising."
    assert found.advice == ()


def test_no_reading_is_unknown_and_not_healthy():
    assert verdict([]).state == "unknown"
    assert verdict([]).sentence.startswith("No collapse reading yet")
    assert verdict([], state="succeeded").sentence == "No collapse reading: pretraining ended before the first one."


def test_healthy_is_said_only_where_every_rule_of_the_monitor_could_speak():
    assert ALL_CLEAR == max(STUCK_READINGS, FADING + 1, 3) == 5
    for state in STATES:
        for count in range(1, ALL_CLEAR):
            assert verdict(rising(count), state=state, whole=True).state == "unknown"
    assert verdict(rising(ALL_CLEAR)).state == "healthy"


@pytest.mark.parametrize(
    ("count", "state", "whole", "said"),
    [
        (1, "running", False, "Too few readings to call it healthy: 1 so far, 5 are needed."),
        (4, "succeeded", True, "Too few readings to call it healthy: 4 in all, 5 are needed."),
        (8, "failed", False, "No verdict on the representation: pretraining failed before its end."),
        (1, "cancelled", False, "No verdict on the representation: pretraining was cancelled before its end."),
    ],
)
def test_without_an_all_clear_it_is_said_what_is_missing(count, state, whole, said):
    found = verdict(rising(count), state=state, whole=whole)
    assert (found.state, found.sentence) == ("unknown", said)
    first = "The only reading was taken before training."
    assert found.meaning.startswith(first if count == 1 else f"No collapse was seen up to step {10 * (count - 1)}.")


def test_a_run_that_failed_after_its_pretraining_keeps_the_verdict_on_it():
    assert verdict(rising(8), state="failed", whole=True).state == "healthy"


@pytest.mark.parametrize("count", [2, 8])
def test_an_alarm_counts_at_once_and_in_a_run_that_ended_over_it(count):
    course = [*rising(count - 1), reading(rank=1.8, state="collapsed", kind="complete", since=10)]
    assert verdict(course, state="failed").state == "collapsed"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("dimensional", "the projector uses 1.8 of 128 dimensions; at its best it used 38"),
        ("complete", "the projector's feature spread is 0.001, where 0.088 is healthy"),
        ("stuck", "the loss is 6.230; chance level is 6.236 (ln(2B−1))"),
        ("cluster", "uses 1.8 of 128 dimensions"),
    ],
)
def test_collapse_states_step_kind_and_what_is_seen(kind, expected):
    last = reading(step=130, rank=1.8, state="collapsed", kind=kind, since=120, std=0.001, loss=6.23)
    found = verdict([reading(rank=38.0), last], "simclr")
    assert found.sentence.startswith("Collapsed since step 120 (")
    assert expected in found.sentence
    assert found.meaning
    assert "temperature" in found.advice[0]


def test_advice_is_the_methods_own():
    last = reading(state="collapsed", kind="dimensional", since=5)
    assert "variance weight" in verdict([last], "vicreg").advice[0]
    assert all("variance weight" not in line for line in verdict([last], "simclr").advice)


def test_trend_compares_the_last_readings_with_those_before():
    assert trend(rising()) == "rising"
    assert trend(rising(factor=0.8)) == "falling"
    assert trend(rising(factor=1.0)) == "steady"
    assert trend(rising(n=5)) == "still settling"


def test_a_rank_that_could_not_be_computed_is_said():
    assert "could not be computed" in verdict([reading(rank=None, state="watch")]).sentence


def test_onset_only_for_a_collapse():
    assert onset([reading(state="collapsed", kind="complete", since=120)]) == 120
    assert onset([reading(state="watch", since=120)]) is None
    assert onset([]) is None


def test_the_place_of_the_alarm_comes_first():
    assert judged_place(reading(place="backbone")) == "backbone"
    assert judged_place(reading(place=None)) == "projector"
