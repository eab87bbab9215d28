"""Who may use this workspace?"""

import streamlit as st

from workbench import people
from workbench.login import signed_in
from workbench.page import headline
from workbench.session import server, service
from workbench.verdicts import people as words

QUESTION = "Who may use this workspace?"

if not server().people.accounts:
    headline(QUESTION, "Whoever reaches it: this workspace is in single-user mode.")
    st.markdown(words.SINGLE)
    st.markdown(words.ACCOUNTS)
    st.stop()
caller = signed_in()
found = service().people.listed() if caller.may("people") else None
headline(QUESTION, words.sentence(found, caller.name, caller.role))
if found is not None:
    people.everybody(found)
    people.add()
    people.change(found)
people.own()
