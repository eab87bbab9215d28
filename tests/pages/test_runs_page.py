"""The page Runs: the list in its states, labels, a rerun, resuming, comparing."""

from __future__ import annotations

import time
from statistics import median

import pytest

from backend.control.runs import runs as run_rows
from backend.recipe import DEFAULTS, Recipe, over
from tests.pages.conftest import add_run, register
from workbench.frame import session


@pytest.fixture
def own(nothing):
    """A workspace of its own with a finished run and one that failed, for what writes."""
    manifest = register(nothing, n=40)
    for name in ("failed", "running"):
        add_run(nothing, manifest, name)
    return nothing


def table(app):
    return app.dataframe[0].value


def test_empty_leads_to_a_new_run(nothing, open_page):
    app = open_page("runs")
    assert app.title[0].value == "No run yet."


def test_every_run_is_a_line_with_what_it_came_to(trained, open_page):
    app = open_page("runs")
    assert app.title[0].value.startswith("6 runs; 2 finished, 1 with an answer")
    found = table(app).set_index("Run")
    assert set(found["State"]) == {"Finished", "Running", "Queued", "Failed", "Cancelled"}
    assert found.loc["Bars, done", "Result on test"] == pytest.approx(72.0)
    assert found.loc["Bars, done", "Measured"] == "accuracy at 10 % labels"
    assert found.loc["Bars, queued", "Result on test"] is None or found["Result on test"].isna()["Bars, queued"]


def test_filters_stand_in_the_address(trained, open_page):
    app = open_page("runs", q="collapsed")
    assert list(table(app)["Run"]) == ["Bars, collapsed"]
    app = open_page("runs", state="Failed")
    assert list(table(app)["Run"]) == ["Bars, failed"]
    app.text_input(key="q").set_value("nothing like it").run()
    assert "No run passes these filters." in app.info[0].value


def test_a_run_is_renamed_tagged_annotated_and_put_away(own, open_page):
    app = open_page("runs", runs="failed")
    app.text_input(key="title of failed").set_value("Larger crops")
    app.multiselect(key="tags of failed").set_value(["draft"])
    app.text_area(key="note of failed").set_value("Look again")
    next(button for button in app.button if button.label == "Save").click().run()
    assert not app.exception
    shown = own.run("failed")
    assert (shown["title"], shown["tags"], own.labels.notes()) == ("Larger crops", ["draft"], {"failed": "Look again"})
    assert len(own.events("failed", "run.labelled")) == 1
    assert "Larger crops" in list(table(app)["Run"])
    app.checkbox(key="away of failed").check()
    next(button for button in app.button if button.label == "Save").click().run()
    assert "Larger crops" not in list(table(app)["Run"])
    assert own.run("failed")["archived"]
    app = open_page("runs", archived="true")
    assert "Larger crops" in list(table(app)["Run"])


def test_what_failed_is_resumed_and_shown(own, open_page):
    app = open_page("runs", runs="failed")
    next(button for button in app.button if button.label == "Resume").click().run()
    assert not app.exception
    assert own.run("failed")["state"] == "queued"
    assert "Queued again (attempt 2)" in app.title[0].value  # the page of the run, which it leads to


def test_a_rerun_opens_new_run_with_that_recipe(trained, open_page):
    app = open_page("new_run", dataset="bars", start="done")
    assert app.selectbox(key="start of bars").value == "Run: Bars, done (done)"


def test_runs_are_compared(trained, open_page, answered_here):
    service = answered_here(trained)
    app = open_page("runs", runs="done,collapsed")
    assert len(app.get("plotly_chart")) == 1
    assert any("the same recipe" in m.value for m in app.markdown)
    app.button(key="test_runs").click().run()
    assert "Bars, collapsed: run collapsed: expected one with a finished study" in app.warning[0].value
    assert service.asked == []


def test_a_reader_sees_and_changes_nothing(own, open_page, monkeypatch):
    from backend.control.people.permissions import Caller
    from workbench.frame import login

    reader = Caller("vera", "viewer")
    monkeypatch.setattr(login, "signed_in", lambda: reader)
    session.use(own, lambda: reader)
    app = open_page("runs", runs="failed")
    assert all(button.disabled for button in app.button if button.label in ("Save", "Resume"))


def test_two_hundred_runs_are_drawn_within_a_second_of_work(nothing, open_page):
    """What the server works for a page; what the browser adds is measured by tests/benchmarks/pages.py."""
    register(nothing, n=40)
    recipe = Recipe.model_validate(over(DEFAULTS["image"], {"data": {"name": "bars"}})).model_dump(mode="json")

    def many(tx):
        for n in range(200):
            run_rows.create(tx, f"run-{n:03d}", "run", f"Trial {n}", "bars", {"recipe": recipe}, "local")
            run_rows.move(tx, f"run-{n:03d}", "failed" if n % 2 else "cancelled", "for a test")

    nothing.store.write(many)
    found = {}
    for page in ("home", "runs", "run", "new_run"):
        app, took = open_page(page), []
        for _ in range(3):
            start = time.process_time()
            app.run()
            took.append(time.process_time() - start)
        assert not app.exception
        found[page] = round(median(took), 2)
    assert max(found.values()) < 1, found
