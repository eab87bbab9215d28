"""What can be shown to somebody else, and what is missing?"""

import streamlit as st

from workbench.frame import reviewing
from workbench.frame.page import headline, plain
from workbench.frame.picking import pick_run
from workbench.frame.session import service
from workbench.frame.visit import of
from workbench.report import files, model, points, scenarios, versions
from workbench.verdicts import dossier as words
from workbench.verdicts import reviews as review_words

QUESTION = "What can be shown to somebody else, and what is missing?"
PARTS = ("Dossier", "Bias scenarios", "Versions", "Files", "Model", "Reviews")


def reviews(run: str) -> None:
    """What blocks the state "signed": the report, the run, and every finding that needs a decision."""
    if not service().dossiers.versions(run):
        st.info("The dossier can be reviewed once a version is built (Versions).")
    reviewing.of_report(run)
    st.caption("The run")
    reviewing.of_run(run)
    for what in service().reviews.findings(run):
        _, _, kind, key = what.split(":", 3)
        st.caption(plain(review_words.finding(kind, key)))
        reviewing.of_finding(run, kind, key)


run = pick_run(QUESTION)
if run:
    name = run["run"]
    document = service().dossiers.document(name)
    headline(QUESTION, words.sentence(document), words.evidence(document))
    points.overview(document)
    key = of(name, "report_part")
    part = st.segmented_control("Part", PARTS, default=PARTS[0], key=key, label_visibility="collapsed")
    if part == "Bias scenarios":
        scenarios.show(name, document)
    elif part == "Versions":
        versions.show(name)
    elif part == "Files":
        files.show(name)
    elif part == "Model":
        model.show(name)
    elif part == "Reviews":
        reviews(name)
    else:
        points.show(name, document)
