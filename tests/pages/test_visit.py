"""One run and one data set for the whole visit: every link of every page carries them, and every page shows them."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest

from workbench.frame import page as parts
from workbench.frame.visit import of

from .conftest import add_run, register

PAGES = (
    "home",
    "data",
    "new_run",
    "sweep",
    "runs",
    "run",
    "study",
    "embeddings",
    "explain",
    "bias",
    "report",
    "audit",
    "people",
)
OF_A_RUN = ("run", "study", "embeddings", "explain", "bias", "report")


def links(app) -> set[tuple[str, str, str]]:
    """(page, run, data set) of every link on the page, the sidebar's among them."""
    found = set()
    for one in app.get("page_link"):
        query = parse_qs(one.proto.query_string)
        found.add((one.proto.page or "home", query.get("run", [""])[0], query.get("dataset", [""])[0]))
    return found


def picked(app, what: str = "run") -> str | None:
    return app.selectbox(key=f"pick_{what}").value


def walk(app, page: str, **query: str):
    """Follow a link: the same visit, another page, and nothing in the address but what the link says."""
    for name in list(app.query_params):
        del app.query_params[name]
    for name, value in query.items():
        app.query_params[name] = value
    app.switch_page(f"../pages/{page}.py").run()
    assert not app.exception, [e.value for e in app.exception]
    return app


def test_every_link_of_every_page_keeps_the_run_and_leads_to_it(trained, open_page):
    """`done` is the oldest of six runs: a page that shows another one shows the newest."""
    trained.catalogue()  # made once a workspace, and not within a page's time
    app, todo, seen = open_page("run", run="done"), [("run", "done", "bars")], set()
    while todo:
        page, run, data = todo.pop()
        if (page, run) in seen:
            continue
        seen.add((page, run))
        walk(app, page, run=run, dataset=data)
        if page in OF_A_RUN:
            assert picked(app) == run, page
        assert (app.query_params["run"], app.query_params["dataset"]) == (run, data)
        leaving = {link for link in links(app) if link[1] != run}
        assert not leaving or page == "home", (page, leaving)  # Home alone names other runs
        assert {name for name, *_ in links(app)} >= set(PAGES)
        todo += [link for link in links(app) if link[1] == run or page == "home"] if run == "done" else []
    assert {page for page, run in seen if run == "done"} == set(PAGES)
    assert ("run", "failed") in seen


def says(app) -> str:
    return "\n".join(
        part.value for part in (*app.title, *app.header, *app.markdown, *app.error, *app.warning, *app.info)
    )


@pytest.mark.parametrize(
    ("run", "said", "pages"),
    [
        ("cancelled", "Cancelled after ", (*OF_A_RUN, "home")),
        ("failed", "the disk is full.", ("study", "report")),
        ("running", "Running: pretraining, 60 of 120 steps", ("study", "report")),
        ("queued", "Queued: it starts as soon as a device is free.", ("study", "report")),
    ],
)
def test_a_run_that_has_not_finished_says_so_on_every_page(trained, open_page, run, said, pages):
    app = open_page("run", run=run)
    for page in pages:
        assert said in says(walk(app, page, run=run)), page
        assert not app.success, "nothing is green"


@pytest.mark.parametrize("page", OF_A_RUN)
def test_a_run_that_is_unknown_is_one_line_and_no_other_run(trained, open_page, page):
    app = open_page(page, run="gone")
    assert [e.value for e in app.error] == ["run: expected one of this workspace, found 'gone'"]
    assert picked(app) is None
    assert not app.title
    assert not any("gone" in link for link in links(app))


def test_a_data_job_is_no_run_to_look_at(trained, open_page):
    assert "found 'data-bars', which is a job of the kind 'data'" in open_page("run", run="data-bars").error[0].value


def test_an_address_without_a_run_is_about_the_run_of_the_visit_and_then_says_so(trained, open_page):
    app = open_page("study", run="done")
    assert picked(walk(app, "bias")) == "done"
    assert app.query_params["run"] == "done"
    assert picked(open_page("run")) == "cancelled", "a new visit begins with the newest"


def test_what_is_picked_goes_into_the_address_and_along(trained, open_page):
    app = open_page("run", run="done")
    app.selectbox(key="pick_run").set_value("failed").run()
    assert app.query_params["run"] == "failed"
    assert "the disk is full" in app.title[0].value
    assert {run for _, run, _ in links(app)} == {"failed"}
    assert picked(walk(app, "study")) == "failed"
    assert picked(walk(app, "run", run="done")) == "done", "Back: the address decides"


def test_two_tabs_are_two_visits(trained, open_page):
    first, second = open_page("run", run="done"), open_page("run", run="failed")
    assert (picked(first.run()), picked(second.run())) == ("done", "failed")


def test_a_choice_on_one_runs_page_says_nothing_of_another_run(trained, nothing, open_page):
    manifest = register(nothing)
    for name in ("first", "second"):
        add_run(nothing, manifest, name, state="done")
    app = open_page("bias", run="first")
    key = of("first", "attribute")
    other = next(one for one in app.selectbox(key=key).options if one != app.selectbox(key=key).value)
    start = app.selectbox(key=key).value
    app.selectbox(key=key).set_value(other).run()
    app.selectbox(key="pick_run").set_value("second").run()
    assert app.selectbox(key=of("second", "attribute")).value == start


@pytest.fixture
def both(nothing, _trained, monkeypatch):
    """Two data sets, `bars` and then `twins`; a run on each, the one on the twins newer."""
    monkeypatch.setattr(nothing, "catalogue", _trained.catalogue)
    add_run(nothing, register(nothing), "first", state="done")
    add_run(nothing, register(nothing, name="twins"), "second", state="done")
    return nothing


def test_a_run_brings_its_data_set_and_a_picked_one_stays(both, open_page):
    app = open_page("home")
    assert ("run", "first", "bars") in links(app)
    assert picked(walk(app, "run", run="first", dataset="bars")) == "first"
    assert picked(walk(app, "data"), "dataset") == "bars"
    app.selectbox(key="pick_dataset").set_value("twins").run()
    assert app.query_params["dataset"] == "twins"
    assert "240 images in 3 splits" in app.title[0].value
    assert picked(walk(app, "new_run"), "dataset") == "twins"
    app = walk(app, "embeddings", run="first", dataset="twins")
    assert picked(app) == "first", "a run is shown with its own data, whatever else the address names"
    assert not app.error
    app.selectbox(key="pick_run").set_value("second").run()
    assert app.query_params["dataset"] == "twins"


@pytest.mark.parametrize("page", ["data", "new_run"])
def test_a_data_set_that_is_unknown_is_one_line(both, open_page, page):
    app = open_page(page, dataset="gone")
    assert "expected a registered one (bars, twins), found 'gone'" in app.error[0].value
    assert picked(app, "dataset") is None
    assert not [b for b in app.button if b.key == "submit"]


def test_runs_of_one_title_are_told_apart(nothing, open_page):
    manifest = register(nothing)
    for name in ("first", "second"):
        add_run(nothing, manifest, name, title="The same", state="done")
    options = open_page("run").selectbox(key="pick_run").options
    assert options == ["The same · bars · second · finished", "The same · bars · first · finished"]


def test_the_ledger_leads_to_what_shows_a_job_and_nowhere_where_nothing_does(monkeypatch):
    led = []
    monkeypatch.setattr(parts, "link", lambda name, label, **query: led.append((name, query)))
    for kind, state in (("run", "failed"), ("data", "succeeded"), ("data", "failed"), ("interactive", "running")):
        parts.link_to({"kind": kind, "state": state, "run": "r", "dataset": "d"})
    assert led == [("run", {"run": "r"}), ("data", {"dataset": "d"})]
