"""Explained rows of a table: which column spoke for and against each prediction, all rows together, one column's
effect."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import streamlit as st

from ...explain.record import SELECTION, Explained, ask_once, files, pick_row, pick_selection
from ...frame.figures import show_chart
from ...frame.page import plain
from ...frame.safe import cells, visible
from ...frame.session import service
from ...frame.visit import of
from ...verdicts import explain as words
from .._explain import Explain
from . import explain_charts as charts
from . import explain_words as own
from .words import WORDS

AT_ONCE = 3  # methods side by side
CURVES = 16  # rows of the run whose own effect curves are drawn
PLOT = {"displaylogo": False}


class TableExplain(Explain):
    def sources(self, shown: Explained) -> dict[str, Callable[[], None]]:
        return {
            "Examples of the run": lambda: of_the_run(shown),
            "All examples together": lambda: all_together(shown),
            "One column": lambda: one_column(shown),
            SELECTION: lambda: asked(shown, pick_selection(shown.run)),
            "Another row": lambda: asked(shown, pick_row(shown)),
        }


def of_the_run(shown: Explained) -> None:
    """One of the run's examples; its scores are already there."""
    body, classes = next(iter(shown.methods.values())), shown.manifest["classes"]
    rows, told = body["rows"], zip(body["label"], body["predicted"], body["probability"], strict=True)
    titles = [words.caption(*one, classes, words.unit_of(shown.manifest)) for one in told]
    names = [visible(f"Row {row}: {title}") for row, title in zip(rows, titles, strict=True)]
    box = of(shown.run["run"], "example")
    at = st.selectbox("Example", range(len(rows)), format_func=names.__getitem__, key=box)
    chosen = pick_methods(shown, list(shown.files), "methods")
    done = {m: b["completeness"] for m, b in shown.methods.items()}
    scores = {m: service().array(shown.files[m], "maps", [at]) for m in chosen}
    draw(shown, body, [rows[at]], [names[at]], scores, {m: [c["errors"][at]] for m, c in done.items() if c})
    st.caption("  \n".join(plain(note) for note in words.completeness_notes({m: done.get(m) for m in chosen}, [at])))
    notes(shown, body)


def asked(shown: Explained, rows: list[int]) -> None:
    """Rows that the run did not explain: the warm worker does it now."""
    if not rows:
        return
    question = {"kind": "attribute", "run": shown.run["run"], "classifier": shown.classifier}
    question |= {"dataset": shown.manifest, "rows": rows, "methods": list(shown.methods)}
    doing = f"Explaining {len(rows)} {'row' if len(rows) == 1 else 'rows'}"
    answer = ask_once(question, (shown.classifier, tuple(rows)), doing)
    if answer is None:
        return
    result, found = answer["result"], files(answer["subjects"])
    told = zip(rows, result["label"], result["predicted"], result["probabilities"], strict=True)
    unit = words.unit_of(shown.manifest)
    names = [
        f"Row {row}: {words.caption(label, guess, words.sure(shares, guess), result['classes'], unit)}"
        for row, label, guess, shares in told
    ]
    chosen = pick_methods(shown, list(found), "methods_asked")
    scores = {m: service().array(found[m], "maps") for m in chosen}
    done = {m: f["completeness"] for m, f in result["methods"].items()}
    draw(shown, result, rows, names, scores, {m: c["errors"] for m, c in done.items() if c})
    st.caption("  \n".join(map(plain, words.completeness_notes({m: done[m] for m in chosen}, range(len(rows))))))
    notes(shown, result)


def draw(
    shown: Explained, body: dict[str, Any], rows: list[int], names: list[str], scores: dict[str, np.ndarray],
    errors: dict[str, list[float]],
) -> None:  # fmt: skip
    """A figure a row. scores: {method: n x C}; errors: {method: completeness errors of the rows}, of those that
    have."""
    values, number = stored(shown, rows), words.unit_of(shown.manifest) or not shown.manifest["classes"]
    for at, name in enumerate(names):
        said = own.labels(body["columns"], described(shown), values[at])
        panels = [
            (words.panel(m, errors[m][at] if m in errors else None), np.asarray(found[at], dtype=np.float64))
            for m, found in scores.items()
        ]
        figure = charts.bars(name, said, panels, bool(number), words.unit_of(shown.manifest))
        show_chart(st, figure, width="stretch", key=f"bars_{rows[at]}", config=PLOT)


def notes(shown: Explained, body: dict[str, Any]) -> None:
    told = [own.baseline(body, described(shown)), own.together(body)]
    st.caption("  \n".join(plain(note) for note in told if note))


def all_together(shown: Explained) -> None:
    """Every explained row under one method, and what the network rests on beside the boosted trees."""
    methods = list(shown.methods)
    labels = words.choices(methods, shown.controls, WORDS)
    box = of(shown.run["run"], f"method of all, {shown.arm}")
    first = own.lead(shown.methods, shown.controls)
    method = st.segmented_control("Method", methods, default=first, format_func=labels.get, key=box) or first
    body = shown.methods[method]
    columns, number = body["columns"], words.of_number(body)
    kept = of_class(shown, body)
    rows = [row for row, there in zip(body["rows"], kept, strict=True) if there]
    scores = np.asarray(service().array(shown.files[method], "maps"), dtype=np.float64)[kept]
    left, right = st.columns(2)
    with left:
        figure = charts.overall(columns, own.mean_sizes(scores), words.name(method), number)
        show_chart(st, figure, width="stretch", key="overall", config=PLOT)
        st.caption(f"{len(rows):,} explained rows. {own.SET_NOTE}")
    with right:
        values = stored(shown, rows)
        said = [own.labels(columns, described(shown), one) for one in values]
        figure = charts.swarm(columns, scores, shades(values, shown, columns), said, rows, number)
        show_chart(st, figure, width="stretch", key="swarm", config=PLOT)
        st.caption(own.SWARM_NOTE)
    found, told = (shown.controls or {}).get("importance"), shown.manifest.get("target")
    if shown.controls:
        st.markdown("## The network beside boosted trees")
        st.markdown(plain(own.importance(found, told)))
    if found:
        show_chart(st, charts.importance(found, told), width="stretch", key="importance", config=PLOT)
        st.caption(own.IMPORTANCE_NOTE)
        more = st.expander("All columns", key="importance_open", on_change="rerun")
        if more.open:
            more.dataframe(cells(own.importance_rows(found, told)), hide_index=True, key="importance_rows")


def of_class(shown: Explained, body: dict[str, Any]) -> np.ndarray:
    """bool n: the explained rows that are looked at together. Scores of a class speak of that class alone."""
    predicted, classes = np.array(body["predicted"]), shown.manifest["classes"]
    if not classes:
        return np.ones(len(predicted), dtype=bool)
    present = [int(c) for c in np.unique(predicted)]
    first = 1 if len(classes) == 2 and 1 in present else max(present, key=lambda c: int((predicted == c).sum()))
    chosen = st.segmented_control(
        "Rows predicted as",
        present,
        default=first,
        format_func=lambda c: f"{visible(classes[c])} ({(predicted == c).sum()})",
        key=of(shown.run["run"], f"class of all, {shown.arm}"),
    )
    return predicted == (first if chosen is None else chosen)


def one_column(shown: Explained) -> None:
    """The effect of one feature, asked of the warm worker once a feature is chosen."""
    body, classes = next(iter(shown.methods.values())), shown.manifest["classes"]
    names = [one["name"] for one in described(shown)]
    place, beside = st.columns([3, 2])
    box = of(shown.run["run"], "feature")
    name = place.selectbox("Column", names, index=None, format_func=visible, placeholder="choose a column", key=box)
    output = None
    if classes:
        first = 1 if len(classes) == 2 else 0
        key = of(shown.run["run"], "class of the effect")
        output = beside.selectbox(
            "Probability of", range(len(classes)), index=first, format_func=lambda i: visible(classes[i]), key=key
        )
    if name is None:
        st.info(
            "Choose a column to see how the answer changes with it alone. The model is asked now; it takes seconds."
        )
        return
    rows = body["rows"][:CURVES]
    question = {"kind": "effect", "run": shown.run["run"], "classifier": shown.classifier, "dataset": shown.manifest}
    question |= {"feature": name, "rows": rows, "class": output}
    answer = ask_once(question, (shown.classifier, "effect", name, output), "Asking the model")
    if answer is None:
        return
    told, unit, number = answer["result"], words.unit_of(shown.manifest), not classes
    what = "the predicted number" if number else f"the probability of “{classes[told['output']]}”"
    amount = (
        f"predicted number{f' ({unit})' if unit else ''}" if number else f"probability of {classes[told['output']]} (%)"
    )
    st.markdown(plain(own.effect(told, what, unit, number)))
    if not told["note"]:
        show_chart(st, charts.effect(told, amount, number), width="stretch", key="effect", config=PLOT)
    said = [f"{own.effect_evidence(told, unit, number)}.", own.effect_missing(told, unit, number)]
    said += [own.NUMBER_NOTE if told["kind"] == "number" else own.CATEGORY_NOTE]
    st.caption(plain(" ".join(filter(None, said))))


def pick_methods(shown: Explained, offered: list[str], key: str) -> list[str]:
    """The methods whose scores are shown, at most AT_ONCE: at first the one that leads."""
    offered, labels = words.ordered(offered, WORDS), words.choices(offered, shown.controls, WORDS)
    lead = [own.lead(shown.methods, shown.controls)]
    box = of(shown.run["run"], f"{key} of {shown.arm}")
    chosen = st.pills("Methods", offered, selection_mode="multi", default=lead, format_func=labels.get, key=box) or lead
    chosen = [*dict.fromkeys([*[m for m in lead if m in chosen], *chosen])]
    if len(chosen) > AT_ONCE:
        st.caption(f"The first {AT_ONCE} are shown.")
    return chosen[:AT_ONCE]


def shades(values: np.ndarray, shown: Explained, columns: list[str]) -> np.ndarray:
    """n x C in [0, 1]: the rank of each number among these rows; NaN of categories and missing values."""
    from scipy.stats import rankdata

    found = np.full((len(values), len(columns)), np.nan)
    place = {name: i for i, name in enumerate(columns)}
    for i, one in enumerate(described(shown)):
        if one["kind"] == "number" and np.isnan(found[:, place[one["column"]]]).all():
            there = ~np.isnan(values[:, i])
            found[there, place[one["column"]]] = (rankdata(values[there, i]) - 1) / max(1, there.sum() - 1)
    return found


def stored(shown: Explained, rows: list[int]) -> np.ndarray:
    """These rows as the encoder reads them, float32 n x F."""
    source = shown.manifest["records"]
    return service().array(source["sha256"], source["key"], list(map(int, rows)))


def described(shown: Explained) -> list[dict[str, Any]]:
    return _described(shown.manifest["features"]["sha256"])


@lru_cache(maxsize=8)
def _described(sha256: str) -> list[dict[str, Any]]:
    return service().document(sha256)["features"]


EXPLAIN = TableExplain()
