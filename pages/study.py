"""Did pretraining help?"""

import streamlit as st

from workbench.charts import study as charts
from workbench.charts.theme import ARM_NAME
from workbench.page import headline, link, pick_run, plain
from workbench.session import service
from workbench.verdicts import study as words

QUESTION = "Did pretraining help?"


def answer(run: str, verdict: dict) -> None:
    read = service().latest(run, "study.test_read")
    headline(QUESTION, words.sentence(verdict), words.evidence(verdict, read and read["body"]))
    if verdict["quick"]:
        st.caption(words.QUICK)
    st.plotly_chart(charts.curves(verdict), width="stretch", key="curves")
    st.markdown(plain(words.efficiency(verdict)))


def contrasts(verdict: dict) -> None:
    st.markdown("#### What pretraining adds")
    st.plotly_chart(charts.differences(verdict), width="stretch", key="differences")
    for sentence in words.per_fraction(verdict):
        st.markdown(f"- {plain(sentence)}")
    against = list(dict.fromkeys(c["against"] for c in verdict["contrasts"]))
    chosen = st.segmented_control("Against", against, default=against[0], format_func=ARM_NAME.get, key="against")
    st.dataframe(words.contrast_table(verdict, chosen or against[0]), hide_index=True, width="stretch")
    st.caption(plain(words.RULE))


def evidence(run: str, verdict: dict) -> None:
    with st.expander("The baselines, and what beating each of them means"):
        st.table(words.BASELINES)
    with st.expander("All models: mean on test with 95 % interval, in percent"):
        st.dataframe(words.arm_table(verdict, ARM_NAME), hide_index=True, width="stretch")
    with st.expander("Evidence"):
        started = service().latest(run, "study.started")
        for line in words.record(verdict, started and started["body"], service().latest(run, "study.test_read")):
            st.markdown(f"- {plain(line)}")
        link("audit", "Check the record", icon=":material/verified_user:", run=run)


run = pick_run(QUESTION, need="study.verdict")
if run:
    verdict = service().latest(run["run"], "study.verdict")["body"]
    answer(run["run"], verdict)
    if verdict["contrasts"]:
        contrasts(verdict)
    evidence(run["run"], verdict)
elif current := st.session_state.get("current_run"):
    skipped = service().latest(current, "stage.skipped", "study")
    if skipped:
        st.info(plain(f"Nothing was studied: {skipped['body']['reason']}."))
    started = service().latest(current, "study.started")
    if started:
        cells = len(service().events(current, "study.cell"))
        st.caption(plain(words.underway(started["body"], cells)))
