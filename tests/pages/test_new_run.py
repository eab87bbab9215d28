"""A new run: forms from the catalogue, errors beside the button, a recipe that the service takes."""

import tomllib

import pytest

from backend.recipe import resolve
from workbench import recipes
from workbench.verdicts import labels


@pytest.fixture
def submitted(trained, monkeypatch):
    """What the page submits; the shared workspace gets no run."""
    taken = []
    trained.catalogue()  # made once a workspace, and not within a page's time

    def submit(recipe, actor="local"):
        taken.append(resolve(recipe, trained.catalogue()))
        return "done"

    monkeypatch.setattr(trained, "submit", submit)
    return taken


def test_empty_leads_to_data(nothing, open_page):
    app = open_page("new_run")
    assert "No data set" in app.info[0].value
    assert not [b for b in app.button if b.key == "submit"]


def test_the_defaults_are_a_recipe_that_the_service_takes(submitted, open_page):
    app = open_page("new_run")
    app.button(key="submit").click().run()
    assert not app.exception
    assert submitted[0].data.name == "bars"
    assert submitted[0].pretext.name == "simclr"
    assert "audit_bias" in submitted[0].stages


def test_what_is_chosen_is_what_is_submitted_and_previewed(submitted, open_page):
    app = open_page("new_run")
    prefix = "bars/Sensible defaults"
    app.selectbox(key=f"{prefix}.pretext.name").select("vicreg").run()
    app.text_input(key=f"{prefix}.train.epochs").set_value("3").run()
    preview = tomllib.loads(app.code[0].value)
    assert preview["pretext"]["name"] == "vicreg"
    app.button(key="submit").click().run()
    assert submitted[0].pretext.name == "vicreg"
    assert submitted[0].train.epochs == 3


def test_a_wrong_value_is_one_line_beside_the_button(submitted, open_page):
    app = open_page("new_run")
    app.text_input(key="bars/Sensible defaults.finetune.fractions").set_value("0.1, lots").run()
    app.button(key="submit").click().run()
    assert app.error[0].value == "Fractions: expected a number, found 'lots'"
    assert "\n" not in app.error[0].value
    assert not submitted


def test_a_field_that_was_mended_starts_the_run_once(submitted, open_page):
    app = open_page("new_run")
    field = "bars/Sensible defaults.train.lr"
    app.text_input(key=field).set_value("1e9").run()
    app.button(key="submit").click().run()
    assert app.error[0].value == "Learning rate: expected a number above 0 and at most 10, found '1e9'"
    app.text_input(key=field).set_value("0,01").run()
    assert not app.error
    app.button(key="submit").click().run()
    assert [one.train.lr for one in submitted] == [0.01]
    app.switch_page("../pages/new_run.py").run()
    assert app.text_input(key=field).value == "0,01", "what was typed stays"
    assert "submit 1" in {button.key for button in app.button}, "a second click of before belongs to no button"


def test_what_a_former_run_was_limited_to_stands_in_the_form(submitted, trained, open_page, monkeypatch):
    told = [{**run, "recipe": {**run["recipe"], "data": {"name": "bars", "max_train": 64}}} for run in trained.runs()]
    monkeypatch.setattr(trained, "runs", lambda: told)
    app = open_page("new_run")
    start = next(option for option in app.selectbox(key="start of bars").options if "Bars, done" in option)
    app.selectbox(key="start of bars").select(start).run()
    assert app.text_input(key=f"bars/{start}.data.max_train").value == "64"
    app.text_input(key=f"bars/{start}.data.max_train").set_value("").run()
    app.button(key="submit").click().run()
    assert submitted[0].data.max_train is None


def markdown_of(app) -> str:
    return "\n".join(part.value for part in app.markdown)


def test_before_the_start_it_says_that_no_pilot_is_known_and_what_happens(submitted, open_page):
    app = open_page("new_run")
    assert "What the study will be able to see" in markdown_of(app)
    assert "not known yet: no earlier study on this data had a pilot" in markdown_of(app)
    assert "It fits every model on five label subsets" in markdown_of(app)
    prefix = "bars/Sensible defaults.finetune"
    app.text_input(key=f"{prefix}.precision").set_value("0.02").run()
    assert "A pilot of five label subsets decides" in markdown_of(app)
    app.text_input(key=f"{prefix}.minutes").set_value("ten").run()
    assert "What the study will be able to see" not in markdown_of(app), "a field that cannot be read"
    app.multiselect(key="bars/Sensible defaults.stages").set_value(["pretrain"]).run()
    app.text_input(key=f"{prefix}.minutes").set_value("10").run()
    assert "What the study will be able to see" not in markdown_of(app), "no study"


def test_before_the_start_it_says_what_the_study_can_see_by_a_pilot(submitted, trained, open_page, monkeypatch):
    runs = [{**run, "recipe": {**run["recipe"], "finetune": {"precision": 0.02}}} for run in trained.runs()]
    monkeypatch.setattr(trained, "runs", lambda: runs)
    places = "ssl/linear/0.2", "scratch_aug/end_to_end/0.2"
    spread = {"first": places[0], "second": places[1], "of_subset": 0.0009, "fixed": [[1e-5, 59]]}
    plan = {"precision": 0.02, "spreads": [spread], "cost": dict.fromkeys(places, 9.0)}
    told = {"study.plan": plan, "study.started": {"metric": "accuracy", "pretrain_seeds": 3}}
    looked = trained.latest

    def latest(run, kind, key=None):
        if run == "done" and kind in told:
            return {"body": told[kind], "time": "2026-01-01T10:00:00Z"}
        return looked(run, kind, key)

    monkeypatch.setattr(trained, "latest", latest)
    app = open_page("new_run")
    assert "With five label subsets: differences from 4.9 points on" in markdown_of(app)
    prefix = "bars/Sensible defaults.finetune"
    app.text_input(key=f"{prefix}.precision").set_value("0.02").run()
    app.text_input(key=f"{prefix}.minutes").set_value("10").run()
    assert "With 10 minutes: differences from 2.7 points on at 20 %" in markdown_of(app)
    assert "points on at 20 % of the labels" in markdown_of(app)
    assert "From the pilot of Bars, done (done)" in markdown_of(app)


def test_before_the_start_it_says_what_the_run_will_take(submitted, open_page):
    """The finished run of the workspace had two methods of a study: it speaks for those."""
    app = open_page("new_run")
    assert "## What it will take" in markdown_of(app)
    assert "then 255 models on 15 label subsets (three label fractions), 45 of them" in markdown_of(app)
    assert "Speed measured in Bars, done (done) on this machine" in markdown_of(app)
    app.multiselect(key="bars/Sensible defaults.stages").set_value(["pretrain"]).run()
    assert "models on" not in markdown_of(app)
    app.text_input(key="bars/Sensible defaults.train.batch_size").set_value("many").run()
    assert "What it will take" not in markdown_of(app), "a field that cannot be read"


def test_a_former_run_is_a_start(submitted, open_page):
    app = open_page("new_run")
    start = next(option for option in app.selectbox(key="start of bars").options if "Bars, done" in option)
    app.selectbox(key="start of bars").select(start).run()
    assert app.text_input(key=f"bars/{start}.title").value == "Bars, done"
    app.button(key="submit").click().run()
    assert submitted[0].title == "Bars, done"


@pytest.fixture
def submitted_text(trained_text, monkeypatch):
    """The same on texts."""
    taken = []
    trained_text.catalogue()

    def submit(recipe, actor="local"):
        taken.append(resolve(recipe, trained_text.catalogue(), kind="text"))
        return "done"

    monkeypatch.setattr(trained_text, "submit", submit)
    return taken


def test_the_defaults_for_text_are_a_recipe_that_the_service_takes(submitted_text, open_page):
    app = open_page("new_run")
    prefix = "reviews/Sensible defaults"
    assert set(app.multiselect(key=f"{prefix}.finetune.baselines").options) == {
        "supervised training from scratch",
        "a probe on a random encoder",
        "TF-IDF with logistic regression",
        "a probe on the frozen reference model",
    }
    app.button(key="submit").click().run()
    assert not app.exception
    assert not app.error, [e.value for e in app.error]
    recipe = submitted_text[0]
    assert (recipe.pretext.name, recipe.encoder.name, recipe.tokenizer.name) == ("mlm", "bert", "wordpiece")
    assert recipe.train.batch_size == 32
    assert recipe.finetune.baselines == ["scratch_aug", "random", "classical"]


def test_a_pretrained_encoder_comes_with_its_own_tokenizer(submitted_text, open_page):
    app = open_page("new_run")
    app.selectbox(key="reviews/Sensible defaults.encoder.bert+modernbert+pretrained.name").select("pretrained").run()
    preview = tomllib.loads(app.code[0].value)
    assert preview["tokenizer"]["name"] == "own"


def test_a_former_run_on_text_is_a_start_for_texts(submitted_text, open_page):
    app = open_page("new_run")
    start = next(option for option in app.selectbox(key="start of reviews").options if "Reviews, done" in option)
    app.selectbox(key="start of reviews").select(start).run()
    app.button(key="submit").click().run()
    assert submitted_text[0].title == "Reviews, done"


def test_a_start_fits_the_kind_of_data():
    told = {"kind": "run", "title": ""}
    runs = [
        told | {"run": "a", "modality": "text", "recipe": {"pretext": {"name": "mlm"}, "tokenizer": None}},
        told | {"run": "b", "modality": "image", "recipe": {"pretext": {"name": "simclr"}, "tokenizer": None}},
        told | {"run": "c", "modality": "text", "recipe": {"tokenizer": {"name": "bpe"}}},
    ]
    text, image = (recipes.starts(runs, kind) for kind in ("text", "image"))
    assert [label for label in text if label.startswith("Run")] == ["Run: a (a)", "Run: c (c)"]
    assert [label for label in image if label.startswith("Run")] == ["Run: b (b)"]
    assert not text.keys() & image.keys() - {"Sensible defaults"}


def test_without_the_extra_for_texts_the_page_says_so_and_offers_no_form(trained_text, open_page, monkeypatch):
    from backend.workspace import extras

    monkeypatch.setattr(extras, "_there", lambda module: False)
    page = open_page("new_run")
    assert "A run on texts: expected the extra 'language'" in page.error[0].value
    assert "Start the run" not in [button.label for button in page.button]


@pytest.mark.parametrize(
    ("refused", "shown"),
    [
        ("recipe: train.lr: expected a number above 0, found -1", "Training: learning rate: expected a number above 0"),
        ("recipe: finetune.fractions, entry 2: expected", "Study: fractions, entry 2: expected"),
        ("recipe: pretext.name: expected simclr, found x", "Pretext task: expected"),
        ("recipe: stages: expected at least one", "Stages: expected at least one"),
        ("data set: expected a registered one", "data set: expected a registered one"),
    ],
)
def test_a_refusal_is_said_with_the_forms_own_words(refused, shown):
    assert labels.refusal(refused).startswith(shown)
