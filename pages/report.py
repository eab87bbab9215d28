"""What can be shown to somebody else, and what is missing?"""

import base64

import streamlit as st

from workbench import login, reviewing
from workbench.page import headline, pick_run, plain
from workbench.report import collect, written
from workbench.session import service
from workbench.verdicts import report as words

QUESTION = "What can be shown to somebody else, and what is missing?"
MIME = {"html": "text/html", "md": "text/markdown", "json": "application/json"}
LABEL = {"html": "HTML", "md": "Markdown", "json": "Facts as JSON"}


def build(run: str) -> None:
    """Collect and write the report; it stays in the session until another is built."""
    with st.spinner("Reading the ledger, verifying it and drawing the figures …"):
        collected = collect(service(), run)
        files = {form: written(collected, service(), form) for form in MIME}
        for form, payload in files.items():
            service().keep_report(run, form, payload)
    st.session_state["report"] = {"run": run, "collected": collected, "files": files}
    st.rerun()


def preview(page: bytes) -> None:
    """The report as its reader sees it. A data: address has an origin of its own, apart from the workbench."""
    st.iframe("data:text/html;base64," + base64.b64encode(page).decode(), height=900, alt="Preview of the report")


run = pick_run(QUESTION)
if run:
    built = st.session_state.get("report")
    built = built if built and built["run"] == run["run"] else None
    collected = built and built["collected"]
    headline(QUESTION, words.sentence(collected), words.evidence(collected))
    columns = st.columns([1, 1, 1, 1])
    again = "Build it again" if built else "Build the report"
    kind = "secondary" if built else "primary"
    if columns[0].button(again, type=kind, icon=":material/description:", key="build", **login.lock("report")):
        build(run["run"])
    reviewing.of_report(run["run"])
    if built:
        for column, (form, payload) in zip(columns[1:], built["files"].items(), strict=True):
            column.download_button(
                f"{LABEL[form]}, {len(payload) / 1000:,.0f} kB",
                payload,
                icon=":material/download:",
                file_name=f"{run['run']}.{form}",
                mime=MIME[form],
                key=f"get_{form}",
            )
        gaps = words.missing(built["collected"])
        if gaps:
            st.markdown("#### What is missing\n" + "\n".join(f"- {plain(gap)}" for gap in gaps))
        preview(built["files"]["html"])
