"""What every page is made of: a headline that answers its question, a run picker, empty states."""

from __future__ import annotations

from typing import Any

import streamlit as st

from .session import service

FINISHED = ("succeeded",)


def headline(question: str, sentence: str, evidence: str = "") -> None:
    """The page's question, small; its answer, large; what the answer rests on, beneath."""
    st.caption(question)
    st.subheader(sentence, anchor=False)
    if evidence:
        st.caption(evidence)


def empty(sentence: str, next_step: str, page: str | None = None, label: str = "") -> None:
    """An empty state: what is missing and what to do next, with a link to the page where it is done."""
    st.info(f"{sentence}  \n{next_step}")
    if page:
        st.page_link(page, label=label or "Go there")


def pick_run(question: str, need: str | None = None, key: str = "run") -> dict[str, Any] | None:
    """The run that the page is about: from `?run=` or a select box, newest first; None after an empty state.

    `need` names an event kind without which the run has nothing to show on this page.
    """
    runs = [r for r in service().runs() if r["kind"] == "run"]
    if not runs:
        st.caption(question)
        empty("No run yet.", "Start one: it takes a registered data set and a recipe.", "pages/new_run.py", "New run")
        return None
    names = [r["run"] for r in runs]
    wanted = st.query_params.get("run")
    titles = {r["run"]: f"{r['title'] or r['run']} · {r['dataset']} · {r['state']}" for r in runs}
    chosen = st.selectbox(
        "Run", names, index=names.index(wanted) if wanted in names else 0, format_func=titles.get, key=f"pick_{key}"
    )
    st.query_params["run"] = chosen
    run = next(r for r in runs if r["run"] == chosen)
    if need and service().latest(chosen, need) is None:
        st.caption(question)
        if run["state"] in ("queued", "running"):
            st.info(f"This run has not come that far: it is {run['state']} ({run['stage'] or 'waiting'}).")
        elif run["state"] in ("failed", "cancelled", "lost"):
            st.warning(f"This run {run['state']} before it came that far: {run['reason'] or 'no reason given'}")
        else:
            st.info("This run's recipe left this stage out.")
        st.page_link("pages/run.py", label="Open the run")
        return None
    return run
