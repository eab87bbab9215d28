"""What shall be trained, and how?"""

import streamlit as st

from backend.recipe import PLUGGED, fitting_encoders, of_kind
from backend.workspace.layout import BadInput
from workbench import forms, login, recipes
from workbench.page import empty, go, headline, plain
from workbench.session import service
from workbench.verdicts import run as words

QUESTION = "What shall be trained, and how?"


def choose_start(catalogue: dict) -> tuple[dict, dict, str]:
    """The data set's manifest, the recipe to start from, and a key that names both."""
    found = {d["name"]: d for d in service().datasets()}
    left, right = st.columns(2)
    wanted = st.query_params.get("dataset")
    index = list(found).index(wanted) if wanted in found else 0
    name = left.selectbox("Data set", list(found), index=index, key="dataset")
    starts = recipes.starts(service().runs(), found[name]["kind"], catalogue["pretext"])
    start = right.selectbox("Start from", list(starts), key="start", help="Every field below can still be changed.")
    st.caption(plain(words.dataset_line(found[name])))
    return found[name], starts[start], f"{name}/{start}"


def first_choices(base: dict, catalogue: dict, kind: str, prefix: str) -> dict:
    """What a beginner decides: the pretext task, the encoder, augmentation or tokenizer, how long."""
    recipe: dict = {}
    a, b, c = st.columns(3)
    with a:
        recipe["pretext"] = forms.plugin(
            "Pretext task", catalogue["pretext"], f"{prefix}.pretext", base["pretext"], "What the encoder learns from"
        )
    with b:
        encoders = fitting_encoders(catalogue["encoders"], catalogue["pretext"][recipe["pretext"]["name"]])
        key = f"{prefix}.encoder.{'+'.join(encoders)}"  # other choices, another widget
        recipe["encoder"] = forms.plugin("Encoder", encoders, key, base["encoder"], "The network that is trained")
    with c:
        section, title, help = recipes.THIRD[kind]
        fitting = recipes.third(kind, recipe["encoder"]["name"], catalogue[PLUGGED[section]])
        key = f"{prefix}.{section}.{'+'.join(fitting)}"  # other choices, another widget
        recipe[section] = forms.plugin(title, fitting, key, base[section], help)
    _, schema = recipes.SECTIONS["train"]
    inputs = forms.fields(schema.model_json_schema(), only=recipes.FIRST)
    recipe["train"] = forms.form(inputs, f"{prefix}.train", base.get("train"))
    return recipe


def details(base: dict, catalogue: dict, manifest: dict, prefix: str) -> dict:
    """Everything else, folded, section by section."""
    recipe: dict = {}
    for section, (title, schema) in recipes.SECTIONS.items():
        if section in recipes.OF_TEXT and manifest["kind"] != "text":
            continue
        choices = recipes.options(section, catalogue, manifest)
        inputs = forms.fields(schema.model_json_schema(), choices)
        inputs = forms.named(inputs, recipes.option_names(section, manifest["kind"]))
        if section == "train":
            inputs = [f for f in inputs if f.name not in recipes.FIRST]
        with st.expander(title):
            recipe[section] = forms.form(inputs, f"{prefix}.{section}", base.get(section))
    return recipe


def submit(recipe: dict) -> None:
    """The button, and beside it the one line that says what is wrong."""
    button, line = st.columns([1, 4], vertical_alignment="center")
    look = {"type": "primary", "icon": ":material/play_arrow:"}
    if button.button("Start the run", key="submit", **look, **login.lock("submit")):
        try:
            run = service().submit(recipe)
        except BadInput as error:
            line.error(plain(str(error)))
            return
        go("run", run=run)


headline(QUESTION, "Choose the data, then what the encoder learns from it. The rest has sensible defaults.")
if not service().datasets():
    empty("No data set is registered yet.", "A run needs one: add yours or a built-in one.", "data", "Add data")
    st.stop()
with st.spinner("Listing the plug-ins …"):
    catalogue = service().catalogue()
manifest, chosen, prefix = choose_start(catalogue)
catalogue = {folder: of_kind(entries, manifest["kind"]) for folder, entries in catalogue.items()}
base = recipes.suggest(manifest, chosen, catalogue)
title = st.text_input("Title", base.get("title", ""), max_chars=120, key=f"{prefix}.title", placeholder="What you try")
recipe = first_choices(base, catalogue, manifest["kind"], prefix)
with st.expander("Stages and seed"):
    offered = recipes.stages(manifest["kind"])
    start = [stage for stage in base["stages"] if stage in offered]
    stages = st.multiselect("Stages", offered, start, key=f"{prefix}.stages", format_func=words.STAGE.get)
    seed = st.number_input("Seed", 0, 2**31 - 1, int(base.get("seed", 0)), key=f"{prefix}.seed")
rest = details(base, catalogue, manifest, prefix)
data = {**base.get("data", {}), "name": manifest["name"]}
train = recipe.pop("train") | rest.pop("train")
whole = {"title": title, "seed": seed, "stages": stages, "data": data, **recipe, "train": train, **rest}
submit(whole)
with st.expander("The recipe as TOML"):
    st.code(recipes.to_toml(whole), language="toml")
    st.caption("Save it as a file and run it again with `workbench run FILE.toml`.")
