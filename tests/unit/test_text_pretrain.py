"""The stages on text: a masked language model learns, resumes bit for bit, and goes through the study."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from backend.engine.job import Stopped
from backend.stages import pretrain, study
from backend.workspace.events import read_events
from backend.workspace.layout import BadInput


def bodies(job, kind: str) -> list[dict]:
    return [event["body"] for event, _ in read_events(job.folder.events) if event["kind"] == kind]


def test_the_masked_language_model_learns_and_its_features_are_kept(make_text_job):
    job = make_text_job(
        encoder={"name": "modernbert", "width": 32, "layers": 2, "heads": 2},
        train={"epochs": 32, "batch_size": 8, "optimizer": "muon", "lr": 1e-2, "log_every": 2, "knn_every": 40},
    )
    pretrain.run(job)
    losses = [body["loss"] for body in bodies(job, "metrics")]
    words = Counter(" ".join(job.dataset.texts).replace(".", " .").lower().split())
    shares = np.array(list(words.values())) / sum(words.values())
    unigram = -(shares * np.log(shares)).sum()
    assert losses[0] > unigram > np.mean(losses[-5:]), "it reads the context, not only how often words occur"
    assert bodies(job, "tokenizer")[0]["vocabulary"] <= 200
    assert bodies(job, "tokenizer")[0]["unknown"].keys() == {"train", "val"}
    (random, trained) = bodies(job, "features")
    assert random["dim"] == trained["dim"] == 32
    assert bodies(job, "metrics")[0]["tokens_per_s"] > 0


def test_stopped_and_resumed_equals_undisturbed_bit_for_bit(make_text_job):
    def weights(job) -> str:
        found = [e for e, _ in read_events(job.folder.events) if e["kind"] == "encoder"]
        return found[0]["subjects"][0]["sha256"]

    whole = make_text_job("whole")
    pretrain.run(whole)
    parts = make_text_job("parts")
    asked = iter(range(10_000))
    parts.stop.is_set = lambda: next(asked) > 12
    with pytest.raises(Stopped):
        pretrain.run(parts)
    assert 0 < len(bodies(parts, "metrics")) < len(bodies(whole, "metrics"))
    again = make_text_job("parts")
    pretrain.run(again)
    assert weights(again) == weights(whole)


def test_the_study_runs_on_text(make_text_job):
    job = make_text_job()
    pretrain.run(job)
    study.run(job)
    (verdict,) = bodies(job, "study.verdict")
    assert {row["arm"] for row in verdict["table"]} == {"ssl", "scratch_aug", "random", "classical"}
    tfidf = [row for row in verdict["table"] if row["method"] == "tfidf" and row["fraction"] == 1.0]
    assert tfidf[0]["mean"]["value"] > 0.95, "one word decides the label"


def test_texts_shorter_than_one_block_are_refused_in_one_line(make_text_job):
    job = make_text_job(tokenizer={"name": "wordpiece", "vocabulary": 200, "length": 20_000})
    with pytest.raises(BadInput, match=r"tokenizer.length: expected at most the [\d,]+ tokens .* found 20,000"):
        pretrain.run(job)
