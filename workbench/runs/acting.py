"""What is done with the runs that are chosen: open, label, put away, run again, resume."""

from __future__ import annotations

from typing import Any

import streamlit as st

from backend.workspace.layout import BadInput

from ..frame import login, once
from ..frame.form_actions import write
from ..frame.page import link, plain
from ..frame.session import service
from ..frame.visit import of
from ..verdicts import run as words


def one(run: dict[str, Any], note: str, known_tags: list[str]) -> None:
    """Everything that can be done with a single run."""
    st.markdown(f"**{plain(words.name(run))}** · {plain(words.sentence(run))}")
    ways = st.columns([2, 3, 3], vertical_alignment="center")
    with ways[0]:
        link("run", "Open", icon=":material/arrow_forward:", run=run["run"])
    with ways[1]:
        again(run)
    with ways[2]:
        resume(run)
    name = run["run"]
    with st.form(of(name, "labels"), border=True):
        left, right = st.columns(2)
        title = left.text_input("Title", words.name(run), max_chars=120, key=of(name, "title"))
        tags = right.multiselect(
            "Tags", sorted({*known_tags, *run["tags"]}), run["tags"], key=of(name, "tags"), accept_new_options=True
        )
        said = st.text_area("Note", note, max_chars=2_000, height=80, key=of(name, "note"))
        archived = st.checkbox("Archived: left out of lists, kept in the record", run["archived"], key=of(name, "away"))
        if st.form_submit_button("Save", key=of(name, "save"), **login.lock("label")):
            told = {"title": title, "tags": tags, "note": said, "archived": archived}
            before = {"title": words.name(run), "tags": run["tags"], "note": note, "archived": run["archived"]}
            if changed := {key: value for key, value in told.items() if value != before[key]}:
                write(lambda: service().labels.set(name, **changed))


def several(runs: list[dict[str, Any]], known_tags: list[str]) -> None:
    """One tag for all of them, or all of them put away."""
    with st.form("label_all", border=True):
        left, middle, right = st.columns([3, 2, 2], vertical_alignment="bottom")
        tag = left.selectbox(
            "Tag", known_tags, index=None, key="tag_all", accept_new_options=True, placeholder="Choose or write one"
        )
        tagged = middle.form_submit_button("Tag them all", key="tag_them", **login.lock("label"))
        away = right.form_submit_button("Archive them all", key="archive_them", **login.lock("label"))
    if tagged and tag:
        write(lambda: [service().labels.set(run["run"], tags=[*run["tags"], tag]) for run in runs])
    if away:
        write(lambda: [service().labels.set(run["run"], archived=True) for run in runs if not run["archived"]])


def again(run: dict[str, Any]) -> None:
    """The way to New run, filled in with this run's recipe."""
    told = {"dataset": run["dataset"]} if run["dataset"] else {}
    link("new_run", "Run again with changes", icon=":material/replay:", run=run["run"], start=run["run"], **told)


def resume(run: dict[str, Any]) -> None:
    """The button that lets a run that ended badly go on from its last checkpoint; nothing where it cannot."""
    if not run["resumable"]:
        return
    look = {"icon": ":material/resume:", "help": "It goes on from its last checkpoint; what it recorded stays."}
    if once.pressed(st, "Resume", of(run["run"], "resume"), **(look | login.lock("submit"))):
        try:
            with once.acting(of(run["run"], "resume")):
                service().resume(run["run"])
                once.started(run["run"])
        except BadInput as problem:
            st.error(plain(str(problem)))
            return
        once.follow()
