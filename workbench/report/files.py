"""What can be taken away: the dossier of a built version, and the run's own report with its figures."""

from __future__ import annotations

import base64

import streamlit as st

from backend.workspace.layout import BadInput

from ..documents import FORMATS, collect, written
from ..frame.login import lock
from ..frame.page import plain
from ..frame.session import service
from ..verdicts import report as words

MIME = {"html": "text/html", "md": "text/markdown", "json": "application/json"}
LABEL = {"html": "HTML", "md": "Markdown", "json": "Facts as JSON"}


def show(run: str) -> None:
    st.markdown("## The dossier")
    versions = service().dossiers.versions(run)
    if versions:
        _dossier(run, versions[0]["version"])
    else:
        st.info("Build a version first (Versions): files are made of what was built, not of a draft.")
    st.markdown("## The run's report, with its figures")
    _report(run)


def _dossier(run: str, version: int) -> None:
    """One file at a time: the chosen format of the newest version, with the reviews as they stand now."""
    form = st.selectbox("Format", list(FORMATS), format_func=lambda name: FORMATS[name][0], key="dossier_format")
    label, mime, extension = FORMATS[form]
    if st.button(f"Write version {version}", icon=":material/description:", key="write_dossier"):
        with st.spinner("Writing the file …"):
            try:
                payload = written(service().dossiers.version(run), service(), form)
            except BadInput as problem:
                st.error(plain(str(problem)))
                return
        _download(f"{run}-dossier-{version}.{extension}", payload, label, mime, "dossier")


def _report(run: str) -> None:
    built = st.session_state.get("report")
    built = built if built and built["run"] == run else None
    collected = built and built["collected"]
    st.caption(plain(f"{words.sentence(collected)} {words.evidence(collected)}"))
    again = "Build it again" if built else "Build the report"
    if st.button(again, icon=":material/description:", key="build", **lock("report")):
        _build(run)
    if built:
        for form, payload in built["files"].items():
            _download(f"{run}.{form}", payload, LABEL[form], MIME[form], form)
        gaps = words.missing(collected)
        if gaps:
            st.markdown("### What is missing\n" + "\n".join(f"- {plain(gap)}" for gap in gaps))
        _preview(built["files"]["html"])


def _build(run: str) -> None:
    """Collect and write the report; it stays in the session until another is built."""
    with st.spinner("Reading the ledger, verifying it and drawing the figures …"):
        collected = collect(service(), run)
        files = {form: written(collected, service(), form) for form in MIME}
        for form, payload in files.items():
            service().keep_report(run, form, payload)
    st.session_state["report"] = {"run": run, "collected": collected, "files": files}
    st.rerun()


def _download(name: str, payload: bytes, label: str, mime: str, key: str) -> None:
    size = f"{label}, {len(payload) / 1000:,.0f} kB"
    st.download_button(size, payload, icon=":material/download:", file_name=name, mime=mime, key=f"get_{key}")


def _preview(page: bytes) -> None:
    """The report as its reader sees it. A data: address has an origin of its own, apart from the workbench."""
    st.iframe("data:text/html;base64," + base64.b64encode(page).decode(), height=900, alt="Preview of the report")
