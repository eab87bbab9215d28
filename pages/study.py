"""Did pretraining help?"""

import streamlit as st

from backend.statistics.headline import answer as answering
from workbench import modality
from workbench.charts import study as charts
from workbench.frame.figures import show_chart
from workbench.frame.page import headline, link, plain
from workbench.frame.picking import pick_run
from workbench.frame.safe import cells, marked
from workbench.frame.session import service
from workbench.frame.visit import RUN, of, standing
from workbench.modality._words import Words
from workbench.study import comparing, decisions, maintenance
from workbench.targets._figure import figure_of_study
from workbench.verdicts import rivals, study_efficiency, study_plan
from workbench.verdicts import study as words

QUESTION = "Did pretraining help?"


def answer(run: str, verdict: dict, data: Words) -> None:
    read = service().latest(run, "study.test_read")
    headline(QUESTION, words.sentence(verdict, data), words.evidence(verdict, read and read["body"], data))
    for sentence in words.further(verdict, data):
        st.markdown(plain(sentence))
    if verdict["quick"]:
        st.caption(words.QUICK)
    if seen := study_plan.could_see(verdict, answering(verdict)):
        st.caption(plain(seen))
    show_chart(st, charts.curves(verdict, data), width="stretch", key="curves")
    if figure := figure_of_study(run, verdict, service()):
        show_chart(st, figure, width="stretch", key="predicted")
    st.markdown(plain(study_efficiency.sentence(verdict, data)))


def contrasts(run: str, verdict: dict, data: Words) -> None:
    st.markdown("## What pretraining adds")
    show_chart(st, charts.differences(verdict, data), width="stretch", key="differences")
    for sentence in words.per_fraction(verdict, data):
        st.markdown(f"- {plain(sentence)}")
    against = list(dict.fromkeys(c["against"] for c in verdict["contrasts"]))
    chosen = st.segmented_control(
        "Against", against, default=against[0], format_func=data.arm_names.get, key=of(run, "against")
    )
    st.dataframe(cells(words.contrast_table(verdict, chosen or against[0])), hide_index=True, width="stretch")
    st.caption(plain(data.rule))
    if lines := rivals.per_fraction(verdict, data):
        st.markdown("## Pretraining at its best against the strongest model without it")
        st.markdown("\n".join(f"- {plain(line)}" for line in lines))


def evidence(run: str, verdict: dict, data: Words) -> None:
    with st.expander("The baselines, and what beating each of them means"):
        st.table(marked(words.baselines(verdict, data)))
    with st.expander(plain(words.table_title(verdict))):
        st.dataframe(cells(words.arm_table(verdict, data)), hide_index=True, width="stretch")
    with st.expander("Evidence"):
        started, read = (service().latest(run, f"study.{what}") for what in ("started", "test_read"))
        planned = service().latest(run, "study.plan")
        for line in words.record(verdict, started and started["body"], read, data):
            st.markdown(f"- {plain(line)}")
        for line in study_plan.lines(planned["body"], verdict) if planned else []:
            st.markdown(f"- {plain(line)}")
        link("audit", "Check the record", icon=":material/verified_user:", run=run)


run = pick_run(QUESTION, need="study.verdict")
if run:
    verdict, data = service().latest(run["run"], "study.verdict")["body"], modality.of_run(run).words
    answer(run["run"], verdict, data)
    if verdict["contrasts"]:
        contrasts(run["run"], verdict, data)
    decisions.section(run["run"], data)
    maintenance.section(run["run"], data)
    comparing.section(run["run"])
    evidence(run["run"], verdict, data)
elif (current := standing(RUN)) and (started := service().latest(current, "study.started")):
    done = len(service().events(current, "study.cell"))
    st.caption(plain(words.underway(started["body"], done)))
