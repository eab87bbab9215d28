"""A run's state in words."""

import pytest

from backend.control.runs.states import STATES
from workbench.verdicts import run as words


def run(**changes):
    base = {
        "run": "r1",
        "kind": "run",
        "title": "",
        "dataset": "clinic",
        "state": "running",
        "reason": None,
        "attempt": 0,
        "created": "2026-01-01T10:00:00Z",
        "started": "2026-01-01T10:00:05Z",
        "ended": None,
        "stage": "pretrain",
        "progress": {"stage": "pretrain", "done": 120, "total": 400, "unit": "steps", "note": "", "eta_s": 95.2},
        "recipe": {"stages": ["pretrain", "study", "project"]},
    }
    return base | changes


ENDED = {"ended": "2026-01-01T10:03:25Z", "seconds": 200.0, "progress": None}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "Running: pretraining, 120 of 400 steps, about 1 min 35 s left."),
        ({"progress": None}, "Running: pretraining."),
        ({"state": "queued", "started": None, "progress": None}, "Queued: it starts as soon as a device is free."),
        ({"state": "succeeded", **ENDED}, "Finished in 3 min 20 s."),
        (
            {"state": "failed", "reason": "no space left.", **ENDED},
            "Failed after 3 min 20 s, at the stage “Pretraining”: no space left.",
        ),
        (
            {"state": "cancelled", "reason": "asked by local", **ENDED},
            "Cancelled after 3 min 20 s, last at the stage “Pretraining”: asked by local.",
        ),
        ({"state": "failed", "reason": "no device", "stage": None, **ENDED}, "Failed after 3 min 20 s: no device."),
        (
            {"state": "succeeded", "recipe": {"stages": []}, **ENDED},
            "Finished in 3 min 20 s, but its recipe names no stage: nothing was done.",
        ),
        ({"state": "cancelled", "reason": "asked by local", "started": None}, "Cancelled: asked by local."),
        ({"state": "lost", "reason": None}, "Lost: no reason was given. It starts again from its last checkpoint."),
    ],
)
def test_sentence(changes, sentence):
    assert words.sentence(run(**changes)) == sentence


@pytest.mark.parametrize(
    ("changes", "finished", "skipped", "states"),
    [
        ({"stage": "study"}, ["pretrain"], [], ["done", "now", "waiting"]),
        ({"state": "queued", "stage": None}, [], [], ["waiting"] * 3),
        ({"state": "lost", "stage": "study"}, ["pretrain"], [], ["done", "now", "waiting"]),
        ({"state": "failed", "stage": "study"}, ["pretrain"], [], ["done", "failed", "not reached"]),
        ({"state": "failed", "stage": None}, [], [], ["not reached"] * 3),
        ({"state": "cancelled", "stage": "pretrain"}, ["pretrain"], [], ["done", "not reached", "not reached"]),
        ({"state": "cancelled", "stage": "pretrain"}, [], [], ["cancelled", "not reached", "not reached"]),
        ({"state": "succeeded"}, ["pretrain", "study", "project"], ["study"], ["done", "skipped", "done"]),
        ({"state": "succeeded"}, [], [], ["not reached"] * 3),
        ({"state": "succeeded", "recipe": {"stages": []}}, [], [], []),
    ],
)
def test_a_stage_is_ticked_only_where_the_record_says_that_it_ran(changes, finished, skipped, states):
    assert [state for _, state in words.steps_of(run(**changes), finished, skipped)] == states


def test_the_stages_stand_in_the_order_in_which_they_run():
    shuffled = run(recipe={"stages": ["project", "pretrain"]})
    assert [name for name, _ in words.steps_of(shuffled, [], [])] == ["Pretraining", "Maps of the embeddings"]
    assert len(words.stages_of(run(recipe={}))) == 5, "a recipe of before stages were written out"


def test_a_run_that_has_not_finished_says_so_everywhere():
    assert words.banner(run(state="succeeded", **ENDED)) is None
    levels = {state: words.banner(run(state=state, reason="x")) for state in STATES if state != "succeeded"}
    assert {state: level for state, (level, _) in levels.items()} == {
        "queued": "info", "running": "info", "failed": "error", "cancelled": "warning", "lost": "warning"
    }  # fmt: skip
    for state, (_, line) in levels.items():
        assert line.startswith(words.STATE[state])
        told = "may still change" if state in words.LIVE else "was recorded before that"
        assert line.endswith(f"What this page shows {told}.")


@pytest.mark.parametrize(
    ("changes", "stage", "said"),
    [
        ({}, "study", "This run has not come that far."),
        ({"state": "failed"}, "study", "This run ended before that."),
        ({"state": "succeeded"}, "study", "This run recorded nothing of it."),
        ({"state": "failed"}, "attribute", "This run's recipe left this stage out."),
    ],
)
def test_why_there_is_nothing_of_a_stage(changes, stage, said):
    assert words.nothing(run(**changes), stage) == said


def test_fraction_stays_within_zero_and_one():
    assert words.fraction(run()) == pytest.approx(0.3)
    assert words.fraction(run(progress=None)) == 0
    assert words.fraction(run(progress={"done": 5, "total": 4})) == 1


def test_overview_counts_what_is_there():
    assert "empty" in words.overview([], [])
    line = words.overview([run(), run(state="queued"), run(state="succeeded")], [{"name": "a"}])
    assert line == "1 running, 1 waiting; 1 run finished on 1 data set."


def test_of_many_names_the_first_stand_and_the_rest_are_counted():
    assert words.shortened(["a", "b"]) == "a, b"
    assert words.shortened([str(i) for i in range(1_012)], most=3) == "0, 1, 2 and 1,009 more"


def test_runs_that_have_ended_since_are_told_once():
    def job(run, state, **more):
        return {"run": run, "kind": "run", "sweep": None, "state": state, **more}

    jobs = [job("a", "running"), job("b", "queued"), job("t", "running", sweep={"sweep": "s", "number": 1})]
    ended, at_work = words.ended_since(frozenset(), [*jobs, job("old", "succeeded")])
    assert (ended, at_work) == ([], {"a", "b"})
    later = [job("a", "failed"), job("b", "running"), job("t", "succeeded", sweep={"sweep": "s", "number": 1})]
    ended, at_work = words.ended_since(at_work, later)
    assert ([run["run"] for run in ended], at_work) == (["a"], {"b"})
    assert words.ended_since(at_work, later)[0] == []
