"""What can be shown to somebody else, and what is missing?"""

import streamlit as st

from workbench.dossier import files, points, scenarios, versions
from workbench.page import headline, pick_run
from workbench.session import service
from workbench.verdicts import dossier as words

QUESTION = "What can be shown to somebody else, and what is missing?"
PARTS = ("Dossier", "Bias scenarios", "Versions", "Files")

run = pick_run(QUESTION)
if run:
    name = run["run"]
    document = service().dossiers.document(name)
    headline(QUESTION, words.sentence(document), words.evidence(document))
    points.overview(document)
    part = st.segmented_control("Part", PARTS, default=PARTS[0], key="report_part", label_visibility="collapsed")
    if part == "Bias scenarios":
        scenarios.show(name, document)
    elif part == "Versions":
        versions.show(name)
    elif part == "Files":
        files.show(name)
    else:
        points.show(name, document)
