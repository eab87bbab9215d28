"""Can the record be trusted?"""

from datetime import UTC, datetime

import streamlit as st

from workbench.page import headline, plain
from workbench.session import service
from workbench.verdicts import audit as words

QUESTION = "Can the record be trusted?"
LOADED = 5_000  # the newest leaves that the table holds
ALL = "all"


def verify() -> None:
    """Verify with a progress bar; the result stays in the session."""
    bar = st.progress(0.0, text="Recomputing the ledger …")

    def advance(done: int, total: int) -> None:
        bar.progress(min(1.0, done / max(total, 1)), text=f"Checked {done:,} of {total:,} events and files")

    st.session_state["verification"] = service().verify(advance)
    st.session_state["verified"] = datetime.now(UTC).strftime("%H:%M UTC")
    st.rerun()


def pick(column, label: str, values: list[str], key: str) -> str:
    return column.selectbox(label, [ALL, *values], key=key)


def events() -> None:
    """The ledger, newest first, filtered by run, kind and actor."""
    st.markdown("#### Events")
    a, b, c = st.columns(3)
    runs = [r["run"] for r in service().runs()]
    run = pick(a, "Run", runs, "ledger_run")
    leaves = service().ledger(None if run == ALL else run, limit=LOADED)
    kind = pick(b, "Event", sorted({leaf["kind"] for leaf in leaves}), "ledger_kind")
    actor = pick(c, "Who", sorted({leaf["actor"] for leaf in leaves}), "ledger_actor")
    shown = [leaf for leaf in leaves if kind in (ALL, leaf["kind"]) and actor in (ALL, leaf["actor"])]
    st.dataframe(words.table(shown), hide_index=True, height=420)
    newest = f"the newest {LOADED:,} of them" if len(leaves) == LOADED else f"{len(leaves):,} in all"
    st.caption(f"{len(shown):,} events shown, {newest}. The hash covers the event's time, actor, content and files.")


size = next((leaf["leaf"] + 1 for leaf in service().ledger(limit=1)), 0)
result = st.session_state.get("verification")
headline(QUESTION, words.sentence(result, size), words.evidence(result))
if not size:
    st.info("The ledger is empty: the first data set or run writes its first event.")
    st.stop()
if result and size != result["events"]:
    st.caption(f"The ledger has grown since: {size - result['events']:,} events came after that verification.")
if st.button("Verify the record", type="primary", icon=":material/verified_user:", key="verify"):
    verify()
if result and result["findings"]:
    st.error(plain(result["findings"][0]["line"]))
    st.dataframe(words.findings(result), hide_index=True)
events()
