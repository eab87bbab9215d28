"""The bias page's part on language models: what each probe found beside its control, by category, with examples."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ..charts import probes as charts
from ..frame import reviewing
from ..frame.figures import show_chart
from ..frame.page import bodies, headline, plain
from ..frame.safe import cells
from ..frame.session import service
from ..frame.visit import of
from ..verdicts import probes as words

BARE = {"displaylogo": False}
KINDS = ("probe", "probe.skipped")  # events of the stage


def section(run: dict[str, Any], question: str = "") -> None:
    """All that the probes say of this run; nothing where none was asked. With a `question` it leads the page."""
    made, left_out = (bodies(run["run"], kind) for kind in KINDS)
    if not made and not left_out:
        return
    found = words.by_probe(made)
    if question:
        headline(question, words.summary(found), words.CONTROLLED)
    st.header("Probes of the language model", anchor=False)
    if not question:
        st.markdown(plain(words.summary(found)))
    for arms in found.values():
        st.markdown(f"- {plain(words.sentence(arms))}")
    unread = next(filter(None, map(words.warning, found.values())), "")
    if unread:
        st.warning(plain(unread))
    lines = words.skipped(left_out)
    if lines:
        st.info("Not run:\n" + "\n".join(f"- {plain(line)}" for line in lines))
    if found:
        show_chart(st, charts.effects(found), key="probes", config=BARE)
        detail(run, found)


def detail(run: dict[str, Any], found: dict[str, dict[str, dict[str, Any]]]) -> None:
    """One probe by category, with its notes and, on demand, its examples."""
    probe = st.selectbox("Look closer at", list(found), format_func=words.name, key=of(run["run"], "probe"))
    arms = found[probe]
    body = arms.get("ssl") or next(iter(arms.values()))
    if body["categories"]:
        show_chart(st, charts.categories(arms), key="probe_categories", config=BARE)
        st.dataframe(cells(words.rows(arms)), hide_index=True, width="stretch")
    beside = words.leakage_rows(body)
    if beside:
        st.markdown("**What else gives the attribute away**")
        st.dataframe(cells(beside), hide_index=True, width="stretch")
    for note in body["notes"]:
        st.caption(plain(note))
    reviewing.of_finding(run["run"], "probe", f"{body['arm']}/{body['probe']}")
    examples(run["run"], body)


def examples(run: str, body: dict[str, Any]) -> None:
    """The items with the largest scores, behind a switch, each blurred until it is clicked."""
    event = service().latest(run, "probe", f"{body['arm']}/{body['probe']}")
    if not event or not event["subjects"]:
        return
    key = of(run, f"examples_{body['probe']}")
    if st.toggle("Show examples", key=key, help="Offensive by design: each stays blurred"):
        st.caption(plain(f"{words.how_to_read(body['probe'])} Click a text to read it."))
        rows = service().table(event["subjects"][0]["sha256"]).to_pylist()
        st.html(words.blurred(words.strongest(rows)))
