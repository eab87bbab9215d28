"""Alarms over time, lead times and remaining lives of the study's models: a part of the study's page."""

from __future__ import annotations

from typing import Any

import streamlit as st

from backend.statistics.costs import Costs
from backend.workspace.formats import chosen
from backend.workspace.layout import BadInput

from ..charts import maintenance as charts
from ..frame.figures import show_chart
from ..frame.numbers import Range, read, shown
from ..frame.page import plain
from ..frame.safe import cells
from ..frame.session import service
from ..frame.visit import of as key_of
from ..modality._words import Words
from ..verdicts import maintenance as words

ASKED = {
    "miss": ("A failure that is missed", 1000.0),
    "false_alarm": ("A false alarm, beside looking at it", 20.0),
    "inspection": ("Looking at an alarm", 10.0),
}


def section(run: str, of: Words) -> None:
    """Figures and curves of the stage "maintenance"; nothing where a run has none but its reason."""
    found = service().latest(run, "maintenance.verdict")
    if found is None:
        if skipped := service().latest(run, "stage.skipped", "maintenance"):
            st.caption(plain(f"Alarms over time and remaining life: {skipped['body']['reason']}."))
        return
    body = found["body"]
    events = body["kind"] == words.EVENT
    st.markdown("## For whoever maintains the units" if events else "## How far off the remaining life is")
    fraction, at = body["headline_fraction"], words.fractions(body)
    if len(at) > 1:
        asked = st.segmented_control(
            "Models trained on",
            at,
            default=fraction,
            format_func=lambda one: f"{chosen(one)} of the labels",
            key=key_of(run, "maintenance_fraction"),
        )
        fraction = asked or fraction
    for sentence in words.sentences(body, of, fraction):
        st.markdown(f"- {plain(sentence)}")
    st.caption(plain(words.evidence(body)))
    if events:
        curve = service().table(found["subjects"][0]["sha256"]).to_pandas()
        show_chart(st, charts.found(curve, body, fraction, of), width="stretch", key="maintenance_found")
    st.dataframe(cells(words.table(body, of, fraction)), hide_index=True, width="stretch", key="maintenance_table")
    st.caption(plain(words.METHOD if events else words.LIFE_METHOD))
    if events:
        _costs(run, body, curve[curve["fraction"] == fraction], of)


def _costs(run: str, body: dict[str, Any], curve: Any, of: Words) -> None:
    """The person's own costs of failures and alarms, read from the curves."""
    st.markdown("### What failures and alarms cost you")
    st.caption(plain(words.EXPLORING))
    places, typed = st.columns(len(ASKED)), {}
    for place, (name, (said, first)) in zip(places, ASKED.items(), strict=True):
        typed[name] = place.text_input(said, shown(first), key=key_of(run, f"maintenance_{name}"))
    try:
        costs = Costs(**{name: read(text, ASKED[name][0], Range(low=0, high=1e12)) for name, text in typed.items()})
    except BadInput as problem:
        st.error(plain(str(problem)))
        return
    told = words.costs_at(curve.to_dict("records"), costs, body)
    money = "units of cost"
    show_chart(st, charts.costs(told, body, money, of), width="stretch", key="maintenance_costs")
    st.dataframe(
        cells(words.cheapest(told, body, of, money)), hide_index=True, width="stretch", key="maintenance_least"
    )
