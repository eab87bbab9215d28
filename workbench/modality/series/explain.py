"""Explained windows: scores under the series itself, all channels together, bands of frequencies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from ...explain.record import SELECTION, Explained, ask_once, files, pick_row, pick_selection
from ...frame.figures import show_chart
from ...frame.login import lock
from ...frame.page import plain
from ...frame.safe import cells, visible
from ...frame.session import service
from ...frame.visit import of
from ...verdicts import explain as words
from .._explain import Explain
from . import explain_charts as charts
from . import explain_words as own
from .items import titled
from .reading import series_of
from .words import WORDS

PLOT = {"displaylogo": False}


class SeriesExplain(Explain):
    def sources(self, shown: Explained) -> dict[str, Callable[[], None]]:
        return {
            "Examples of the run": lambda: of_the_run(shown),
            "All channels": lambda: all_channels(shown),
            "Frequencies": lambda: frequencies(shown),
            SELECTION: lambda: asked(shown, pick_selection(shown.run)),
            "Another row": lambda: asked(shown, pick_row(shown)),
        }


def of_the_run(shown: Explained) -> None:
    """One of the run's windows; its scores are already there."""
    body, classes = next(iter(shown.methods.values())), shown.manifest["classes"]
    rows, told = body["rows"], zip(body["label"], body["predicted"], body["probability"], strict=True)
    says = [words.caption(*one, classes, words.unit_of(shown.manifest)) for one in told]
    series = series_of(shown.manifest)
    names = [f"Row {row}, {titled(series, row)}: {visible(said)}" for row, said in zip(rows, says, strict=True)]
    box = of(shown.run["run"], "example")
    at = st.selectbox("Window", range(len(rows)), format_func=names.__getitem__, key=box)
    method = pick_method(shown, list(shown.files), "method")
    scores = np.asarray(service().array(shown.files[method], "maps", [at]))
    draw(shown, body, [rows[at]], [names[at]], scores)
    done = {m: b["completeness"] for m, b in shown.methods.items() if m == method}
    notes(done, [at])


def asked(shown: Explained, rows: list[int]) -> None:
    """Rows that the run did not explain: the warm worker does it now."""
    if not rows:
        return
    question = {"kind": "attribute", "run": shown.run["run"], "classifier": shown.classifier}
    question |= {"dataset": shown.manifest, "rows": rows, "methods": list(shown.methods)}
    doing = f"Explaining {len(rows)} {'window' if len(rows) == 1 else 'windows'}"
    answer = ask_once(question, (shown.classifier, tuple(rows)), doing)
    if answer is None:
        return
    result, found = answer["result"], files(answer["subjects"])
    told = zip(rows, result["label"], result["predicted"], result["probabilities"], strict=True)
    unit, series = words.unit_of(shown.manifest), series_of(shown.manifest)
    names = [
        f"Row {row}, {titled(series, row)}: "
        + visible(words.caption(label, guess, words.sure(shares, guess), result["classes"], unit))
        for row, label, guess, shares in told
    ]
    method = pick_method(shown, list(found), "method_asked")
    draw(shown, result, rows, names, np.asarray(service().array(found[method], "maps")))
    done = {method: result["methods"][method]["completeness"]} if method in result["methods"] else {}
    notes(done, range(len(rows)))


def draw(shown: Explained, body: dict[str, Any], rows: list[int], names: list[str], scores: np.ndarray) -> None:
    """A figure a window. body: what says channels and pieces; scores: n x (C x pieces)."""
    series = series_of(shown.manifest)
    values, ages = series.raw(rows), series.ages(rows)
    number = words.of_number(body)
    told = scores.reshape(len(rows), len(body["channels"]), body["pieces"])
    unit = series.told["time"]["unit"] or "steps"
    for at, row in enumerate(rows):
        figure = charts.under(names[at], values[at], told[at], body["channels"], body["piece"], ages[at], number, unit)
        show_chart(st, figure, width="stretch", key=f"under_{row}", config=PLOT)
    st.caption(own.BLANK)


def notes(done: dict[str, Any], at: Any) -> None:
    if said := words.completeness_notes(done, at):
        st.caption("  \n".join(map(plain, said)))


def all_channels(shown: Explained) -> None:
    """Every explained window under one method: which channel says most."""
    methods = list(shown.methods)
    method = pick_method(shown, methods, "method of all")
    body = shown.methods[method]
    scores = np.asarray(service().array(shown.files[method], "maps"))
    series = series_of(shown.manifest)
    units = [series.unit(row) for row in body["rows"]]
    found = own.ranked(scores, body["channels"], units)
    st.markdown(plain(own.ranking(found, len(units), len(set(units)))))
    figure = charts.ranking(found, words.name(method), words.of_number(body))
    show_chart(st, figure, width="stretch", key="ranking", config=PLOT)
    st.caption(own.RANKED)
    with st.expander("All channels in numbers"):
        st.dataframe(cells(own.ranked_rows(found)), hide_index=True, key="ranked")


def frequencies(shown: Explained) -> None:
    """What each band of frequencies does to the answer, asked of the warm worker."""
    classes, asked_for = shown.manifest["classes"], of(shown.run["run"], f"bands of {shown.arm}")
    output = None
    if classes:
        first = 1 if len(classes) == 2 else 0
        output = st.selectbox(
            "Probability of",
            range(len(classes)),
            index=first,
            format_func=lambda place: visible(classes[place]),
            key=of(shown.run["run"], "class of the bands"),
        )
    if st.button("Take frequencies away", type="primary", key="bands", **lock("ask")):
        st.session_state[asked_for] = True
    if not st.session_state.get(asked_for):
        st.info("The model is asked about 200 test windows, each channel and band in turn. It takes seconds.")
        return
    question = {"kind": "effect", "run": shown.run["run"], "classifier": shown.classifier, "dataset": shown.manifest}
    question |= {"feature": "", "rows": [], "class": output}
    answer = ask_once(question, (shown.classifier, "bands", output), "Asking the model")
    if answer is None:
        return
    told, unit = answer["result"], words.unit_of(shown.manifest)
    what = "the predicted number" if output is None else f"the probability of “{classes[output]}”"
    amount = f"change ({unit or 'of the number'})" if output is None else "change (points)"
    st.markdown(plain(own.banded(told, what, unit)))
    show_chart(st, charts.bands(told, amount), width="stretch", key="band_figure", config=PLOT)
    st.caption(own.BANDS)
    with st.expander("In numbers"):
        st.dataframe(cells(own.band_rows(told)), hide_index=True, key="band_rows")


def pick_method(shown: Explained, offered: list[str], key: str) -> str:
    """The method or control whose scores are shown: at first the one that leads."""
    offered, labels = words.ordered(offered, WORDS), words.choices(offered, shown.controls, WORDS)
    lead = words.leading(shown.methods, shown.controls, WORDS)
    lead = lead if lead in offered else offered[0]
    box = of(shown.run["run"], f"{key}, {shown.arm}")
    return st.segmented_control("Method", offered, default=lead, format_func=labels.get, key=box) or lead


EXPLAIN = SeriesExplain()
