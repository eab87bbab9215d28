"""What the models are worth where few rows are positive and few can be looked at: a part of the study's page."""

from __future__ import annotations

from typing import Any

import streamlit as st

from backend.statistics.costs import Costs
from backend.workspace.formats import chosen
from backend.workspace.layout import BadInput

from ..charts import decide as charts
from ..frame.figures import show_chart
from ..frame.numbers import Range, read, shown
from ..frame.page import plain
from ..frame.safe import cells
from ..frame.session import service
from ..frame.visit import of as key_of
from ..modality._words import Words
from ..verdicts import decide as words
from ..verdicts import decide_other as other

ASKED = {"miss": "A missed positive row", "false_alarm": "A false alarm", "inspection": "Looking at an alert"}


def section(run: str, of: Words) -> None:
    """Verdict, figures and curves of the stage "decide"; nothing where a run has none but its reason."""
    found = service().latest(run, "decide.verdict")
    if found is None:
        if skipped := service().latest(run, "stage.skipped", "decide"):
            st.caption(plain(f"Decisions and costs: {skipped['body']['reason']}."))
        return
    plan, body = service().latest(run, "decide.plan")["body"], found["body"]
    budgets, thresholds = (service().table(s["sha256"]).to_pandas() for s in found["subjects"])
    st.markdown("## Where few rows are positive and few can be looked at")
    fraction = plan["fractions"][0]
    if len(plan["fractions"]) > 1:
        names = {f: f"{chosen(f)} of the labels" for f in plan["fractions"]}
        asked = st.segmented_control(
            "Models of", plan["fractions"], default=fraction, format_func=names.get, key=key_of(run, "decide_fraction")
        )
        fraction = asked or fraction
    for sentence in words.sentences(plan, body, of, fraction):
        st.markdown(f"- {plain(sentence)}")
    for sentence, worse in words.others(plan, body, of, fraction):
        st.markdown(f"- **{plain(sentence)}**" if worse else f"- {plain(sentence)}")
    st.caption(plain(f"{words.stated(plan)} {words.references(plan, body)}"))
    st.caption(plain(words.evidence(plan, body)))
    show_chart(st, charts.budgets(budgets, fraction, plan["budget"], of), width="stretch", key="decide_budgets")
    st.dataframe(cells(words.table(plan, body, of, fraction)), hide_index=True, width="stretch")
    with st.expander("Pretraining less each rival, with tests"):
        st.dataframe(cells(words.contrast_rows(plan, body, of, fraction)), hide_index=True, width="stretch")
        st.caption(plain(words.METHOD))
    with st.expander("Outcomes of 1,000 rows, and what they cost"):
        st.dataframe(cells(words.confusion(plan, body, of, fraction)), hide_index=True, width="stretch")
    _other(run, plan, fraction, budgets, thresholds, of)
    _calibration(run, body, fraction, of)


def _other(run: str, plan: dict[str, Any], fraction: float, budgets: Any, thresholds: Any, of: Words) -> None:
    """Other costs, another budget: read from the curves."""
    st.markdown("### At other costs, or another budget")
    st.caption(plain(other.EXPLORING))
    places, typed, unit = st.columns(len(ASKED)), {}, words.unit_of(plan)
    for place, (name, said) in zip(places, ASKED.items(), strict=True):
        first = shown(float(plan["costs"][name]))
        typed[name] = place.text_input(f"{said} ({plain(unit)})", first, key=key_of(run, f"decide_{name}"))
    try:
        costs = Costs(**{name: read(text, ASKED[name], Range(low=0, high=1e12)) for name, text in typed.items()})
    except BadInput as problem:
        st.error(plain(str(problem)))
        return
    at, rows = other.at_costs(thresholds, fraction, costs, unit, of)
    st.markdown(plain(other.stated(costs, at)))
    st.dataframe(cells(rows), hide_index=True, width="stretch")
    drawn = other.curve(thresholds, fraction, costs)
    figure = charts.costs(drawn, costs.threshold, unit, of)
    show_chart(st, figure, width="stretch", key="decide_costs")
    known = other.budgets(budgets)
    budget = st.select_slider(
        "Share of the rows that can be looked at", known, plan["budget"], chosen, key=key_of(run, "decide_budget")
    )
    st.dataframe(cells(other.at_budget(budgets, fraction, budget, of)), hide_index=True, width="stretch")


def _calibration(run: str, body: dict[str, Any], fraction: float, of: Words) -> None:
    st.markdown("### Do the probabilities hold?")
    entries = {e["arm"]: e for e in body["table"] if e["fraction"] == fraction}
    arm = st.segmented_control(
        "Model", list(entries), default="ssl", format_func=of.arm_names.get, key=key_of(run, "decide_arm")
    )
    one = entries[arm or "ssl"]
    st.markdown(plain(words.calibration(one, of)))
    show_chart(st, charts.reliability(one, of), width="stretch", key="decide_reliability")
    st.caption(plain(words.OFF))
