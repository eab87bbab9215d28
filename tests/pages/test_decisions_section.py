"""The study page's part on decisions: verdict, curves, other costs, and why a run has none."""

from __future__ import annotations

import pytest

from backend.control.runs import runs as run_rows
from backend.recipe import Recipe
from backend.workspace.events import EventLog
from workbench.documents.chapters.decide import chapter
from workbench.frame import session
from workbench.verdicts import run as run_words

from . import loop
from .conftest import finish, register
from .loop.deciding import decide
from .test_study_page import texts


@pytest.fixture(scope="module")
def decided(tmp_path_factory):
    """A service with one run that went through the study and the decisions."""
    from backend.control.service import Service

    service = Service.open(tmp_path_factory.mktemp("decided") / "ws", start_supervisor=False)
    manifest = register(service)
    begin(service, manifest, "done", lambda log, table: decide(log, service.artefacts, rows=500, subsets=3))
    begin(service, manifest, "skipped", lambda log, table: log.append(
        "stage.skipped", {"stage": "decide", "reason": "the test split has only rows of one kind"}, key="decide"
    ))  # fmt: skip
    yield service
    service.close()


def begin(service, manifest, name, tell) -> None:
    stages = ["pretrain", "study", "decide"]
    recipe = Recipe.model_validate({"title": name, "data": {"name": "bars"}, "stages": stages}).model_dump(mode="json")
    job = {"recipe": recipe, "dataset": manifest}
    service.store.write(lambda tx: run_rows.create(tx, name, "run", name, "bars", job, "local"))
    service.store.write(lambda tx: run_rows.move(tx, name, "running"))
    log = EventLog(service.workspace.run(name).events)
    table = service.artefacts.table(manifest["table"]["sha256"]).to_pandas()
    loop.begin(log, recipe, manifest)
    loop.stage(log, "study", loop.study, service.artefacts, table)
    tell(log, table)
    loop.end(log)
    finish(service, log, name)


def test_the_section_answers_and_shows_its_evidence(decided, open_page):
    session.use(decided)
    app = open_page("study", run="done")
    said = texts(app)
    assert "At 10 % labels and the same alert budget (5 % of the rows) pretraining finds" in said
    assert "Thresholds and calibration were fixed on 400 validation rows (24 positive)" in said
    assert "Stated costs (EUR): 200 for a missed positive row" in said
    assert len(app.get("plotly_chart")) == 5


def test_other_costs_move_the_threshold_and_nothing_else_is_read(decided, open_page):
    session.use(decided)
    app = open_page("study", run="done")
    field = next(f for f in app.text_input if "false alarm" in f.label)
    field.set_value("50").run()
    assert "an alert pays from a calibrated probability of 22.0 % on; the nearest one on the curve is" in texts(app)
    field.set_value("fifty").run()
    assert "A false alarm: expected a number from 0 to 1" in texts(app)
    assert len(app.get("plotly_chart")) == 4, "the curve of costs waits for a number"


def test_a_run_without_decisions_says_why(decided, open_page):
    session.use(decided)
    app = open_page("study", run="skipped")
    assert "Decisions and costs: the test split has only rows of one kind." in texts(app)
    assert len(app.get("plotly_chart")) == 2


def test_the_shell_and_the_report_say_it_too(decided):
    from backend.audit.sections import decide as facts
    from backend.audit.sections._source import Source

    assert any("the same alert budget" in line for line in run_words.sentences(decided, "done"))
    found = facts.collect(Source(decided, decided.run("done")))
    assert {cite["kind"] for cite in found["cites"]} == {"decide.plan", "decide.verdict"}
    printed = chapter(found["facts"], decided)
    assert "the same alert budget" in printed.verdict
    assert len(printed.figures) == 3
    assert all(figure().data for figure in printed.figures)
    left = facts.collect(Source(decided, decided.run("skipped")))
    assert "only rows of one kind" in left["gaps"][0]
