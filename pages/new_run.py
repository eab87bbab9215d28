"""What shall be trained, and how?"""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from backend import modality
from backend.modality import Modality
from backend.recipe import PLUGGED, fitting_encoders, of_kind, takes_small
from backend.workspace.layout import BadInput
from workbench import recipes
from workbench.frame import fields, forms, login, once
from workbench.frame.numbers import Range
from workbench.frame.page import empty, headline, plain
from workbench.frame.picking import pick_dataset
from workbench.frame.safe import visible
from workbench.frame.session import service
from workbench.frame.visit import jobs, of
from workbench.run import costing
from workbench.study import foreseeing
from workbench.verdicts import labels
from workbench.verdicts import run as words

QUESTION = "What shall be trained, and how?"
SEEDS = Range(0, 2**31 - 1, whole=True)


def choose_start(manifest: dict, place: DeltaGenerator) -> tuple[dict, str]:
    """The recipe to start from, and a key that names it and the data set."""
    starts = recipes.starts(jobs(), manifest["kind"])
    key, help = of(manifest["name"], "start"), "Every field below can still be changed."
    if asked := recipes.of_run(starts, st.query_params.get("start")):
        st.session_state[key] = asked
        st.query_params.pop("start")  # from here on what a person picks counts
    start = place.selectbox("Start from", list(starts), key=key, help=help, **fields.KEPT)
    st.caption(plain(words.dataset_line(manifest)))
    return starts[start], f"{manifest['name']}/{start}"


def first_choices(base: dict, catalogue: dict, data: Modality, prefix: str) -> dict:
    """What a beginner decides: the pretext task, the encoder, what its kind of data asks for beside them, how long."""
    recipe: dict = {}
    start = {section: base.get(section) or {} for section in ("pretext", "encoder", data.third and data.third.section)}
    a, b, c = st.columns(3)
    with a:
        recipe["pretext"] = forms.plugin(
            "Pretext task",
            catalogue["pretext"],
            f"{prefix}.pretext",
            start["pretext"],
            "What the encoder learns from",
        )
    with b:
        encoders = fitting_encoders(catalogue["encoders"], catalogue["pretext"][recipe["pretext"]["name"]])
        key = f"{prefix}.encoder.{'+'.join(encoders)}"  # other choices, another widget
        recipe["encoder"] = forms.plugin("Encoder", encoders, key, start["encoder"], "The network that is trained")
    if third := data.third:
        fitting = data.thirds(recipe["encoder"]["name"], catalogue[PLUGGED[third.section]])
        key = f"{prefix}.{third.section}.{'+'.join(fitting)}"  # other choices, another widget
        with c:
            recipe[third.section] = forms.plugin(
                plain(third.title), fitting, key, start[third.section], plain(third.help)
            )
    _, schema = recipes.SECTIONS["train"]
    inputs = forms.fields(schema.model_json_schema(), only=recipes.FIRST)
    recipe["train"] = forms.form(inputs, f"{prefix}.train", base.get("train"))
    return recipe


def details(base: dict, catalogue: dict, manifest: dict, prefix: str, small: bool) -> dict:
    """Everything else, folded, section by section; small: that training can begin with small images."""
    recipe: dict = {}
    for section, (title, schema) in recipes.sections(manifest["kind"]).items():
        choices = recipes.options(section, catalogue, manifest)
        inputs = forms.fields(schema.model_json_schema(), choices)
        inputs = forms.named(inputs, recipes.option_names(section, manifest["kind"]))
        if section == "train":
            left_out = recipes.FIRST if small else (*recipes.FIRST, "small_first")
            inputs = [f for f in inputs if f.name not in left_out]
        with st.expander(plain(title)):
            recipe[section] = forms.form(inputs, f"{prefix}.{section}", base.get(section))
            if line := recipes.measured(section, catalogue, manifest):
                st.caption(plain(line))
    return recipe


def submit(recipe: dict) -> None:
    """The button, and beside it the one line that says what is wrong. While a field cannot be read, nothing starts."""
    button, line = st.columns([1, 4], vertical_alignment="center")
    look = {"type": "primary", "icon": ":material/play_arrow:"}
    asked = once.pressed(button, "Start the run", "submit", **look, **login.lock("submit"))
    try:
        fields.checked(recipe)
        if asked:
            with once.acting("submit"):
                once.started(service().submit(recipe))
    except BadInput as error:
        line.error(plain(labels.refusal(str(error))))
    once.follow()


once.follow()
headline(QUESTION, "Choose the data, then what the encoder learns from it. The rest has sensible defaults.")
if not service().datasets():
    empty("No data set is registered yet.", "A run needs one: add yours or a built-in one.", "data", "Add data")
    st.stop()
left, right = st.columns(2)
manifest = pick_dataset(service().datasets(), left)
if manifest is None:
    st.stop()
data = modality.of(manifest)
if line := data.lacking():
    st.error(plain(line))
    st.stop()
with st.spinner("Listing the plug-ins …"):
    catalogue = service().catalogue()
chosen, prefix = choose_start(manifest, right)
catalogue = {folder: of_kind(entries, manifest["kind"]) for folder, entries in catalogue.items()}
base = recipes.suggest(manifest, chosen, catalogue)
told = {"key": f"{prefix}.title", "placeholder": "What you try", **fields.KEPT}
title = st.text_input("Title", base.get("title", ""), max_chars=120, **told)
recipe = first_choices(base, catalogue, data, prefix)
with st.expander("Stages, seed and amount of data"):
    offered = recipes.stages(manifest["kind"])
    start = [stage for stage in base["stages"] if stage in offered]
    called = {"format_func": words.stage_name, **fields.KEPT}
    stages = st.multiselect("Stages", offered, start, key=f"{prefix}.stages", **called)
    seed = fields.number("Seed", base.get("seed", 0), SEEDS, f"{prefix}.seed")
    amount = forms.fields(recipes.DATA.model_json_schema(), only=("max_train",))
    amount = forms.form(amount, f"{prefix}.data", base.get("data"), columns=1)
small = takes_small(catalogue["encoders"][recipe["encoder"]["name"]], catalogue["pretext"][recipe["pretext"]["name"]])
rest = details(base, catalogue, manifest, prefix, small)
train = recipe.pop("train") | rest.pop("train")
whole = {
    "title": title,
    "seed": seed,
    "stages": stages,
    "data": {"name": manifest["name"], **amount},
    **recipe,
    "train": train,
    **rest,
}
costing.section(whole, manifest)
foreseeing.section(whole, manifest)
submit(whole)
with st.expander("The recipe as TOML"):
    if any(fields.wrong(whole)):
        st.info("The recipe can be written out once every field above can be read.")
        st.stop()
    st.code(visible(recipes.to_toml(whole), lines=True), language="toml")
    st.caption("Save it as a file and run it again with `workbench run FILE.toml`.")
