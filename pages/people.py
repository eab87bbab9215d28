"""Who may use this workspace?"""

import streamlit as st

from workbench.frame.login import signed_in
from workbench.frame.page import headline
from workbench.frame.session import server, service
from workbench.people import parts
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
    parts.everybody(found)
    parts.add()
    parts.change(found)
parts.own()
