"""Did pretraining help?"""

import streamlit as st

from workbench.charts import study as charts
from workbench.charts.theme import ARM_NAMES
from workbench.frame.page import headline, link, plain
from workbench.frame.picking import pick_run
from workbench.frame.safe import cells, marked
from workbench.frame.session import service
from workbench.frame.visit import RUN, of, standing
from workbench.recipes import kind_of
from workbench.verdicts import study as words
from workbench.verdicts.arms import RULE

QUESTION = "Did pretraining help?"


def answer(run: str, verdict: dict, kind: str) -> None:
    read = service().latest(run, "study.test_read")
    headline(QUESTION, words.sentence(verdict, kind), words.evidence(verdict, read and read["body"], kind))
    for sentence in words.beaten(verdict, kind):
        st.markdown(f"**{plain(sentence)}**")
    if verdict["quick"]:
        st.caption(words.QUICK)
    st.plotly_chart(charts.curves(verdict, kind), width="stretch", key="curves")
    st.markdown(plain(words.efficiency(verdict, kind)))


def contrasts(run: str, verdict: dict, kind: str) -> None:
    st.markdown("#### What pretraining adds")
    st.plotly_chart(charts.differences(verdict, kind), width="stretch", key="differences")
    for sentence in words.per_fraction(verdict, kind):
        st.markdown(f"- {plain(sentence)}")
    against = list(dict.fromkeys(c["against"] for c in verdict["contrasts"]))
    names = ARM_NAMES[kind]
    chosen = st.segmented_control("Against", against, default=against[0], format_func=names.get, key=of(run, "against"))
    st.dataframe(cells(words.contrast_table(verdict, chosen or against[0])), hide_index=True, width="stretch")
    st.caption(plain(RULE[kind]))


def evidence(run: str, verdict: dict, kind: str) -> None:
    with st.expander("The baselines, and what beating each of them means"):
        st.table(marked(words.baselines(verdict, ARM_NAMES[kind], kind)))
    with st.expander(words.table_title(verdict)):
        st.dataframe(cells(words.arm_table(verdict, ARM_NAMES[kind])), hide_index=True, width="stretch")
    with st.expander("Evidence"):
        started, read = (service().latest(run, f"study.{what}") for what in ("started", "test_read"))
        for line in words.record(verdict, started and started["body"], read, kind):
            st.markdown(f"- {plain(line)}")
        link("audit", "Check the record", icon=":material/verified_user:", run=run)


run = pick_run(QUESTION, need="study.verdict")
if run:
    verdict, kind = service().latest(run["run"], "study.verdict")["body"], kind_of(run["recipe"])
    answer(run["run"], verdict, kind)
    if verdict["contrasts"]:
        contrasts(run["run"], verdict, kind)
    evidence(run["run"], verdict, kind)
elif (current := standing(RUN)) and (started := service().latest(current, "study.started")):
    done = len(service().events(current, "study.cell"))
    st.caption(plain(words.underway(started["body"], done)))
