"""The bias page's part on proxies: which columns stand in for an attribute, and what they carry of its gaps."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ..charts import proxies as charts
from ..frame import reviewing
from ..frame.figures import show_chart
from ..frame.page import bodies, plain
from ..frame.safe import cells
from ..frame.session import service
from ..frame.visit import of
from ..verdicts import bias as bias_words
from ..verdicts import proxies as words

BARE = {"displaylogo": False}
KIND = "proxies"


def section(run: dict[str, Any]) -> None:
    """All that the run says of proxies; why it says nothing where the stage was passed over."""
    found = {body["attribute"]: body for body in bodies(run["run"], KIND)}
    skipped = service().latest(run["run"], "stage.skipped", KIND)
    if not found:
        if skipped:
            st.caption(plain(f"Proxies were not looked for: {skipped['body']['reason']}."))
        return
    st.header("Which columns stand in for the attribute?", anchor=False)
    for body in found.values():
        st.markdown(f"- {plain(words.sentence(body))}")
    attribute = st.selectbox("Attribute", list(found), key=of(run["run"], "proxied"))
    body = found[attribute]
    show_chart(st, charts.told(body), key="proxies", config=BARE)
    st.caption(plain(words.evidence(body)))
    what_they_carry(run, body)
    with st.expander("Every column in numbers"):
        st.dataframe(cells(words.column_rows(body)), hide_index=True, width="stretch")
    st.caption(plain(words.method(body)))
    reviewing.of_finding(run["run"], KIND, attribute)


def what_they_carry(run: dict[str, Any], body: dict[str, Any]) -> None:
    """How each gap changes when a column is replaced by the values of random rows."""
    said, first = words.carried(body), words.foremost(body)
    if said:
        st.markdown("**How much of the gap do they carry?**")
    for one in first:
        st.markdown(f"- {plain(one)}")
    if further := [one for one in said if one not in first]:
        with st.expander("Column by column"):
            st.markdown("\n".join(f"- {plain(one)}" for one in further))
    known = [m for m in bias_words.ordered(_metrics(body)) if m in _metrics(body)]
    if not known:
        return
    best = words.decisive(_metrics(body))
    key = of(run["run"], "proxied_rate")
    metric = st.selectbox("Rate", known, index=known.index(best), format_func=bias_words.name, key=key)
    show_chart(st, charts.carried(body, metric), key="proxies_carry", config=BARE)
    with st.expander("Every gap with and without the columns"):
        st.dataframe(cells(words.carried_rows(body)), hide_index=True, width="stretch")


def _metrics(body: dict[str, Any]) -> dict[str, Any]:
    """The tests that could be made, of whichever columns change a metric's gap most surely."""
    found: dict[str, Any] = {}
    for one in body["carried"]:
        for metric, test in one["metrics"].items():
            if test["p_holm"] is not None and (metric not in found or test["p_holm"] < found[metric]["p_holm"]):
                found[metric] = test
    return found
