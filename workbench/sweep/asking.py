"""The form that begins a sweep: data, recipe, minutes, what for."""

from __future__ import annotations

import streamlit as st

from backend import modality
from backend.recipe import of_kind
from backend.workspace.layout import BadInput

from .. import recipes
from ..frame import fields, login, once
from ..frame.numbers import Range
from ..frame.page import empty, plain
from ..frame.picking import pick_dataset
from ..frame.session import service
from ..frame.visit import jobs, of, show

PURPOSES = {
    "search": "Search the settings of a recipe",
    "advise": "Compare pretext tasks: which one suits this data, and by how much",
}
STARTED = "started_sweep"


def form() -> None:
    """Draw the form; a click on its button begins the sweep and shows it."""
    found = service().datasets()
    if not found:
        empty("No data set is registered yet.", "A sweep needs one.", "data", "Add data")
        return
    left, right = st.columns(2)
    manifest = pick_dataset(found, left)
    if manifest is None:
        return
    if line := modality.of(manifest).lacking():
        st.error(plain(line))
        return
    starts = recipes.starts(jobs(), manifest["kind"])
    start = right.selectbox(
        "Recipe to search around", list(starts), key=of(manifest["name"], "sweep_start"), **fields.KEPT
    )
    key = of(manifest["name"], "sweep_purpose")
    purpose = st.radio("What for", list(PURPOSES), format_func=PURPOSES.get, key=key, **fields.KEPT)
    a, b = st.columns(2)
    with a:
        minutes = fields.number("Minutes, of all trials together", 20, Range(0.5, 100_000), "sweep_minutes")
    with b:
        trials = fields.number("Trials; 0: as many as there is time for", 0, Range(0, 200, whole=True), "sweep_trials")
    button, line = st.columns([1, 4], vertical_alignment="center")
    look = {"type": "primary", "icon": ":material/play_arrow:"}
    if not once.pressed(button, "Begin the sweep", "begin_sweep", **look, **login.lock("submit")):
        return
    try:
        fields.checked({"minutes": minutes, "trials": trials})
        with st.spinner("Listing what can be searched …"), once.acting("begin_sweep"):
            catalogue = {f: of_kind(e, manifest["kind"]) for f, e in service().catalogue().items()}
            recipe = recipes.suggest(manifest, starts[start], catalogue)
            recipe["data"] = {**recipe.get("data", {}), "name": manifest["name"]}
            name = service().sweeps.begin(recipe, minutes, trials or None, purpose)
    except BadInput as error:
        line.error(plain(str(error)))
        return
    show("sweep", name)
    st.rerun()
