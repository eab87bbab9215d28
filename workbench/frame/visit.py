"""What a visit is about: one run and one data set, named in the address of every page.

The address decides. Where it names none it is what this visit looked at last, else the newest; a name that the
workspace does not know is said in one line, and nothing is shown in its stead. Streamlit ties a widget's value to the
page that drew it, so no widget is ever asked what the visit is about: each is told at every run of the script, and what
a person picks goes into the address first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from .safe import plain, visible
from .session import service

RUN, DATASET = "run", "dataset"
OF_A_RUN = ("run", "study", "embeddings", "explain", "bias", "report")  # pages that show one
OF_THE_RUN = ("selection", "camera")  # what else an address says of a run and of no other
_LAST, _KNOWN = "visit_last", "visit_known"


def begin() -> None:
    """Look at what there is, newest first, before the first link of a script's run is drawn."""
    jobs, data = service().runs(), service().datasets()
    runs = [run for run in jobs if run["kind"] == "run"]
    st.session_state[_KNOWN] = {
        "jobs": jobs,
        RUN: [run["run"] for run in runs],
        DATASET: [manifest["name"] for manifest in reversed(data)],
        "data_of": {run["run"]: run["dataset"] for run in runs},
    }


def jobs() -> list[dict[str, Any]]:
    """Every run, job and worker as `begin` found them, newest first: a page asks the service once."""
    return st.session_state[_KNOWN]["jobs"]


def named(what: str) -> str | None:
    """The name in the address, known or not."""
    return st.query_params.get(what) or None


def standing(what: str) -> str | None:
    """The run or data set that the visit is about; None where there is none, or where the address names an unknown."""
    known, last = st.session_state[_KNOWN], st.session_state.get(_LAST, {})
    if told := named(what):
        return told if told in known[what] else None
    wanted = [last.get(what)]
    if what == DATASET:
        wanted.append(_data_of(standing(RUN)))
    return next((one for one in (*wanted, *known[what][:1]) if one in known[what]), None)


def tab(title: str, page: str) -> str:
    """What the browser calls the tab: the page, and the run or data set that it shows."""
    known, shown = st.session_state[_KNOWN], None
    if page in OF_A_RUN and (run := standing(RUN)):
        shown = next(job["title"] or run for job in known["jobs"] if job["run"] == run)
    elif page == "data":
        shown = standing(DATASET)
    return " · ".join(filter(None, (title, shown and visible(shown), "SSL Workbench")))


def query(**more: str | None) -> dict[str, str]:
    """What a link to a page of this workspace says: the visit's run and data set, over them `more`; with a run that is
    named there goes its own data set."""
    found = {what: standing(what) for what in (RUN, DATASET)}
    if RUN in more:
        found[DATASET] = _data_of(more[RUN])
    found |= more
    return {name: value for name, value in found.items() if value is not None}


def pick(
    what: str, label: str, unknown: Callable[[], str], names: Callable[[str], str] = str, place: Any = st
) -> str | None:
    """The box in which a person picks the run or the data set, and what it stands at.

    unknown: gives the line for an address that names none of them; the box is empty then, and None comes back.
    """
    known, chosen, key = st.session_state[_KNOWN][what], standing(what), f"pick_{what}"
    if chosen is None:
        st.error(plain(unknown()))
    st.session_state[key] = chosen
    place.selectbox(
        label,
        known,
        index=None if chosen is None else 0,
        format_func=names,
        key=key,
        placeholder="Choose one",
        on_change=_picked,
        args=(what, key),
    )
    if chosen is not None:
        st.session_state[_LAST] = st.session_state.get(_LAST, {}) | {what: chosen}
        if not named(what):
            st.query_params[what] = chosen
    return chosen


def _data_of(run: str | None) -> str | None:
    """The data set of a run; None where it is not registered."""
    known = st.session_state[_KNOWN]
    found = known["data_of"].get(run)
    return found if found in known[DATASET] else None


def show(what: str, name: str) -> None:
    """From now on the visit is about this one."""
    st.query_params[what] = name


def of(whose: str, name: str) -> str:
    """The key of a widget on a page about a run or a data set, so that another one's page never finds its value."""
    return f"{name} of {whose}"


def addressed(name: str, key: str, options: Sequence[Any], first: Any) -> dict[str, Any]:
    """Options of a widget that stands at what the address says of `name`, `first` where that says nothing of use; what
    a person picks is written there. `first` is not: it goes without saying, and opening a page adds no entry to the
    browser's history."""
    told = st.query_params.get(name)
    st.session_state[key] = told if told in options else first
    return {"key": key, "on_change": tell, "args": (name, key, first)}


def tell(name: str, key: str, first: Any) -> None:
    """Callback of such a widget."""
    value = st.session_state[key]
    if value == first:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value


def _picked(what: str, key: str) -> None:
    chosen = st.session_state[key]
    if what == RUN:
        for name in OF_THE_RUN:
            st.query_params.pop(name, None)
        if data := _data_of(chosen):
            show(DATASET, data)
    show(what, chosen)
