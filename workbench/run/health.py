"""The run page's part on collapse: the verdict, what to try, the strip, and the further diagnostics."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ..charts import run as charts
from ..frame.figures import show_chart
from ..frame.page import plain
from ..frame.session import service
from ..frame.visit import of
from ..verdicts import collapse
from ..verdicts import run as words

BOX = {"healthy": st.success, "watch": st.warning, "collapsed": st.error, "unknown": st.info}
BARE = {"displaylogo": False}


def strip(run: dict[str, Any], readings: list[dict[str, Any]], seed: int) -> None:
    """The collapse strip of one pretraining seed with its verdict on top."""
    judged = words.health(service(), run, readings, seed)
    BOX[judged.state](f"**{plain(judged.sentence)}**  \n{plain(judged.meaning)}")
    if judged.advice:
        st.markdown("What to try:\n" + "\n".join(f"- {plain(line)}" for line in judged.advice))
    if not readings:
        return
    show_chart(st, charts.health(readings, collapse.onset(readings)), key="health", config=BARE)
    found = collapse.evidence(readings[-1])
    if found:
        st.caption("Rests on: " + " · ".join(plain(f"{name} {value}") for name, value in found))
    further(run["run"], readings)


def further(run: str, readings: list[dict[str, Any]]) -> None:
    """The diagnostics beside the strip, drawn when asked for, and how to read every number."""
    names = [*charts.watched(readings, True), *charts.of_views(readings, True)]
    if names and st.toggle("Further diagnostics", key=of(run, "further")):
        show_chart(st, charts.folded(readings), key="folded", config=BARE)
    with st.expander("How to read the numbers"):
        for note in (*charts.reading_notes(readings), *charts.reading_notes(readings, folded=True)):
            st.caption(plain(note))
