"""A new run: forms from the catalogue, errors beside the button, a recipe that the service takes."""

import tomllib

import pytest

from backend.recipe import resolve


@pytest.fixture
def submitted(trained, monkeypatch):
    """What the page submits; the shared workspace gets no run."""
    recipes = []

    def submit(recipe, actor="local"):
        recipes.append(resolve(recipe, trained.catalogue()))
        return "done"

    monkeypatch.setattr(trained, "submit", submit)
    return recipes


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
    app.number_input(key=f"{prefix}.train.epochs").set_value(3).run()
    preview = tomllib.loads(app.code[0].value)
    assert preview["pretext"]["name"] == "vicreg"
    app.button(key="submit").click().run()
    assert submitted[0].pretext.name == "vicreg"
    assert submitted[0].train.epochs == 3


def test_a_wrong_value_is_one_line_beside_the_button(submitted, open_page):
    app = open_page("new_run")
    app.text_input(key="bars/Sensible defaults.finetune.fractions").set_value("0.1, lots").run()
    app.button(key="submit").click().run()
    assert "finetune.fractions" in app.error[0].value
    assert "\n" not in app.error[0].value
    assert not submitted


def test_a_former_run_is_a_start(submitted, open_page):
    app = open_page("new_run")
    start = next(option for option in app.selectbox(key="start").options if "Bars, done" in option)
    app.selectbox(key="start").select(start).run()
    assert app.text_input(key=f"bars/{start}.title").value == "Bars, done"
    app.button(key="submit").click().run()
    assert submitted[0].title == "Bars, done"
