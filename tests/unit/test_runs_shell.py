"""`workbench runs label`, `resume` and `compare`: what they say and what they leave in the record."""

from __future__ import annotations

import json
import sys

import pytest

from backend.control.runs.supervisor import Supervisor
from backend.control.service import Service
from backend.interactive import answer
from tests.pages.conftest import add_run, register
from workbench.cli import app, commands


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A workspace with two finished runs and one that failed."""
    root = tmp_path_factory.mktemp("shell") / "ws"
    service = Service.open(root, start_supervisor=False)
    manifest = register(service, n=240)
    for name, state in (("first", "done"), ("second", "done"), ("broken", "failed")):
        add_run(service, manifest, name, title=f"Run {name}", state=state)
    service.close()
    return root


@pytest.fixture
def shell(made, monkeypatch, capsys):
    """shell("runs", "list") -> (exit code, what it printed, what it complained of). No worker is started."""
    monkeypatch.setattr(Supervisor, "_launch", lambda self: None)

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["workbench", *words, "--workspace", str(made)])
        try:
            app.main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
        return (code, *capsys.readouterr())

    return call


def record(root, run, kind):
    service = Service.open(root, start_supervisor=False)
    try:
        return [event["body"] for event in service.events(run, kind)]
    finally:
        service.close()


def test_a_run_is_labelled_and_found_by_its_label(shell, made):
    code, out, _ = shell("runs", "label", "first", "--title", "Larger crops", "--tag", "crops", "--tag", "draft")
    assert (code, out) == (0, "first: Larger crops [crops, draft]\n")
    assert shell("runs", "label", "first", "--note", "Look again", "--archive")[0] == 0
    listed = shell("runs", "list")[1]
    assert "Larger crops" not in listed
    assert "1 more: archived" in listed
    assert "Larger crops" in shell("runs", "list", "--all")[1]
    code, out, _ = shell("runs", "label", "first", "--tag", "", "--note", "", "--unarchive", "--title", "", "--json")
    told = json.loads(out.splitlines()[-1])
    assert (code, told["title"], told["tags"], told["archived"]) == (0, "Run first", [], False)
    assert {"title": "Larger crops", "tags": ["crops", "draft"]} in record(made, "first", "run.labelled")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("label", "first"), "label: expected a title, tags, a note or whether it is archived, found nothing"),
        (("label", "nobody", "--tag", "x"), "nobody"),
        (("label", "first", "--title", "x" * 200), "title: expected"),
        (("resume", "first"), "expected one that failed or was cancelled, found succeeded"),
        (("compare", "first", "first"), "runs: expected two different runs, found first twice"),
        (("compare", "first", "broken"), "run broken: expected one with a finished study, found none"),
    ],
)
def test_what_cannot_be_done_is_one_line(shell, words, line):
    code, _, err = shell("runs", *words)
    assert code == 2
    assert line in err
    assert len(err.strip().splitlines()) == 1


def test_a_run_that_failed_goes_on(shell, made, monkeypatch):
    monkeypatch.setattr(commands, "detach", lambda service, run: {"left": True, **service.run(run)})
    code, out, _ = shell("runs", "resume", "broken", "--detach", "--json")
    told = json.loads(out.splitlines()[-1])
    assert (code, told["state"], told["attempt"]) == (0, "queued", 1)
    assert record(made, "broken", "run.resume_asked") == [{}]


def test_two_runs_are_compared_on_the_same_test_rows(shell, monkeypatch):
    def ask(self, question, timeout=60, actor="local"):
        return answer(question, self.workspace)

    monkeypatch.setattr(Service, "ask", ask)
    code, out, err = shell("runs", "compare", "first", "second", "--json")
    assert (code, err) == (0, "")
    told = json.loads(out.splitlines()[-1])
    assert "difference" in told
    assert len(out.splitlines()) >= 3
