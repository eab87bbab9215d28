"""Minutes instead of epochs: the steps are timed once, logged, and the same after a resumption."""

from __future__ import annotations

import time

import pytest

from backend.stages import pretrain
from backend.workspace.events import read_events
from backend.workspace.layout import BadInput

TRAIN = {"minutes": 0.04, "batch_size": 32, "checkpoint_every": 10_000, "knn_every": 0}
SECTIONS = {
    "encoder": {"name": "convnet", "width": 4},
    "augment": {"name": "digits"},
    "finetune": {"pretrain_seeds": 2},
    "stages": ["pretrain"],
    "train": TRAIN,
}


def told(job, kind: str) -> list[dict]:
    return [event["body"] for event, _ in read_events(job.folder.events) if event["kind"] == kind]


def test_pretraining_takes_about_the_minutes_that_were_given(make_job):
    job, begun = make_job("timed", **SECTIONS), time.monotonic()
    pretrain.run(job)
    took = time.monotonic() - begun
    (timed,) = told(job, "pretrain.timed")
    made = told(job, "encoder")
    assert [one["steps"] for one in made] == [timed["steps"]] * 2
    assert timed["steps"] > 20
    assert timed["steps"] * timed["seconds_per_step"] * 2 == pytest.approx(0.04 * 60 * 0.95, rel=0.05)
    assert took < 60, "the clock of the steps is far off"


def test_the_clock_is_asked_once(make_job, monkeypatch):
    job = make_job("again", **SECTIONS)
    body = {"minutes": 0.04, "seconds_per_step": 0.1, "steps": 7, "per_epoch": 3}
    job.events.append("pretrain.timed", body, key="pretrain", durable=True)
    monkeypatch.setattr("backend.stages._budget._timed", lambda *_: pytest.fail("timed twice"))
    pretrain.run(job)
    assert [one["steps"] for one in told(job, "encoder")] == [7, 7]


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"max_steps": 5}])
def test_minutes_and_a_count_of_steps_exclude_each_other(wrong):
    from backend.recipe import checked_sections

    with pytest.raises(BadInput, match=r"train: expected minutes without epochs = 0 and max_steps"):
        checked_sections({"data": {"name": "d"}, "train": {"minutes": 1, **wrong}})
