"""The explain page on real explanations of an untrained classifier, and in the states without any."""

from __future__ import annotations

import pytest
import torch

from backend.control.runs import runs as run_rows
from backend.control.service import Service
from backend.data.dataset import Dataset
from backend.engine.job import Job
from backend.engine.weights import Classifier, build_encoder, make_spec, save_classifier
from backend.recipe import Choice, Recipe
from backend.stages import attribute
from backend.workspace.events import EventLog

from .conftest import finish, register

METHODS = ["integrated_gradients", "layer_gradcam"]


def explain(service: Service, manifest: dict, run: str, with_classifier: bool) -> None:
    """A run whose stage `attribute` really ran."""
    sections = {"attribution": {"methods": METHODS, "examples": 4}}
    recipe = Recipe.model_validate({"title": run, "data": {"name": "bars"}, **sections})
    job_row = {"recipe": recipe.model_dump(mode="json"), "dataset": manifest}
    service.store.write(lambda tx: run_rows.create(tx, run, "run", run, "bars", job_row, "local"))
    folder = service.workspace.run(run)
    log = EventLog(folder.events)
    dataset = Dataset(manifest, service.artefacts)
    if with_classifier:
        spec = make_spec(Choice(name="convnet", width=4), manifest)
        encoder = build_encoder(spec, 0)
        torch.manual_seed(0)
        model = Classifier(encoder, torch.nn.Linear(encoder.dim, 2))
        stored = save_classifier(service.artefacts, "classifier/ssl", model, spec)
        log.append("classifier", {"arm": "ssl", "fraction": 1.0}, [stored], key="ssl/1.0")
    attribute.run(Job(folder, recipe, dataset, "cpu", log, service.artefacts))
    log.append("run.finished", {"seconds": 1.0}, key="end")
    finish(service, log, run)


@pytest.fixture(scope="module")
def _explained(tmp_path_factory):
    service = Service.open(tmp_path_factory.mktemp("explained") / "ws", start_supervisor=False)
    manifest = register(service)
    explain(service, manifest, "explained", with_classifier=True)
    explain(service, manifest, "bare", with_classifier=False)
    service.save_selection("explained", "two bars", [3, 5], {})
    yield service
    service.close()


@pytest.fixture
def explained(_explained, answered_here):
    return answered_here(_explained)


def texts(app) -> str:
    found = [*app.title, *app.header, *app.caption, *app.info, *app.error, *app.warning]
    return "\n".join(e.value for e in found)


def test_without_a_run_it_says_what_to_do_next(nothing, open_page):
    assert "No run yet" in texts(open_page("explain"))


@pytest.mark.parametrize(("run", "says"), [("running", "not come that far"), ("failed", "the disk is full")])
def test_a_run_that_has_not_come_that_far_says_so(trained, open_page, run, says):
    assert says in texts(open_page("explain", run=run))


def test_a_run_without_a_classifier_says_why_there_is_nothing(explained, open_page):
    assert "no classifier to explain" in texts(open_page("explain", run="bare"))


def test_the_headline_is_the_verdict_and_the_maps_stand_beside_their_controls(explained, open_page):
    app = open_page("explain", run="explained")
    assert "pass" in app.title[0].value
    assert "completeness error" in texts(app)
    (table,) = app.dataframe
    assert list(table.value["Map"]) == [
        "Integrated Gradients",
        "Layer Grad-CAM",
        "Random map (control)",
        "Input copy (control)",
    ]
    assert list(table.value["Passes"][2:]) == ["no", "no"]
    assert explained.asked == []


def test_a_thumbnail_chooses_its_example(explained, open_page):
    app = open_page("explain", run="explained")
    app.button(key="row_2").click().run()
    assert not app.exception
    assert app.selectbox(key="example of explained").value == 2


def test_another_row_is_explained_by_the_warm_worker_once(explained, open_page):
    app = open_page("explain", run="explained")
    app.segmented_control(key="source of explained").set_value("Another row").run()
    app.text_input(key="other row of explained").set_value("7").run()
    assert not app.exception
    assert "Row 7" in texts(app)
    app.run()
    assert [q["rows"] for q in explained.asked] == [[7]]
    assert explained.asked[0]["methods"] == METHODS


def test_a_saved_selection_can_be_explained(explained, open_page):
    app = open_page("explain", run="explained")
    app.segmented_control(key="source of explained").set_value("Saved selection").run()
    app.button(key="ask_selection").click().run()
    assert not app.exception
    assert [q["rows"] for q in explained.asked] == [[3, 5]]
    assert "Row 5" in texts(app)


def test_a_question_that_fails_is_one_line(explained, open_page, monkeypatch):
    from backend.workspace.layout import BadInput

    def refuse(*_args, **_kwargs):
        raise BadInput("question: expected an answer within 120 s, found none")

    monkeypatch.setattr(explained, "ask", refuse)
    app = open_page("explain", run="explained")
    app.segmented_control(key="source of explained").set_value("Another row").run()
    app.text_input(key="other row of explained").set_value("8").run()
    assert not app.exception
    assert "within 120 s" in app.error[0].value


def test_a_finished_run_counts_what_is_not_certified(trained, open_page):
    said = texts(open_page("explain", run="done"))
    assert "1 of 16 maps is not certified" in said
    assert "lies on the planted sign" in said
