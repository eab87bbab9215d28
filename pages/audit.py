"""Can the record be trusted?"""

from datetime import UTC, datetime

import streamlit as st

from workbench.auditing import events, record, waiting
from workbench.login import lock
from workbench.page import headline, plain
from workbench.session import service
from workbench.verdicts import audit as words

QUESTION = "Can the record be trusted?"


def verify() -> None:
    """Verify with a progress bar; the result stays in the session."""
    bar = st.progress(0.0, text="Recomputing the ledger …")

    def advance(done: int, total: int) -> None:
        bar.progress(min(1.0, done / max(total, 1)), text=f"Checked {done:,} of {total:,} events and files")

    st.session_state["verification"] = service().verify(advance)
    st.session_state["verified"] = datetime.now(UTC).strftime("%H:%M UTC")
    st.rerun()


size = next((leaf["leaf"] + 1 for leaf in service().ledger(limit=1)), 0)
result = st.session_state.get("verification")
headline(QUESTION, words.sentence(result, size), words.evidence(result))
if not size:
    st.info("The ledger is empty: the first data set or run writes its first event.")
    st.stop()
if result and size != result["events"]:
    st.caption(f"The ledger has grown since: {size - result['events']:,} events came after that verification.")
if st.button("Verify the record", type="primary", icon=":material/verified_user:", key="verify", **lock("verify")):
    verify()
if result and result["findings"]:
    st.error(plain(result["findings"][0]["line"]))
    st.dataframe(words.findings(result), hide_index=True)
record.state()
waiting.show()
events.show()
