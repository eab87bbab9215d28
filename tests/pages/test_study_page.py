"""The study page in its states: the verdict of a finished run, and what it says before there is one."""

from __future__ import annotations

import pytest

from backend.control.runs import runs as run_rows
from backend.recipe import Recipe
from backend.workspace.events import EventLog

from .conftest import finish


def texts(app) -> str:
    parts = [*app.title, *app.header, *app.caption, *app.markdown, *app.info, *app.warning, *app.error]
    return "\n".join(p.value for p in parts).replace("\\", "")


def test_done_answers_first_and_shows_its_evidence(trained, open_page):
    app = open_page("study", run="done")
    assert app.caption[0].value == "Did pretraining help?"
    assert app.title[0].value.startswith("Do without pretraining: at 10 % labels 2.0 points")
    assert "No significant gain at 10 % labels: +3.0 points" in texts(app)
    assert "This is a quick study, of these pretrainings only." in app.title[0].value
    assert len(app.get("plotly_chart")) == 2
    assert "read once: 2026-01-01 10:00:30 UTC" in texts(app)
    assert "The headline fraction was fixed beforehand: 10 % of the labels" in texts(app)
    assert "All labels are one subset: at 100 % its place is taken by training seeds" in texts(app)
    assert "The recipe left out a classical model on pixels, so the strongest rival may be missing." in texts(app)
    assert "Pretraining at its best against the strongest model without it" in texts(app)
    table = app.dataframe[0].value
    assert list(table["Decision"]) == ["gain", "no significant difference", "no significant difference"]


def test_empty_workspace_says_what_to_do(nothing, open_page):
    assert "No run yet." in texts(open_page("study"))


@pytest.mark.parametrize(("run", "said"), [("running", "not come that far"), ("failed", "the disk is full")])
def test_unfinished_runs_say_why_there_is_no_verdict(trained, open_page, run, said):
    app = open_page("study", run=run)
    assert said in texts(app)
    assert not app.get("plotly_chart")


def test_a_run_without_labels_says_why(nothing, open_page):
    recipe = Recipe.model_validate({"title": "bare", "data": {"name": "bars"}}).model_dump(mode="json")
    job = {"recipe": recipe, "dataset": {}}
    nothing.store.write(lambda tx: run_rows.create(tx, "bare", "run", "bare", "bars", job, "local"))
    log = EventLog(nothing.workspace.run("bare").events)
    log.append("stage.skipped", {"stage": "study", "reason": "the data set has no labels"}, key="study")
    log.append("run.finished", {"seconds": 1.0}, key="end")
    finish(nothing, log, "bare")
    assert "Nothing was studied: the data set has no labels." in texts(open_page("study", run="bare"))
