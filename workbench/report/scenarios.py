"""Bias scenarios: whom something may harm, how it is measured, what is done about it; proposed from the findings."""

from __future__ import annotations

from typing import Any

import streamlit as st

from backend.exports import of_group_metric

from ..frame.fields import Wrong, checked, number
from ..frame.form_actions import write
from ..frame.login import lock
from ..frame.numbers import Range
from ..frame.page import plain
from ..frame.session import service
from ..verdicts import dossier as words

EMPTY = {"id": "", "group": "", "hazard": "", "measure": "", "mitigation": "", "review_trigger": "", "finding": None}


def show(run: str, document: dict[str, Any]) -> None:
    recorded, proposed = document["scenarios"], service().dossiers.proposals(run)
    if not recorded and not proposed:
        st.info("No scenario yet, and this run's audit proposes none. Write one below.")
    for scenario in recorded:
        with st.container(border=True):
            _recorded(run, scenario)
    if proposed:
        st.markdown("## Proposed from this run's findings")
        st.caption(
            "A person has to set the threshold and the mitigation. Record a proposal to make it part of the dossier."
        )
    for proposal in proposed:
        with st.container(border=True):
            st.markdown(f"**{plain(proposal['group'])}**: {plain(proposal['hazard'])}")
            st.caption(plain(f"Observed: {proposal['observed']}"))
            with st.expander("Complete and record"):
                _form(run, proposal, "Record")
    with st.expander("Write another scenario"):
        _form(run, EMPTY, "Record", own=True)


def _recorded(run: str, scenario: dict[str, Any]) -> None:
    st.markdown(f"**{plain(scenario['group'])}**: {plain(scenario['hazard'])}")
    line = plain(words.scenario_line(scenario))
    if scenario["exceeded"]:
        st.warning(line)
    else:
        st.caption(line)
    st.caption(f"Recorded by {plain(scenario['by'])}, leaf {scenario['leaf']:,}.")
    with st.expander("Change or withdraw"):
        start = {**scenario, "threshold": scenario["limit"] if scenario["finding"] else scenario["threshold"]}
        _form(run, start, "Save", withdraw=True)


def _form(run: str, start: dict[str, Any], button: str, own: bool = False, withdraw: bool = False) -> None:
    """Every part of a scenario as an input; what a finding says of itself (id, finding) stays."""
    told = {name: start[name] for name in EMPTY}
    with st.form(f"scenario_{run}_{start['id']}_{start.get('leaf', 'new')}", border=False):
        if own:
            told["id"] = st.text_input("Short name", max_chars=60, placeholder="lower case, digits and hyphens")
        told["group"] = st.text_input("Group", told["group"], max_chars=300)
        told["hazard"] = st.text_area("Hazard", told["hazard"], max_chars=2_000, height=68)
        told["measure"] = st.text_input("Measure", told["measure"], max_chars=300)
        told["threshold"] = _threshold(run, start)
        told["mitigation"] = st.text_area("Mitigation", told["mitigation"], max_chars=2_000, height=68)
        told["review_trigger"] = st.text_input("Review trigger", told["review_trigger"], max_chars=2_000)
        save, remove = st.columns([1, 5])
        if save.form_submit_button(button, icon=":material/save:", **lock("report")):
            write(lambda: service().dossiers.scenario(run, checked(told)))
        if withdraw and remove.form_submit_button("Withdraw", **lock("report")):
            write(lambda: service().dossiers.scenario(run, {**checked(told), "withdrawn": True}))


def _threshold(run: str, start: dict[str, Any]) -> float | str | Wrong | None:
    """Where a finding is watched the largest difference allowed, in points (of errors in their unit); else words."""
    if start["finding"] is None:
        return st.text_input("Threshold", start.get("threshold") or "", max_chars=300)
    now = start["threshold"]
    key = f"threshold_{run}_{start['id']}_{start.get('leaf', 'new')}"
    if of_group_metric(start["finding"]["metric"]).get("number"):
        name = "Largest difference allowed, in the unit of the number"
        return number(name, now, Range(0, None), key, optional=True, empty="not said", keep=False)
    name, points = "Largest difference allowed, in points", None if now is None else round(100 * now, 10)
    allowed = number(name, points, Range(0, 100), key, optional=True, empty="not said", keep=False)
    return allowed / 100 if isinstance(allowed, int | float) else allowed
