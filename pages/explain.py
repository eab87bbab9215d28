"""Why does the model decide as it does, and may these explanations be believed?"""

import streamlit as st

from workbench import modality
from workbench.charts import explain as charts
from workbench.explain.record import SELECTION, Explained, read
from workbench.frame.figures import show_chart
from workbench.frame.page import headline
from workbench.frame.picking import pick_run
from workbench.frame.safe import cells, plain
from workbench.frame.session import service
from workbench.frame.visit import RUN, of, standing
from workbench.verdicts import explain as words
from workbench.verdicts.arms import ARM_NAME

QUESTION = "Why does the model decide as it does, and may these explanations be believed?"


def tests(shown: Explained) -> None:
    controls, data = shown.controls, modality.of(shown.manifest).words
    st.markdown(f"## Which {plain(data.judged)}s pass")
    show_chart(st, charts.tests(controls, data), width="stretch", key="tests")
    if controls["planted_mean"]:
        show_chart(st, charts.shares(shown.methods, controls, data), width="stretch", key="shares")
    st.dataframe(cells(words.table(shown.methods, controls, data)), hide_index=True, width="stretch")
    st.caption(plain(words.rule(controls, data)))
    more = st.expander("Deletion and insertion curves", key="curves_open", on_change="rerun")
    if more.open:
        show_chart(more, charts.curves(controls, data), width="stretch", key="curves")


def explained(run: dict) -> None:
    arms = list(dict.fromkeys(e["body"]["arm"] for e in service().events(run["run"], "attribution")))
    answer = st.container()
    key = of(run["run"], "arm")
    arm = st.segmented_control("Model", arms, default=arms[0], format_func=ARM_NAME.get, key=key) or arms[0]
    shown = read(run, arm)
    told = shown.methods, shown.controls, modality.of(shown.manifest).words
    with answer:
        headline(QUESTION, words.sentence(*told), words.evidence(*told))
    sources = modality.of(shown.manifest).explain.sources(shown)
    first = SELECTION if st.query_params.get("selection") else next(iter(sources))
    source = st.segmented_control("Explain", list(sources), default=first, key=of(run["run"], "source")) or first
    sources[source]()
    if shown.controls:
        tests(shown)


run = pick_run(QUESTION, need="attribution")
if run:
    explained(run)
elif name := standing(RUN):
    run = service().run(name)
if run and (ask := modality.of_run(run).explain.asks(run)):
    ask()
