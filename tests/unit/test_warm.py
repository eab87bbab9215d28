"""The warm worker: it answers, says what is wrong with a question, and is replaced when it dies or hangs."""

import json
import os
import signal
import sys
import time

import pytest

from backend.control.runs.interactive_worker import NotAnswered, Warm
from backend.control.runs.supervisor import Supervisor
from backend.workspace.layout import BadInput

# Answers like backend.interactive, without the seconds that importing torch takes.
ECHO = """
import json, sys, time
print("a line that belongs in the log", file=sys.stderr, flush=True)
for line in sys.stdin:
    request = json.loads(line)
    how = request["question"]["kind"]
    if how == "sleep": time.sleep(60)
    if how == "die": sys.exit(3)
    reply = {"error": "rows: expected 0 to 9, found 12", "input": True} if how == "wrong" else {"answer": {"said": how}}
    print(json.dumps({"id": request["id"], **reply}), flush=True)
"""


@pytest.fixture
def warm(store, workspace):
    warm = Warm(store, workspace, "cpu", (sys.executable, "-c", ECHO))
    yield warm
    warm.close()


def ask(warm, kind, timeout=20.0):
    return warm.ask({"kind": kind}, timeout, "ann")


def states(store):
    return [run.state for run in store.board.runs() if run.kind == "interactive"]


def test_one_process_answers_many_questions(warm, store):
    assert ask(warm, "one") == {"said": "one"}
    pid = warm._process.pid
    assert ask(warm, "two") == {"said": "two"}
    assert warm._process.pid == pid
    assert states(store) == ["running"]


def test_a_wrong_question_is_the_persons_line_and_the_process_lives(warm):
    with pytest.raises(BadInput, match="expected 0 to 9, found 12") as caught:
        ask(warm, "wrong")
    assert not isinstance(caught.value, NotAnswered)
    assert ask(warm, "one")
    with pytest.raises(BadInput, match=r"question\.x: expected a finite number, found nan"):
        warm.ask({"kind": "one", "x": float("nan")}, 5, "ann")


def test_one_that_hangs_is_ended_and_replaced(warm, store):
    ask(warm, "one")
    process = warm._process
    with pytest.raises(NotAnswered, match=r"within 0.3 s, found none"):
        ask(warm, "sleep", timeout=0.3)
    assert process.returncode == -signal.SIGKILL
    assert ask(warm, "two") == {"said": "two"}
    assert states(store) == ["succeeded", "running"]


@pytest.mark.parametrize("how", ["by itself", "killed while it waits"])
def test_one_that_dies_is_replaced(warm, how):
    ask(warm, "one")
    if how == "by itself":
        with pytest.raises(NotAnswered, match="a line that belongs in the log"):
            ask(warm, "die")
    else:
        os.kill(warm._process.pid, signal.SIGKILL)
        warm._process.wait()
    assert ask(warm, "two") == {"said": "two"}


def test_it_ends_with_the_server(warm, store):
    ask(warm, "one")
    process = warm._process
    warm.close()
    assert process.returncode == 0
    assert states(store) == ["succeeded"]


def test_the_supervisor_notes_the_death_of_one_that_a_killed_server_left(warm, store, workspace):
    ask(warm, "one")
    process, warm._process = warm._process, None
    process.stdin.close()
    process.wait()
    Supervisor(store, workspace, launcher=None, devices=[]).tick()
    assert states(store) == ["succeeded"]


def test_the_real_one_predicts_and_its_answer_is_an_event(store, workspace, dataset):
    from backend.engine.weights import build_classifier, build_encoder, make_spec, save_classifier
    from backend.recipe import Choice
    from backend.workspace.artefacts import Artefacts

    spec = make_spec(Choice(name="convnet", width=8), dataset.manifest)
    classifier = build_classifier(spec, build_encoder(spec, seed=0))
    sha256 = save_classifier(Artefacts(workspace.artefacts), "classifier/ssl", classifier, spec).sha256
    warm = Warm(store, workspace, "cpu")
    question = {"kind": "predict", "classifier": sha256, "dataset": dataset.manifest, "rows": [3, 1]}
    try:
        answer = warm.ask(question, 120, "ann")
        began = time.perf_counter()
        with pytest.raises(BadInput, match=r"question\.kind"):
            warm.ask({"kind": "nonsense"}, 120, "ann")
        assert time.perf_counter() - began < 2
    finally:
        warm.close()
    assert answer["result"]["rows"] == [3, 1]
    rows = store.rows("SELECT kind, actor, body FROM ledger WHERE seq IS NOT NULL ORDER BY leaf")
    assert [row["kind"] for row in rows] == ["run.started", "answer", "run.finished"]
    body = json.loads(rows[1]["body"])
    assert (body["actor"], body["question"]["rows"]) == ("ann", [3, 1])
    assert body["question"]["dataset"] == {"name": "bars", "digest": dataset.manifest["digest"]}
    assert body["result"] == json.loads(json.dumps(answer["result"]))
