"""The stage on made-up predictions: which events it writes, that a resumed run repeats none, why it skips."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from backend.engine.job import Stopped
from backend.stages.audit_bias import run
from backend.workspace.events import read_events
from backend.workspace.layout import BadInput

QUICK = {"min_group": 5, "resamples": 200, "permutations": 200}


def predict(job, arm: str, seeds: tuple[int, int], wrong: float, worse_for: str | None = None) -> None:
    """Write a `predictions` event: right but for a share `wrong`, three times that for one group of sex."""
    table = job.dataset.table
    rng = np.random.default_rng([*seeds, len(arm)])
    share = np.where(table["sex"] == worse_for, 3 * wrong, wrong)
    flip = rng.random(len(table)) < share
    score = np.clip(np.abs(table["label"] - 0.2 - rng.random(len(table)) * 0.2), 0, 1)
    score = np.where(flip, 1 - score, score)
    frame = table.assign(p_0=1 - score, p_1=score, predicted=(score > 0.5).astype(int))
    frame = frame.loc[frame["split"] != "train", ["row", "split", "label", "predicted", "p_0", "p_1"]]
    subject = job.artefacts.put_table(f"predictions/{arm}", pa.Table.from_pandas(frame, preserve_index=False))
    body = {"arm": arm, "fraction": 1.0, "subset_seed": seeds[0], "pretrain_seed": seeds[1]}
    job.events.append("predictions", body, [subject], key=f"{arm}/1.0/{seeds[0]}/{seeds[1]}")


def of_kind(job, kind: str) -> dict[str, dict]:
    return {e["key"]: e["body"] for e, _ in read_events(job.folder.events) if e["kind"] == kind}


@pytest.fixture
def audited(make_job):
    job = make_job(fairness={**QUICK, "sensitive": ["sex"]})
    for seeds in [(0, 0), (0, 1), (1, 0), (1, 1)]:
        predict(job, "ssl", seeds, 0.05, worse_for="male")
        predict(job, "scratch_aug", seeds, 0.05)
    run(job)
    return job


def test_writes_one_event_an_arm_and_attribute_and_one_contrast_an_attribute(make_job):
    job = make_job(fairness=QUICK)
    predict(job, "ssl", (0, 0), 0.1)
    predict(job, "scratch_aug", (0, 0), 0.1)
    run(job)
    attributes = ["sex", "age", "sex x age"]
    assert set(of_kind(job, "fairness")) == {f"{arm}/{a}" for arm in ("ssl", "scratch_aug") for a in attributes}
    assert set(of_kind(job, "fairness.contrast")) == set(attributes)
    assert set(of_kind(job, "fairness.amplification")) == set(attributes)
    notes = of_kind(job, "fairness.contrast")["sex"]["notes"]
    assert notes[1] == "Only one label subset and one pretraining seed: the interval does not speak for others."


def test_group_table_counts_the_test_rows(audited):
    table = audited.dataset.table.query("split == 'test'")
    body = of_kind(audited, "fairness")["ssl/sex"]
    assert {g["group"]: g["n"] for g in body["groups"]} == table["sex"].value_counts().to_dict()
    assert {g["group"]: g["n_positive"] for g in body["groups"]} == table.groupby("sex")["label"].sum().to_dict()
    assert body["positive"] == "upright"


def test_a_resumed_run_repeats_no_event(audited):
    before = audited.folder.events.read_bytes()
    run(audited)
    assert audited.folder.events.read_bytes() == before


def test_groups_below_the_minimum_are_shown_and_not_tested(make_job):
    job = make_job(fairness={**QUICK, "min_group": 25, "sensitive": ["sex", "age"]})
    predict(job, "ssl", (0, 0), 0.1)
    run(job)
    body = of_kind(job, "fairness")["ssl/sex x age"]
    assert len(body["groups"]) == 6
    assert not any(g["enough"] for g in body["groups"])
    assert body["gaps"]["accuracy"]["p"] is None
    assert any("Too few to say" in note for note in body["notes"])


def test_every_number_is_json(audited):
    for line in audited.folder.events.read_text().splitlines():
        json.loads(line, parse_constant=pytest.fail)


def test_says_why_it_was_skipped_without_predictions(make_job):
    job = make_job(fairness=QUICK)
    run(job)
    assert of_kind(job, "stage.skipped")["audit_bias"]["reason"].startswith("no predictions")


def test_says_why_it_was_skipped_without_sensitive_attributes(make_job):
    job = make_job(fairness=QUICK)
    job.dataset.manifest["sensitive"] = []
    run(job)
    assert of_kind(job, "stage.skipped")["audit_bias"]["reason"] == "no sensitive attribute"


def test_an_unknown_attribute_is_one_line(make_job):
    job = make_job(fairness={**QUICK, "sensitive": ["income"]})
    with pytest.raises(BadInput, match=r"fairness.sensitive: expected one of sex, age .* found 'income'"):
        run(job)


def test_stops_when_asked(make_job):
    job = make_job(fairness=QUICK)
    predict(job, "ssl", (0, 0), 0.1)
    job.stop.set()
    with pytest.raises(Stopped):
        run(job)
