"""Search by text: nearest rows in the encoder's space, and what the question refuses."""

from __future__ import annotations

import numpy as np
import pytest

from backend.questions.embed_text import answer
from backend.stages import pretrain
from backend.workspace.events import read_events
from backend.workspace.layout import BadInput


@pytest.fixture
def question(make_text_job, workspace):
    """What to ask of an encoder that was hardly trained."""
    job = make_text_job(train={"epochs": 1, "batch_size": 8}, collapse={"every": 1000})
    pretrain.run(job)
    found = {(e["kind"], e["key"]): e for e, _ in read_events(job.folder.events)}

    def digest(kind: str, key: str) -> str:
        return found[kind, key]["subjects"][0]["sha256"]

    asked = {
        "kind": "embed_text",
        "encoder": digest("encoder", "pretrain/0"),
        "tokenizer": digest("tokenizer", "tokenizer"),
        "features": digest("features", "pretrain/0"),
        "texts": [job.dataset.texts[11], job.dataset.texts[70]],
        "k": 5,
    }
    return asked, job


def test_a_text_of_the_data_finds_itself_first_and_the_rest_by_falling_cosine(question, workspace):
    asked, job = question
    found = answer(asked, workspace)["result"]
    texts = job.dataset.texts
    for text, rows, cosine, tokens in zip(asked["texts"], found["rows"], found["cosine"], found["tokens"], strict=True):
        assert texts[rows[0]] == text
        assert cosine[0] == pytest.approx(1, abs=1e-5)
        assert cosine == sorted(cosine, reverse=True)
        assert len(rows) == 5
        assert 3 < tokens <= 24
    features = job.artefacts.array(asked["features"], "features").astype(float)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    rows = found["rows"][0]
    assert found["cosine"][0] == pytest.approx(features[rows] @ features[11], abs=1e-5)


WRONG = [
    ({"texts": []}, "question.texts"),
    ({"texts": ["x"] * 33}, "question.texts"),
    ({"texts": ["  "]}, "question.texts"),
    ({"k": 0}, "question.k"),
    ({"features": "0" * 64}, "question.features"),
    ({"features": "../etc"}, "question.features"),
    ({"tokenizer": "0" * 64}, "question.tokenizer"),
]


def test_wrong_questions_are_one_line(question, workspace):
    asked, _ = question
    for changed, says in WRONG:
        with pytest.raises(BadInput, match=says) as caught:
            answer(asked | changed, workspace)
        assert "\n" not in str(caught.value)
