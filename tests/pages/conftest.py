"""Pages in their four states, on a real service: run folders are written as a worker would, then ingested.

    nothing        a service on an empty workspace
    trained        a service whose workspace holds one data set ("bars") and the runs of STATES; read it only
    trained_text   the same with texts ("reviews") and the runs of TEXT_STATES
    open_page      open_page("run", run="done") -> AppTest of that page after its first run

The supervisor is not started, so nothing here runs a worker.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from backend.control.record.ingest import ingest
from backend.control.runs import runs as run_rows
from backend.control.runs.states import ENDED
from backend.control.service import Service
from backend.data.dataset import Dataset
from backend.recipe import DEFAULTS, Recipe, over
from backend.workspace.events import EventLog, read_events
from tests.conftest import files_of, make_dataset, make_texts
from tests.pages import loop
from workbench.frame import session

UI = Path(session.__file__).parents[1] / "ui.py"
STATES = ("done", "collapsed", "running", "queued", "failed", "cancelled")
TEXT_STATES = ("done", "running")


@pytest.fixture
def open_page():
    """open_page(name, **query) -> AppTest after its first run; fails on an uncaught exception."""

    def opened(name: str, **query: str) -> AppTest:
        app = AppTest.from_file(str(UI), default_timeout=30)
        for key, value in query.items():
            app.query_params[key] = value
        if name != "home":  # which is what the script opens by itself; the others' addresses are their files' names
            app.switch_page(f"../pages/{name}.py")
        app.run()
        assert not app.exception, [e.value for e in app.exception]
        return app

    return opened


@pytest.fixture
def nothing(tmp_path):
    """A service on an empty workspace."""
    service = Service.open(tmp_path / "ws", start_supervisor=False)
    session.use(service)
    yield service
    service.close()


@contextmanager
def told_runs(folder: Path, registered: Callable[[Service], dict[str, Any]], states: Iterable[str]):
    """A service on a workspace of its own, with one data set and a run in each of the states."""
    service = Service.open(folder / "ws", start_supervisor=False)
    manifest = registered(service)
    for name in states:
        add_run(service, manifest, name)
    yield service
    service.close()


@pytest.fixture(scope="session")
def _trained(tmp_path_factory):
    with told_runs(tmp_path_factory.mktemp("trained"), register, STATES) as service:
        yield service


@pytest.fixture
def trained(_trained):
    """The shared workspace with one run in every state; `done` went through every stage."""
    session.use(_trained)
    return _trained


@pytest.fixture(scope="session")
def _trained_text(tmp_path_factory):
    with told_runs(tmp_path_factory.mktemp("trained-text"), register_texts, TEXT_STATES) as service:
        yield service


@pytest.fixture
def trained_text(_trained_text):
    """The shared workspace of texts; `done` went through every stage."""
    session.use(_trained_text)
    return _trained_text


@pytest.fixture
def answered_here(monkeypatch):
    """answered_here(service): the warm worker's answers come from this process; `service.asked` holds the questions."""

    def use(service: Service) -> Service:
        from backend.interactive import answer

        service.asked = []

        def ask(question: dict[str, Any], timeout: float = 60, actor: str = "local") -> dict[str, Any]:
            service.asked.append(question)
            found = answer(question, service.workspace)
            return {**found, "subjects": [s.as_dict() for s in found["subjects"]], "id": "x/1", "seconds": 0.1}

        monkeypatch.setattr(service, "ask", ask)
        session.use(service)
        return service

    return use


def register(service: Service, n: int = 240, size: int = 16, name: str = "bars") -> dict[str, Any]:
    """Put the tiny data set into the workspace as a data job would; returns its manifest."""
    made = make_dataset(service.artefacts, n=n, size=size)
    return _register(service, Dataset(made.manifest | {"name": name}, service.artefacts), loop.SHEET, f"{name}.npz")


def register_texts(service: Service) -> dict[str, Any]:
    """The tiny texts likewise."""
    return _register(service, make_texts(service.artefacts), loop.text.SHEET_OF_TEXT, "reviews.csv")


def _register(service: Service, dataset: Dataset, told: dict[str, Any], path: str) -> dict[str, Any]:
    sheet = service.artefacts.put_json("sheet", told)
    manifest = {**dataset.manifest, "sheet": {"sha256": sheet.sha256}}
    name, run = manifest["name"], f"data-{manifest['name']}"
    job = {"spec": {"name": name, "kind": manifest["kind"], "path": path}}
    service.store.write(lambda tx: run_rows.create(tx, run, "data", f"Register {name}", name, job, "local"))
    log = EventLog(service.workspace.run(run).events)
    log.append("data.registered", manifest, files_of(manifest, service.artefacts), key="registered")
    loop.end(log)
    finish(service, log, run)
    return manifest


def add_run(
    service: Service, manifest: dict[str, Any], name: str, title: str | None = None, state: str | None = None
) -> None:
    """A run of that name, in that state (or in another, when `state` says so)."""
    kind, data = manifest["kind"], manifest["name"]
    named = {"title": title or f"{data.capitalize()}, {name}", "data": {"name": data}}
    recipe = Recipe.model_validate(over(DEFAULTS[kind], named)).model_dump(mode="json")
    job = {"recipe": recipe, "dataset": manifest}
    service.store.write(lambda tx: run_rows.create(tx, name, "run", recipe["title"], data, job, "local"))
    folder = service.workspace.run(name)
    log = EventLog(folder.events)
    folder.log.write_text(f"worker of {name}\nlast line of the log\n")
    state = state or name
    if state == "queued":
        log.close()
        return
    service.store.write(lambda tx: run_rows.move(tx, name, "running"))
    loop.begin(log, recipe, manifest)
    tell = tell_text if kind == "text" else tell_images
    tell(service, log, manifest, state)
    if state in ("done", "collapsed"):
        loop.end(log)
    if state == "failed":
        body = {"reason": "the disk is full", "where": "stage pretrain", "input": False}
        log.append("run.failed", body, key="end/0")
    if state == "cancelled":
        log.append("run.cancelled", {"reason": "asked for by local"}, key="end/0")
    if state == "running":
        heartbeat(folder)
    finish(service, log, name)


def tell_images(service: Service, log: EventLog, manifest: dict[str, Any], state: str) -> None:
    """The stages that a run in this state has been through."""
    artefacts, rows = service.artefacts, manifest["count"]
    if state in ("done", "collapsed"):
        loop.stage(log, "pretrain", loop.pretrain, artefacts, rows, state == "collapsed")
    else:
        log.append("stage.started", {"stage": "pretrain"}, key="pretrain")
        loop.pretrain(log, artefacts, rows, steps=60)
    if state == "done":
        table = artefacts.table(manifest["table"]["sha256"]).to_pandas()
        loop.stage(log, "study", loop.study, artefacts, table)
        loop.stage(log, "project", loop.project, artefacts, table)
        loop.stage(log, "attribute", loop.attribute, artefacts, list(range(180, 196)))
        loop.stage(log, "audit_bias", loop.audit_bias)


def tell_text(service: Service, log: EventLog, manifest: dict[str, Any], state: str) -> None:
    artefacts, rows = service.artefacts, manifest["count"]
    log.append("stage.started", {"stage": "pretrain"}, key="pretrain")
    loop.text.tokenizer(log, artefacts)
    loop.pretrain(log, artefacts, rows, steps=120 if state == "done" else 60, unit="tokens")
    if state != "done":
        return
    loop.text.language(log)
    log.append("stage.finished", {"stage": "pretrain", "seconds": 12.0}, key="pretrain")
    table = artefacts.table(manifest["table"]["sha256"]).to_pandas()
    loop.stage(log, "study", loop.study, artefacts, table, loop.text.ARMS)
    loop.stage(log, "project", loop.project, artefacts, table)
    loop.text.clusters(log, artefacts, table)
    loop.stage(log, "audit_bias", loop.audit_bias, {"sex": ["female", "male"]}, "good")
    loop.stage(log, "probe_bias", loop.probe_bias, artefacts)


def heartbeat(folder: Any) -> None:
    now = {"stage": "pretrain", "done": 60, "total": 120, "unit": "steps", "note": "", "eta_s": 65.0}
    folder.heartbeat.write_text(json.dumps({"pid": os.getpid(), "started": 0.0, "time": time.time(), **now}))


def finish(service: Service, log: EventLog, name: str) -> None:
    """Take in what the run's worker said. What is added to a run that has ended goes straight into the ledger, as if it
    had been said before: a server would take nothing of it.
    """
    log.close()
    run, folder = service.store.board.run(name), service.workspace.run(name)
    if run.state not in ENDED:
        ingest(service.store, folder)
        return
    more = [event for event, _ in read_events(folder.events) if event["seq"] >= run.next_seq]
    service.store.write(lambda tx: [tx.log(**event, actor="worker", run=name) for event in more])
