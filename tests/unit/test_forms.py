"""JSON Schema -> widgets, and recipes as TOML."""

import tomllib
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field
from streamlit.testing.v1 import AppTest

from backend.recipe import Finetune, Recipe, Train
from backend.registry import Strict
from backend.workspace.layout import BadInput
from workbench import recipes
from workbench.frame import fields, forms
from workbench.frame.numbers import Range


class Params(Strict):
    width: int = Field(32, ge=4, le=512, description="Channels of the first layer")
    temperature: float = Field(0.2, gt=0, le=1)
    loss: Literal["nt_xent", "dcl"] = "dcl"
    symmetric: bool = True
    limit: int | None = Field(None, ge=8)
    note: str = ""


def by_name(model):
    return {f.name: f for f in forms.fields(model.model_json_schema())}


def test_every_kind_of_property_is_read():
    found = by_name(Params)
    assert {n: f.kind for n, f in found.items()} == {
        "width": "integer",
        "temperature": "number",
        "loss": "choice",
        "symmetric": "boolean",
        "limit": "integer",
        "note": "text",
    }
    assert (found["width"].taken, found["width"].default) == (Range(4, 512, whole=True), 32)
    assert found["temperature"].taken == Range(0, 1, above=True)
    assert found["width"].help == "Channels of the first layer"
    assert found["loss"].options == ("nt_xent", "dcl")
    assert found["limit"].optional
    assert found["limit"].taken == Range(8, whole=True)


def test_lists_become_choices_or_numbers():
    found = by_name(Finetune)
    assert found["fractions"].kind == "numbers"
    assert found["baselines"].options == ("scratch_aug", "scratch_plain", "random", "classical", "reference")
    given_methods = forms.fields(Finetune.model_json_schema(), {"methods": ("knn", "linear")}, only=("methods",))
    assert given_methods[0].options == ("knn", "linear")


def test_a_form_gives_back_the_defaults_that_the_schema_states():
    def app():
        import streamlit as st

        from backend.recipe import Finetune, Train
        from workbench.frame import forms

        st.session_state["train"] = forms.form(forms.fields(Train.model_json_schema()), "train")
        choices = {"methods": ("knn", "linear", "lpft")}
        st.session_state["study"] = forms.form(forms.fields(Finetune.model_json_schema(), choices), "study")

    at = AppTest.from_function(app, default_timeout=20).run()
    assert not at.exception
    assert Train(**at.session_state["train"]) == Train()
    assert Finetune(**at.session_state["study"]) == Finetune()


def test_an_optional_number_left_empty_is_left_out():
    def app():
        import streamlit as st

        from backend.recipe import Data
        from workbench.frame import forms

        st.session_state["data"] = forms.form(forms.fields(Data.model_json_schema(), only=("max_train",)), "data")

    at = AppTest.from_function(app, default_timeout=20).run()
    assert at.session_state["data"] == {}
    at.text_input[0].set_value("64").run()
    assert at.session_state["data"] == {"max_train": 64}
    at.text_input[0].set_value("7").run()
    told = at.session_state["data"]["max_train"].line
    assert told == "Training examples at most: expected a whole number at least 8, found '7'"
    assert at.markdown[0].value == f":small[:red[{told}]]"


def test_the_default_recipe_survives_toml():
    recipe = Recipe.model_validate({"data": {"name": "ham"}}).model_dump()
    again = tomllib.loads(recipes.to_toml(recipe))
    assert Recipe.model_validate(again).model_dump() == recipe


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), st.one_of(
    st.text(), st.integers(-(2**40), 2**40), st.booleans(), st.floats(allow_nan=False, allow_infinity=False),
    st.lists(st.text(st.characters(codec="ascii")), max_size=3),
), max_size=5))  # fmt: skip
def test_toml_round_trip(section):
    assert tomllib.loads(recipes.to_toml({"title": "x", "train": section})) == {"title": "x", "train": section}


def test_every_field_that_cannot_be_read_is_told_and_nothing_goes_on():
    values = {"a": 1, "b": {"c": fields.Wrong("c: no"), "d": [fields.Wrong("d: no"), 2]}, "e": None}
    assert list(fields.wrong(values)) == ["c: no", "d: no"]
    with pytest.raises(BadInput, match=r"^c: no \(1 more of the fields cannot be read\)$"):
        fields.checked(values)
    assert fields.checked({"a": [1, "x"]}) == {"a": [1, "x"]}
