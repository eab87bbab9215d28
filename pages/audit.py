"""Can the record be trusted?"""

import streamlit as st

from workbench.audit import events, record, verifying, waiting
from workbench.frame.login import lock
from workbench.frame.page import headline, plain
from workbench.frame.safe import cells
from workbench.frame.session import service
from workbench.verdicts import audit as words

QUESTION = "Can the record be trusted?"

size = next((leaf["leaf"] + 1 for leaf in service().ledger(limit=1)), 0)
result = st.session_state.get("verification")
headline(QUESTION, words.sentence(result, size), words.evidence(result))
if not size:
    st.info("The ledger is empty: the first data set or run writes its first event.")
    st.stop()
if result and size != result["events"]:
    st.caption(f"The ledger has grown since: {size - result['events']:,} events came after that verification.")
verifying.stopped()
if st.button("Verify the record", type="primary", icon=":material/verified_user:", key="verify", **lock("verify")):
    verifying.verify()
if result and result["findings"]:
    st.error(plain(result["findings"][0]["line"]))
    st.dataframe(cells(words.findings(result)), hide_index=True)
record.state()
waiting.show()
events.show()
