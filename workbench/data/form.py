"""The form that registers a data set: where it lies, what its columns mean -> a spec for `service().add_data`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

import sample_data
from backend.data.spec import HUB
from backend.data.uploads import PICTURES, SUFFIXES
from backend.workspace.layout import BadInput

from .. import modality
from ..cli.data_words import column_or_none
from ..frame import forms, once
from ..frame.fields import KEPT, Wrong, checked, column, numbers
from ..frame.login import lock
from ..frame.page import plain
from ..frame.safe import visible
from ..frame.session import service
from ..frame.visit import of
from ..modality import Shown
from ..modality._form import Form
from ..serve import uploading
from ..verdicts import data as words
from . import naming, offering, target, written

BUILT_IN, ON_DISK, UPLOAD = "Built in", "On this machine", "Upload"


def source() -> dict[str, Any] | None:
    """Where the data lies: {"builtin", "params"} or {"path"}, or None while nothing is chosen."""
    where = st.segmented_control("Where is it?", (BUILT_IN, ON_DISK, UPLOAD), default=BUILT_IN, key="where", **KEPT)
    if where == BUILT_IN:
        return _builtin()
    if where == ON_DISK:
        path = st.text_input(
            "File or folder",
            key="path",
            **KEPT,
            placeholder="/data/skin or /data/skin.parquet",
            help=plain(" ".join(["On the machine that serves.", *(kind.words.hint for kind in _kinds().values())])),
        ).strip()
        return {"path": path} if path else None
    return _uploaded() if where == UPLOAD else None


def meaning(chosen: dict[str, Any]) -> dict[str, Any]:
    """What the columns of a file or folder mean, asked with its own columns and values. Raises BadInput."""
    told = written.told(chosen["path"])
    look = service().preview(chosen["path"], told=told)
    titles = {name: kind.words.title for name, kind in _kinds().items()}
    kind = st.segmented_control(
        "It holds", list(titles), default=look["of"], format_func=titles.get, key=f"kind.{chosen['path']}", **KEPT
    )
    if kind and kind != look["of"]:
        look = service().preview(chosen["path"], kind, told)
    st.caption(plain(words.found(look)))
    spec, fields = {"kind": look["of"], **told}, modality.shown(look["of"]).form
    if look["kind"] == "hub":
        return spec | _typed(fields)
    own = partial(of, f"{look['of']} {chosen['path']}")  # keys: another source finds nothing of this one's columns
    if look["columns"]:
        with st.expander("Its columns"):
            spec |= fields.described(look, own)
    names = [c["name"] for c in look["columns"]]
    values = {c["name"]: c for c in look["columns"]}
    left, right = st.columns(2)
    with left:
        held = fields.columns(look, own)
        names = [n for n in names if n not in held.values()]
        help = "What a model shall predict; none: pretraining only"
        label = column("Label", offering.offered(look, names, offering.label), look["label"], own("label"), help)
        kind, told_of = target.asked(values[label], names, own) if label else ("class", {})
        spec |= told_of if kind != "class" else _positive(values[label], own) if label else {}
    with right:
        twins = values[label]["twins"] if label else []
        offered = [n for n in offering.offered(look, names, offering.group) if n not in (label, *twins)]
        help = "Who shall be audited for"
        sensitive = st.multiselect(
            "Sensitive attributes", offered, format_func=visible, key=own("sensitive"), help=help, **KEPT
        )
        spec["sensitive"] = [_cut(values[name], own) for name in sensitive]
    if missed := offering.left_out(look, names, label, twins):
        st.caption(plain(missed))
    whole = [s["column"] for s in spec["sensitive"] if not s["cuts"]]
    classes = [label] if label and kind == "class" and not spec.get("positive") else []
    spec |= naming.asked([values[name] for name in (*classes, *whole)], own)
    with st.expander(plain(f"Splits{fields.also}")):
        spec |= held | _splits(names, look, own, fields)
    with_role = [values[name] for name in (label, *whole, spec["split_by"]) if name is not None]
    return {**spec, **written.missing_words(with_role, own), "label": label or False}


def name(chosen: dict[str, Any]) -> str:
    """The name to register under, suggested from the source."""
    start = chosen.get("builtin") or Path(chosen["path"].removeprefix(HUB).partition(":")[0]).stem
    return st.text_input(
        "Name", start, key=f"name.{start}", max_chars=64, help="Recipes call the data set by it", **KEPT
    )


def submit(spec: dict[str, Any]) -> None:
    """The button, and beside it the one line that says what is wrong. While a field cannot be read, nothing starts."""
    button, line = st.columns([1, 4], vertical_alignment="center")
    look = {"type": "primary", "icon": ":material/add:"}
    asked = once.pressed(button, "Register", "register", **look, **lock("register"))
    try:
        checked(spec)
        if asked:
            with once.acting("register"):
                st.session_state["registering"] = service().add_data(spec)
    except BadInput as error:
        line.error(plain(str(error)))
        return
    if asked:
        st.rerun()


def _uploaded() -> dict[str, Any] | None:
    """Files from the browser. Their field forgets them when the page is left, the workspace does not."""
    types = [suffix.removeprefix(".") for suffix in (*SUFFIXES, *PICTURES)]
    files = st.file_uploader(
        "Files",
        types,
        accept_multiple_files=True,
        key="file",
        on_change=st.session_state.pop,
        args=("uploaded", None),
    )
    if files:
        st.session_state["uploaded"] = {"names": [file.name for file in files], "path": _together(files)}
    kept = st.session_state.get("uploaded")
    if not files:
        st.caption(plain(words.kept(kept["names"]) if kept else words.UPLOADS))
    return {"path": kept["path"]} if kept else None


def _together(files: list[Any]) -> str:
    """Where an upload lies; several files are gathered in a folder."""
    placed = [(file.name, uploading.path_of(file)) for file in files]
    return placed[0][1] if len(placed) == 1 else service().uploads.gather(placed)


def _builtin() -> dict[str, Any]:
    found = sample_data.catalogue()
    chosen = st.selectbox("Data set", list(found), key="builtin", **KEPT)
    st.caption(plain(found[chosen]["summary"]))
    with st.expander("Parameters"):
        params = forms.form(forms.fields(found[chosen]["schema"]), f"builtin.{chosen}")
    return {"builtin": chosen, "params": params, "kind": found[chosen]["kind"]}


def _kinds() -> dict[str, Shown]:
    """What a data set may hold."""
    return {name: modality.shown(name) for name in modality.names()}


def _typed(fields: Form) -> dict[str, Any]:
    """Columns by name, of a source that shows none before it is fetched."""
    a, b, c = st.columns(3)
    none = "none: without one; a column that is called so stands in double quotes"
    held = fields.typed(a)
    label = b.text_input("Label", key="label_typed", placeholder="label, if there is one", help=none, **KEPT)
    split = c.text_input("Split column", key="split_typed", placeholder="split, if there is one", help=none, **KEPT)
    asked = {"label": label, "split_column": split}
    return held | {role: column_or_none(name) if name.strip() else None for role, name in asked.items()}


def _positive(column: dict[str, Any], own: Callable[[str], str]) -> dict[str, Any]:
    """Which values make class 1, when the question has two answers."""
    help = "Choose values to ask a yes-or-no question: these against all others"
    key = own(f"positive.{column['name']}")
    positive = st.multiselect("Positive values", column["values"], key=key, help=help, **KEPT)
    if not positive:
        return {}
    told = {"key": own("positive_name"), "placeholder": "/".join(positive[:3]), **KEPT}
    title = st.text_input("Call them", "", **told)
    return {"positive": positive, "positive_name": title or None}


def _cut(column: dict[str, Any], own: Callable[[str], str]) -> dict[str, Any]:
    """A sensitive column; one of numbers is cut into bands."""
    if column["kind"] != "number":
        return {"column": column["name"], "cuts": []}
    cuts = numbers(f"Cut {column['name']} at", [], own(f"cuts.{column['name']}"), placeholder="40, 60")
    if cuts and not isinstance(cuts, Wrong):
        st.caption(plain(words.bands(cuts)))
    return {"column": column["name"], "cuts": cuts}


def _splits(names: list[str], look: dict[str, Any], own: Callable[[str], str], fields: Form) -> dict[str, Any]:
    a, b, c = st.columns(3)
    with a:
        units = offering.offered(look, names, offering.unit)
        unit = column(
            "Keep together", units, None, own("split_by"), "Rows of one person, lesion or engine: never torn apart"
        )
    with b:
        help = "Says train, val or test; none: split 70/15/15, stratified by label"
        split = column("Split column", names, look["split"], own("split_column"), help)
    return {"split_by": unit, "split_column": split or False, **fields.beside_splits(look, own, c)}
