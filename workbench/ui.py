"""The entry script of the browser app: navigation over the pages, in the order of the work.

Streamlit runs it from top to bottom for every interaction, so it imports nothing heavy; a page is read when
it is opened.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from backend.control.people.permissions import Caller, Forbidden
from backend.control.record.readonly import ReadOnly
from workbench.frame import login, telling, theme, visit
from workbench.frame.page import ICON, plain
from workbench.frame.session import server
from workbench.verdicts import audit as words

PAGES = Path(__file__).parents[1] / "pages"

# section -> (file, title, icon), as a person works through them
WORK = {
    "": [("home", "Home", "home")],
    "Prepare": [("data", "Data", "database"), ("new_run", "New run", "add_circle"), ("sweep", "Sweep", "tune")],
    "Look": [
        ("runs", "Runs", "list"),
        ("run", "Run", "monitoring"),
        ("study", "Did it help?", "balance"),
        ("embeddings", "Embeddings", "scatter_plot"),
        ("explain", "Explain", "center_focus_strong"),
        ("bias", "Bias", "groups"),
    ],
    "Keep": [("report", "Report", "description"), ("audit", "Audit", "verified_user"), ("people", "People", "group")],
}


def navigation() -> dict[str, list[st.Page]]:
    return {
        section: [
            st.Page(
                PAGES / f"{name}.py",
                title=title,
                icon=f":material/{icon}:",
                url_path=None if name == "home" else name,
                default=name == "home",
            )
            for name, title, icon in entries
        ]
        for section, entries in WORK.items()
    }


def sidebar(sections: dict[str, list[st.Page]]) -> None:
    """The way to every page. Streamlit's own list of pages would leave the visit's run and data set behind."""
    with st.sidebar, st.container(key="navigation", gap="xxsmall"):
        for section, entries in sections.items():
            if section:
                st.caption(plain(section))
            for entry in entries:
                st.page_link(entry, query_params=visit.query() or None, width="stretch")


def footer(caller: Caller) -> None:
    """Who looks, which workspace this is, how long its ledger is, up to where it is signed, when it was verified."""
    size = next((leaf["leaf"] + 1 for leaf in server().ledger(limit=1)), 0)  # only how long it is
    verified = st.session_state.get("verified")
    checked = f"verified {verified}" if verified else "not verified in this session"
    root, signed = plain(str(server().workspace.root)), plain(words.signed(server().trail.signed(), size))
    badge = f"{login.badge(caller)}{' · for reading only' if server().read_only else ''}"
    lines = [f"{badge} · {root}", f"{size:,} events in the ledger · {plain(checked)}", signed]
    with st.sidebar:
        st.caption("  \n".join(line for line in lines if line))
        login.sign_out(caller)


st.set_page_config(page_title="SSL Workbench", page_icon=ICON, layout="wide")
sections = navigation()
page = st.navigation(sections, position="hidden")
caller = login.gate()
theme.mend()
visit.begin()
st.set_page_config(page_title=visit.tab(page.title, page.url_path))
sidebar(sections)
with st.sidebar:
    telling.section(visit.jobs())
footer(caller)
try:
    page.run()
except (Forbidden, ReadOnly) as problem:
    st.warning(plain(str(problem)))
