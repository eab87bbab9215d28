"""What every page is made of: a headline that answers its question, links, empty states."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path, PurePath
from typing import Any

import streamlit as st

from . import visit
from .safe import plain
from .session import service

# Within the page: a file at /media would need a sign-in first, and a material icon the network.
ICON = "data:image/png;base64," + b64encode(Path(__file__).with_name("icon.png").read_bytes()).decode()


def headline(question: str, sentence: str, evidence: str = "") -> None:
    """The page's question, small; its answer, large; what the answer rests on, beneath."""
    st.caption(question)
    st.title(plain(sentence), anchor=False)
    if evidence:
        st.caption(plain(evidence))


def link(page: str, label: str, icon: str | None = None, **query: str) -> None:
    """A link to another page, by file name ("run" or "pages/run.py"). The visit's run and data set go along;
    `query` (run=...) names others, or more.

    Pages lie beside the package of the entry script, so Streamlit wants their paths relative to it.
    """
    target = f"../pages/{PurePath(page).stem}.py"
    st.page_link(target, label=label, icon=icon, query_params=visit.query(**query) or None)


def link_to(run: dict[str, Any]) -> None:
    """The way to whatever shows this run: of a data job its data set, once that is registered."""
    if run["kind"] == "run":
        link("run", f"Open {plain(run['run'])}", run=run["run"])
    elif run["kind"] == "data" and run["state"] == "succeeded":
        link("data", f"Open {plain(run['dataset'])}", dataset=run["dataset"])


def go(page: str, **query: str) -> None:
    """Leave for another page, as `link` does when it is clicked."""
    st.switch_page(f"../pages/{PurePath(page).stem}.py", query_params=visit.query(**query) or None)


def empty(sentence: str, next_step: str, page: str | None = None, label: str = "") -> None:
    """An empty state: what is missing and what to do next, with a link to the page where it is done."""
    st.info(f"{plain(sentence)}  \n{plain(next_step)}")
    if page:
        link(page, label or "Go there", icon=":material/arrow_forward:")


def bodies(run: str, kind: str) -> list[dict[str, Any]]:
    """Bodies of a run's events of one kind, in order. A page that looks again reads only what is new."""
    known = st.session_state.get("bodies")
    if known is None or known["run"] != run:
        known = st.session_state["bodies"] = {"run": run, "kinds": {}}
    seen = known["kinds"].setdefault(kind, {"after": -1, "found": []})
    for event in service().events(run, kind, after=seen["after"]):
        seen["found"].append(event["body"])
        seen["after"] = event["leaf"]
    return seen["found"]
