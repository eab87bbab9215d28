"""The stage: an event an arm and probe, its control, what is skipped and why, stopping and going on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from backend.engine.job import Stopped
from backend.stages import pretrain, probe_bias, study
from backend.workspace.events import read_events
from tests.unit.test_probe_sets import crows

METHODS = ["crows_pairs", "winobias", "counterfactual", "leakage"]


def found(job, kind: str) -> dict[str, dict]:
    return {e["key"]: e for e, _ in read_events(job.folder.events) if e["kind"] == kind}


@pytest.fixture
def folder(tmp_path):
    sets = tmp_path / "sets"
    sets.mkdir()
    frame = crows()
    frame["sent_more"] = [f"he saw the film and found it dull {row}" for row in frame["sent_more"]]
    frame["sent_less"] = [f"she saw the film and found it dull {row}" for row in frame["sent_less"]]
    frame.to_parquet(sets / "crows_pairs.parquet")
    return sets


def test_every_probe_beside_its_control_and_nothing_twice(make_text_job, folder):
    probes = {"methods": METHODS, "folder": str(folder), "items": 20, "permutations": 200}
    study_of_one = {"fractions": [1.0], "subset_seeds": 1, "pretrain_seeds": 1, "max_steps": 4}
    study_of_one |= {"methods": ["lpft"], "baselines": ["scratch_aug"]}
    job = make_text_job(probes=probes, finetune=study_of_one)
    pretrain.run(job)
    study.run(job)
    asked = iter(range(10_000))
    job.stop.is_set = lambda: next(asked) > 6
    with pytest.raises(Stopped):
        probe_bias.run(job)
    job.stop.is_set = lambda: False
    probe_bias.run(job)
    made, skipped = found(job, "probe"), found(job, "probe.skipped")
    assert set(made) == {
        "ssl/crows_pairs", "random/crows_pairs", "ssl/counterfactual", "scratch_aug/counterfactual", "ssl/leakage",
        "random/leakage",
    }  # fmt: skip
    assert set(skipped) == {"ssl/winobias", "random/winobias"}
    assert "get it from" in skipped["ssl/winobias"]["body"]["reason"]
    body = made["ssl/crows_pairs"]["body"]
    assert body["n"] <= 20 < body["of"]
    assert body["fluency"]["tokens"] > 0
    table = job.artefacts.table(made["ssl/crows_pairs"]["subjects"][0]["sha256"])
    assert {"category", "a", "b", "score", "hit"} <= set(table.column_names)
    assert made["ssl/leakage"]["body"]["fluency"] is None
    before = sum(1 for _ in read_events(job.folder.events))
    probe_bias.run(job)
    assert sum(1 for _ in read_events(job.folder.events)) == before


def test_without_a_pretrained_encoder_the_stage_says_so(make_text_job):
    job = make_text_job()
    probe_bias.run(job)
    assert "no pretrained encoder" in found(job, "stage.skipped")["probe_bias"]["body"]["reason"]


def test_the_items_with_the_largest_scores_are_kept(monkeypatch):
    monkeypatch.setattr(probe_bias, "KEPT", 3)
    items = pd.DataFrame({"score": [0.1, np.nan, -0.4, 0.0, 0.4, -0.9], "at": range(6)})
    assert probe_bias.kept(items)["at"].tolist() == [5, 2, 4], "by absolute value, the first of equals first"
