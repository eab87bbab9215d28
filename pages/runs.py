"""Which runs are there, and what did each come to?"""

import streamlit as st

from workbench.frame import once, visit
from workbench.frame.page import empty, headline, link
from workbench.frame.session import service
from workbench.runs import acting, comparing, table
from workbench.verdicts import runs as words

QUESTION = "Which runs are there, and what did each come to?"

once.follow()
jobs = visit.jobs()
notes = service().labels.notes()
lines = words.lines(jobs, service().results.of_all(), notes, service().sweeps.listed())
if not lines:
    headline(QUESTION, "No run yet.")
    empty("Nothing to list.", "A run takes a registered data set and a recipe.", "new_run", "New run")
    st.stop()
top = st.container()
shown = table.filters(lines)
with top:
    headline(QUESTION, words.sentence(lines, shown))
if not shown:
    st.info("No run passes these filters.")
    st.stop()
table.show(shown)
runs = {run["run"]: run for run in jobs}
chosen = [runs[run] for run in table.chosen(lines)]
tags = sorted({tag for line in lines for tag in line.tags})
if len(chosen) == 1:
    acting.one(chosen[0], notes.get(chosen[0]["run"], ""), tags)
elif chosen:
    acting.several(chosen, tags)
    comparing.show(chosen)
if any(line.sweep for line in lines):
    link("sweep", "The sweeps and their trials", icon=":material/tune:")
once.arrived()
