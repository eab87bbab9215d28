"""Which settings suit this data?"""

import streamlit as st

from workbench.frame import once, visit
from workbench.frame.page import headline, plain
from workbench.frame.session import service
from workbench.sweep import asking, found
from workbench.verdicts import sweep as words

QUESTION = "Which settings suit this data?"
NEW = "a new sweep"

once.follow()
sweeps = {one["sweep"]: one for one in service().sweeps.listed()}
names = [*sweeps, NEW]
told = visit.named("sweep")
if told and told not in names:
    st.error(plain(f"sweep: expected one of this workspace, found {told!r}"))
if sweeps:
    place = visit.addressed("sweep", "pick_sweep", names, names[0])
    chosen = st.selectbox("Sweep", names, format_func=lambda n: words.title(sweeps[n]) if n in sweeps else NEW, **place)
else:
    chosen = NEW
if chosen in sweeps:
    found.show(chosen, QUESTION)
else:
    headline(QUESTION, words.NOTHING, words.ON_VALIDATION)
    asking.form()
