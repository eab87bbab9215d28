"""What people say of runs: folded from their events, kept over a restart, the note erasable; and what runs came to."""

import pytest

from backend.control.runs import runs as run_rows
from backend.control.service import NotFound, Service
from backend.workspace.layout import BadInput


@pytest.fixture
def service(workspace):
    service = Service.open(workspace.root, start_supervisor=False)
    for run in ("r1", "r2"):
        job = {"recipe": {"title": "As it was asked for"}}
        service.store.write(
            lambda tx, run=run, job=job: run_rows.create(tx, run, "run", job["recipe"]["title"], "bars", job, "ann")
        )
    yield service
    service.close()


def said(service, run="r1"):
    found = service.run(run)
    return found["title"], found["tags"], found["archived"], service.labels.notes().get(run)


def test_what_is_said_of_a_run_counts_until_it_is_said_otherwise(service):
    assert said(service) == ("As it was asked for", [], False, None)
    shown = service.labels.set("r1", title=" Larger crops ", tags=["crops", "draft", "crops"], actor="ann")
    assert (shown["title"], shown["tags"]) == ("Larger crops", ["crops", "draft"])
    service.labels.set("r1", note="Scan of Jane Roe\nagain", archived=True)
    service.labels.set("r1", tags=[])
    assert said(service) == ("Larger crops", [], True, "Scan of Jane Roe\nagain")
    service.labels.set("r1", title="", note="", archived=False)
    assert said(service) == ("As it was asked for", [], False, None)
    assert service.run("r1")["recipe"]["title"] == "As it was asked for"
    assert said(service, "r2")[1:] == ([], False, None)
    assert [event["actor"] for event in service.events("r1", "run.labelled")] == ["ann", "local", "local", "local"]


def test_a_restart_knows_what_was_said(service, workspace):
    service.labels.set("r1", title="Larger crops", tags=["crops"], note="Look again", archived=True)
    before = said(service)
    service.close()
    again = Service.open(workspace.root, start_supervisor=False)
    assert said(again) == before
    assert again.verify()["ok"]
    again.close()


def test_a_note_can_be_erased(service):
    service.labels.set("r1", note="Jane Roe", tags=["kept"])
    service.trail.redact(service.latest("r1", "run.labelled")["leaf"], "asked to")
    assert said(service) == ("As it was asked for", ["kept"], False, None)
    assert b"Jane Roe" not in service.workspace.database.read_bytes()


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({}, "label: expected a title, tags, a note or whether it is archived, found nothing"),
        ({"title": "x" * 121}, "title: expected 0 to 120 printable characters, found 121"),
        ({"tags": "draft"}, "tags: expected a list of them, found str"),
        ({"tags": [" "]}, "tag: expected 1 to 40 printable characters, found 0"),
        ({"tags": [3]}, "tag: expected 1 to 40 printable characters, found int"),
        ({"tags": [str(n) for n in range(21)]}, "tags: expected at most 20 of a run, found 21"),
        ({"note": "\x1b[2J"}, "note: expected 0 to 2,000 printable characters"),
    ],
)
def test_what_cannot_be_said_is_one_line(service, wrong, line):
    with pytest.raises(BadInput, match=line):
        service.labels.set("r1", **wrong)
    assert service.events("r1", "run.labelled") == []


def test_a_run_must_be_there(service):
    with pytest.raises(NotFound):
        service.labels.set("nope", title="x")
    service.store.write(lambda tx: run_rows.create(tx, "data-1", "data", "Register bars", "bars", {}, "ann"))
    with pytest.raises(BadInput, match="expected a training run, found a job of the kind 'data'"):
        service.labels.set("data-1", title="x")


def test_results_are_read_once_and_the_newest_counts(service):
    def tell(run, value, decision):
        entry = {"arm": "ssl", "method": "linear", "fraction": 0.1, "n_labels": 10, "best": True}
        estimate = {"value": value, "low": value - 0.1, "high": value + 0.1}
        headline = {"fraction": 0.1, "decision": decision, "difference": estimate}
        table = [{**entry, "mean": estimate}, {**entry, "arm": "scratch_aug", "mean": {**estimate, "value": 0.0}}]
        body = {"metric": "accuracy", "table": table, "headline": headline, "best_method": "linear", "quick": True}
        service.store.write(lambda tx: tx.log("study.verdict", body, actor="worker", run=run, seq=0))

    assert service.results.of_all() == {}
    tell("r1", 0.5, "gain")
    found = service.results.of_all()
    assert found["r1"]["reached"]["mean"]["value"] == 0.5
    assert found["r1"]["headline"]["decision"] == "gain"
    assert "table" not in found["r1"]
    tell("r2", 0.6, "loss")
    tell("r1", 0.7, "loss")
    assert {run: one["reached"]["mean"]["value"] for run, one in service.results.of_all().items()} == {
        "r1": 0.7,
        "r2": 0.6,
    }
