"""What is in the data, and what is wrong with it?"""

import streamlit as st

from backend.workspace.layout import BadInput
from workbench import modality
from workbench.charts import data as charts
from workbench.charts import number as numbers
from workbench.data import failed, form
from workbench.frame import visit
from workbench.frame.figures import show_chart
from workbench.frame.page import headline, link, plain
from workbench.frame.picking import pick_dataset
from workbench.frame.safe import cells
from workbench.frame.session import service
from workbench.verdicts import data as words
from workbench.verdicts import run as run_words

QUESTION = "What is in the data, and what is wrong with it?"


def sheet_of(manifest: dict) -> None:
    """The data sheet: verdict, warnings, examples, charts, tables."""
    sheet, classes = service().document(manifest["sheet"]["sha256"]), manifest["classes"]
    headline(QUESTION, words.headline(manifest, sheet), words.evidence(manifest, sheet))
    for line in sheet["warnings"]:
        st.warning(plain(line), icon=":material/warning:")
    link("new_run", "Start a run on it", icon=":material/add_circle:", dataset=manifest["name"])
    own = modality.of(manifest).sheet
    own.draw(manifest, sheet)
    if classes:
        left, right = st.columns(2)
        show_chart(left, charts.classes_by_split(sheet, classes), width="stretch", key="by_split")
        for attribute in manifest["sensitive"]:
            show_chart(
                right, charts.classes_by_group(sheet, attribute, classes), width="stretch", key=f"by {attribute}"
            )
    if told := sheet.get("target"):
        left, right = st.columns(2)
        show_chart(left, numbers.distribution(told), width="stretch", key="distribution")
        for attribute in manifest["sensitive"]:
            order = sheet["orders"].get(attribute, list(told["groups"][attribute]))
            show_chart(right, numbers.by_group(told, attribute, order), width="stretch", key=f"number by {attribute}")
    with st.expander("Counts and missing values"):
        if told:
            st.dataframe(cells(words.target_rows(told, sheet["orders"])), hide_index=True)
        if classes:
            st.dataframe(cells(words.class_rows(sheet, classes)), hide_index=True)
        if sheet["missing"]:
            st.dataframe(cells(words.missing_rows(sheet, manifest["count"])), hide_index=True)
        own.counts(sheet)
        if left_out := words.left_out_rows(sheet):
            st.caption("What was left out")
            st.dataframe(cells(left_out), hide_index=True)
    if read := words.read_lines(manifest, sheet):
        with st.expander("How it was read"):
            st.markdown("\n".join(f"- {plain(line)}" for line in read))


def progress() -> None:
    """How far a registration is; when it ends, the page shows the data set or the reason."""
    run = service().run(st.session_state["registering"])
    if run["state"] in run_words.LIVE:
        st.info(f"Registering {plain(run['dataset'])}. {plain(run_words.sentence(run))}")
        if run["state"] == "running":
            st.progress(run_words.fraction(run), text=plain(run_words.progress_text(run)))
        return
    del st.session_state["registering"]
    if run["state"] == "succeeded":
        visit.show(visit.DATASET, run["dataset"])
    st.rerun()


def add() -> None:
    """Where the data lies and what its columns mean; wrong input is one line."""
    try:
        chosen = form.source()
        if chosen is None:
            return
        spec = {**chosen, "name": form.name(chosen)}
        if "path" in chosen:
            spec |= form.meaning(chosen)
    except BadInput as error:
        st.error(plain(str(error)))
        return
    form.submit(spec)


found = service().datasets()
if "registering" in st.session_state:
    st.fragment(progress, run_every=1)()
refused = failed.show(visit.jobs())
if found and (chosen := pick_dataset(found)):
    sheet_of(chosen)
elif not found:
    headline(QUESTION, "No data set is registered yet.", "Take a built-in one to look around, or bring your own.")
with st.expander("Add a data set", expanded=not found or bool(refused), icon=":material/add:"):
    add()
