"""The explain page on texts: highlighted words, typed sentences, and the prompt of a causal model."""

from __future__ import annotations

import pytest
import torch

from backend.control.runs import runs as run_rows
from backend.control.service import Service
from backend.data.dataset import Dataset
from backend.engine.job import Job
from backend.engine.weights import build_classifier, build_encoder, save_classifier, save_encoder, text_spec
from backend.recipe import Choice, Recipe
from backend.registry import catalogue, plugin
from backend.stages import attribute
from backend.workspace.events import EventLog
from workbench.modality.text import explain as component

from .conftest import finish, register_texts

METHODS = ["layer_integrated_gradients", "token_occlusion", "attention"]


def tell(service: Service, manifest: dict, run: str, encoder: str, pretext: str, methods: list[str]) -> None:
    """A run whose stage `attribute` really ran on an untrained classifier; without methods only its encoder is told."""
    params = {"width": 16, "layers": 1, "heads": 2}
    recipe = Recipe.model_validate(
        {
            "title": run,
            "data": {"name": manifest["name"]},
            "pretext": {"name": pretext},
            "encoder": {"name": encoder, **params},
            "attribution": {"methods": methods, "examples": 4},
        }
    )
    job_row = {"recipe": recipe.model_dump(mode="json"), "dataset": manifest}
    service.store.write(lambda tx: run_rows.create(tx, run, "run", run, manifest["name"], job_row, "local"))
    folder, dataset = service.workspace.run(run), Dataset(manifest, service.artefacts)
    log = EventLog(folder.events)
    kind = plugin("tokenizers", "bpe" if pretext == "clm" else "wordpiece")
    tokenizer = kind.call(kind.params(vocabulary=300, length=24), [dataset.texts], recipe.encoder)
    saved = service.artefacts.put_json("tokenizer", tokenizer.as_dict())
    kind = plugin("encoders", encoder)
    built = kind.call(kind.params(**params), tokenizer.vocabulary)
    spec = text_spec(Choice(name=encoder, **params), built, saved.sha256, dataset.classes)
    stored = save_encoder(service.artefacts, "encoder/ssl/0", built, spec)
    log.append("encoder", {"seed": 0}, [stored], key="pretrain/0")
    if methods:
        model = build_classifier(spec, build_encoder(spec, 0))
        torch.manual_seed(0)
        model.head.reset_parameters()
        stored = save_classifier(service.artefacts, "classifier/ssl", model, spec)
        log.append("classifier", {"arm": "ssl", "fraction": 1.0}, [stored], key="ssl/1.0")
        attribute.run(Job(folder, recipe, dataset, "cpu", log, service.artefacts))
    log.append("run.finished", {"seconds": 1.0}, key="end")
    finish(service, log, run)


@pytest.fixture(scope="module")
def _told(tmp_path_factory):
    service = Service.open(tmp_path_factory.mktemp("told") / "ws", start_supervisor=False)
    manifest = register_texts(service)
    tell(service, manifest, "masked", "bert", "mlm", METHODS)
    tell(service, manifest, "causal", "gpt2", "clm", [])
    yield service
    service.close()


@pytest.fixture
def told(_told, answered_here):
    return answered_here(_told)


def said(app) -> str:
    return "\n".join(e.value for e in [*app.title, *app.header, *app.caption, *app.info, *app.error, *app.warning])


def html(app) -> str:
    return "".join(element.proto.body for element in app.get("html"))


def test_the_examples_are_highlighted_and_the_tests_say_which_methods_pass(told, open_page):
    app = open_page("explain", run="masked")
    assert "pass" in app.title[0].value
    assert "maps" not in said(app)
    assert html(app).count('class="wb-box"') == 4
    assert html(app).count('class="wb-text"') == 4, "one method at first"
    assert "title=" in html(app)
    (table,) = app.dataframe
    assert list(table.value["Method"]) == [
        "Layer Integrated Gradients",
        "Word occlusion",
        "Attention (for comparison)",
        "Random scores (control)",
        "Rarity of the word (control)",
    ]
    assert told.asked == []


def test_methods_stand_below_one_another_and_attention_says_what_it_is_not(told, open_page):
    app = open_page("explain", run="masked")
    assert "not an explanation" not in said(app)
    app.pills(key="methods of ssl of masked").set_value(METHODS).run()
    assert not app.exception
    assert "Attention is not an explanation" in said(app)
    assert html(app).count('class="wb-text"') == 12


def test_a_typed_sentence_is_explained_by_the_warm_worker_once(told, open_page):
    app = open_page("explain", run="masked")
    app.segmented_control(key="source of masked").set_value("A text of yours").run()
    app.text_area(key="typed text of masked").set_value("A <b>splendid</b> film")
    next(b for b in app.button if b.label == "Explain it").click().run()
    assert not app.exception
    assert "Your text: no label, predicted" in html(app)
    assert "<b>" not in html(app)
    app.run()
    assert [q["texts"] for q in told.asked] == [["A <b>splendid</b> film"]]
    assert told.asked[0]["methods"] == METHODS


def test_another_row_is_explained_with_its_label(told, open_page):
    app = open_page("explain", run="masked")
    app.segmented_control(key="source of masked").set_value("Another row").run()
    app.text_input(key="other row of masked").set_value("7").run()
    assert not app.exception
    assert "Row 7:" in html(app)
    assert [q["rows"] for q in told.asked] == [[7]]


def test_offensive_texts_are_blurred(told, open_page, monkeypatch):
    assert "<details" not in html(open_page("explain", run="masked"))
    monkeypatch.setattr(component, "holds_slur", lambda text: True)
    assert html(open_page("explain", run="masked")).count("<details") == 4


def test_a_causal_run_explains_its_continuation(told, open_page):
    app = open_page("explain", run="causal")
    app.text_input(key="prompt of causal").set_value("She saw the")
    next(b for b in app.button if b.label == "Explain it").click().run()
    assert not app.exception
    assert "probability" in html(app)
    assert "makes the token likelier" in html(app)
    assert told.asked[0]["kind"] == "attribute_generation"
    assert told.asked[0]["target"] is None


def test_every_method_can_be_chosen_in_a_recipe_of_text():
    assert {n for n, entry in catalogue()["attribution"].items() if "text" in entry["kinds"]} == set(METHODS)
