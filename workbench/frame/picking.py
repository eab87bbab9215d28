"""Which run or data set a page shows: the one that the visit is about, in a box in which a person picks another."""

from __future__ import annotations

from typing import Any

import streamlit as st

from backend.workspace.layout import BadInput

from ..verdicts import run as words
from . import banner, visit
from .page import empty
from .session import service

# event kind that a page shows -> the stage that it comes from, how the line begins where that stage was passed over
STAGE_OF = {
    "study.verdict": ("study", "Nothing was studied"),
    "projection": ("project", "Nothing was mapped"),
    "attribution": ("attribute", "Nothing was explained"),
    "fairness": ("audit_bias", "Nothing was audited"),
}


def pick_run(question: str, need: str | tuple[str, ...] = (), told: bool = True) -> dict[str, Any] | None:
    """The run that the page is about; None after an empty state.

    need: an event kind without which the run has nothing to show on this page, or several of which one is enough.
    told: whether the page says first how a run stands that has not finished.
    """
    runs = {run["run"]: run for run in visit.jobs() if run["kind"] == "run"}
    if not runs:
        st.caption(question)
        empty("No run yet.", "Start one: it takes a registered data set and a recipe.", "new_run", "New run")
        return None
    name = visit.pick(visit.RUN, "Run", lambda: _unknown(visit.named(visit.RUN)), lambda name: words.title(runs[name]))
    if name is None:
        return None
    run, kinds = runs[name], (need,) if isinstance(need, str) else need
    if told:
        banner.show(run)
    if kinds and not any(service().latest(name, kind) for kind in kinds):
        st.caption(question)
        banner.nothing(run, *STAGE_OF[kinds[0]])
        return None
    return run


def pick_dataset(found: list[dict[str, Any]], place: Any = st) -> dict[str, Any] | None:
    """The manifest of the data set that the page is about; None where the address names none of `found`."""
    by_name = {manifest["name"]: manifest for manifest in found}
    name = visit.pick(visit.DATASET, "Data set", lambda: _no_dataset(visit.named(visit.DATASET)), place=place)
    return None if name is None else by_name[name]


def _unknown(named: str) -> str:
    """What is wrong with a run that is none of those that pages show."""
    try:
        job = service().run(named)
    except BadInput as problem:
        return str(problem)
    return f"run: expected a training run, found {named!r}, which is a job of the kind {job['kind']!r}"


def _no_dataset(named: str) -> str:
    try:
        service().dataset(named)
    except BadInput as problem:
        return str(problem)
    return f"data set: expected one that is listed here, found {named!r}"
