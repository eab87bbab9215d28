"""Several runs beside each other: what they came to, their curves, what their recipes differ in, and paired tests."""

from __future__ import annotations

from collections import Counter
from typing import Any

import streamlit as st

from backend.statistics.multiplicity import holm
from backend.workspace.formats import p_value
from backend.workspace.layout import BadInput

from ..charts import compare_runs as charts
from ..frame.figures import show_chart
from ..frame.page import plain
from ..frame.safe import cells, marked
from ..frame.session import service
from ..study.comparing import compared
from ..verdicts import compare_runs as words
from ..verdicts import run as run_words

MOST = 6  # runs: more curves of one panel are not told apart


def show(runs: list[dict[str, Any]]) -> None:
    if len(runs) > MOST:
        st.info(f"Up to {MOST} runs are compared at once; choose fewer of the {len(runs):,}.")
        return
    called = names(runs)
    tasks = {run_words.task(run) for run in runs}
    told = [_bodies(runs, called, kind) for kind in ("metrics", "knn", "collapse")]
    st.markdown("## Curves")
    figure = charts.curves(*told, one_task=len(tasks) == 1)
    if figure is None:
        st.info("Two runs or more with the same kind of curve are needed, such as a kNN reading.")
    else:
        show_chart(st, figure, key="curves", config={"displaylogo": False})
    if len(tasks) > 1:
        st.caption("Losses of different pretext tasks are no one scale, so they are not drawn over each other.")
    st.markdown("## What their recipes differ in")
    rows = differences(runs, called)
    if rows:
        st.dataframe(cells(rows), hide_index=True, width="stretch")
    else:
        st.markdown("In nothing: these runs have the same recipe.")
    tests(runs, called)


def names(runs: list[dict[str, Any]]) -> dict[str, str]:
    """{run: its title}, with the identifier where two share one."""
    often = Counter(run_words.name(run) for run in runs)
    return {run["run"]: name if often[name := run_words.name(run)] == 1 else f"{name} ({run['run']})" for run in runs}


def differences(runs: list[dict[str, Any]], called: dict[str, str]) -> list[dict[str, str]]:
    from ..verdicts.runs import differences as found

    return [{called.get(key, key): value for key, value in row.items()} for row in found(runs)]


def tests(runs: list[dict[str, Any]], called: dict[str, str]) -> None:
    """Every other run against the first one chosen, on the same test rows; Holm over all of them."""
    st.markdown(f"## Against {plain(called[runs[0]['run']])}, on the same test rows")
    if not st.button("Test the differences", key="test_runs", icon=":material/balance:"):
        st.caption("A paired test of the pretrained models at the share of the labels that both studies have.")
        return
    first, found = runs[0]["run"], {}
    for run in runs[1:]:
        try:
            found[run["run"]] = compared(first, run["run"])
        except BadInput as problem:
            st.warning(plain(f"{called[run['run']]}: {problem}"))
    for run, result in found.items():
        st.markdown(f"- {plain(words.sentence(result, (called[first], called[run])))}")
    if not found:
        return
    adjusted = holm([result["p"] for result in found.values()])
    if len(found) > 1:
        rows = [
            {"Run": called[run], "p": p_value(result["p"]), f"p (Holm over {len(found)})": p_value(p)}
            for (run, result), p in zip(found.items(), adjusted, strict=True)
        ]
        st.table(marked(rows))
    st.caption(plain(words.evidence(next(iter(found.values())))))


def _bodies(runs: list[dict[str, Any]], called: dict[str, str], kind: str) -> dict[str, list[dict[str, Any]]]:
    """Of each run the events of its first pretraining."""
    every = {run["run"]: [event["body"] for event in service().events(run["run"], kind)] for run in runs}
    return {called[run]: [body for body in bodies if body["seed"] == 0] for run, bodies in every.items()}
