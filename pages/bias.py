"""Whom does the model treat worse?"""

import streamlit as st

from workbench.bias.probing import KINDS, section
from workbench.bias.proxies import section as proxies_section
from workbench.bias.slicing import section as slice_section
from workbench.bias.slicing import wanted
from workbench.charts import bias as charts
from workbench.frame import reviewing
from workbench.frame.figures import show_chart
from workbench.frame.page import headline, link, plain
from workbench.frame.picking import pick_run
from workbench.frame.safe import cells
from workbench.frame.session import service
from workbench.frame.visit import of
from workbench.verdicts import bias as words
from workbench.verdicts.arms import ARM_NAME

QUESTION = "Whom does the model treat worse?"
NOT_ASKED = "Not examined: this run compared no groups and ran no probes."
TO_ASK = (
    'The stage "audit_bias" compares groups and needs data with a sensitive column (workbench data add --sensitive); '
    'the stage "probe_bias" probes a language model and needs none. Start a run with them.'
)
NEED_NO_COLUMN = (
    "Groups are compared only for data with a sensitive column. The probes above need none, except the one for leakage."
)
SLICES = "Any part of the data can be compared with the rest: select it on the map, save it, open it here."


def pick(run: str, bodies: list[dict]) -> tuple[str, str, str]:
    """(attribute, metric, arm) that the page shows; it opens where the evidence for a gap is strongest."""
    arms = list(dict.fromkeys(b["arm"] for b in bodies))
    attributes = list(dict.fromkeys(b["attribute"] for b in bodies))
    key = of(run, "arm")
    arm = st.segmented_control("Model", arms, default=arms[0], format_func=ARM_NAME.get, required=True, key=key)
    attribute, metric = words.strongest([b for b in bodies if b["arm"] == arm])
    metrics = words.ordered(bodies[0]["gaps"])
    first, second = st.columns([3, 4])
    return (
        first.selectbox("Attribute", attributes, index=attributes.index(attribute), key=of(run, "attribute")),
        second.selectbox(
            "Error" if words.of_number(bodies[0]) else "Rate",
            metrics,
            index=metrics.index(metric),
            format_func=words.name,
            key=of(run, "metric"),
        ),
        arm,
    )


def groups(body: dict, both: dict[str, dict], metric: str) -> None:
    show_chart(st, charts.groups(both, metric), key="groups", config={"displaylogo": False})
    small = words.too_small(body)
    if small:
        st.caption(plain(small))
    with_model = f"of the model: {ARM_NAME[body['arm']]}"
    every = "error" if words.of_number(body) else "rate"
    st.markdown(f"**Every {every} of every group**, {with_model}, with 95 % intervals")
    st.dataframe(cells(words.group_rows(body)), hide_index=True, width="stretch")
    st.markdown(f"**Is there a gap?** {with_model}")
    st.dataframe(cells(words.gap_rows(body)), hide_index=True, width="stretch")
    if parity := words.parity_rows(both, ARM_NAME):
        st.markdown("**Parity over the groups that are large enough** (Fairlearn's definitions)")
        st.dataframe(cells(parity), hide_index=True, width="stretch")
    for note in body["notes"]:
        st.caption(plain(note))
    st.caption(plain(words.method(body)))


def against_supervised(run: str, attribute: str, metric: str) -> None:
    """Does pretraining widen the gap, and does it amplify the bias of the labels?"""
    st.header("Does pretraining widen the gap?", anchor=False)
    event = service().latest(run, "fairness.contrast", attribute)
    if event is None:
        st.info("This run has no supervised model beside the pretrained one: add scratch_aug to the study's baselines.")
        return
    body = event["body"]
    if metric in body["metrics"]:
        said = words.contrast_sentence(body["metrics"][metric], metric, words.unit_of(body))
        st.markdown(plain(f"{words.name(metric)}: {said}"))
    if charts.comparable(body):
        show_chart(st, charts.contrast(body), key="contrast", config={"displaylogo": False})
    st.dataframe(cells(words.contrast_rows(body)), hide_index=True, width="stretch")
    for note in body["notes"]:
        st.caption(plain(note))
    amplified = service().latest(run, "fairness.amplification", attribute)
    if amplified:
        st.header("Does it amplify the bias of the labels?", anchor=False)
        found = amplified["body"]
        st.markdown(plain(words.amplification_sentence(found, attribute)))
        beside = words.amplification_sentence(found["zhao_2017"], attribute)
        st.caption(plain(f"Directional bias amplification, Wang & Russakovsky (2021). Zhao et al. (2017): {beside}"))


def audited(run: dict, bodies: list[dict]) -> None:
    answer = st.container()
    attribute, metric, arm = pick(run["run"], bodies)
    both = {b["arm"]: b for b in bodies if b["attribute"] == attribute}
    with answer:
        headline(QUESTION, words.sentence(both[arm], metric), words.evidence(both[arm], bodies))
    groups(both[arm], both, metric)
    reviewing.of_finding(run["run"], "fairness", f"{arm}/{attribute}")
    against_supervised(run["run"], attribute, metric)


def body(run: dict) -> None:
    kept = wanted(run)
    if kept:
        slice_section(run, kept, "Is the model worse on this slice?")
    bodies = [e["body"] for e in service().events(run["run"], "fairness")]
    if bodies:
        audited(run, bodies)
        proxies_section(run)
        section(run)
    else:
        without_groups(run)
        if not kept:
            st.info(SLICES)
    st.divider()
    link("embeddings", "See these groups on the map", icon=":material/scatter_plot:", run=run["run"])
    link("audit", "Check the record that this rests on", icon=":material/verified_user:")


def without_groups(run: dict) -> None:
    """What the probes found, and why no group was compared."""
    section(run, QUESTION)
    reason = why_not(run["run"])
    if not any(service().latest(run["run"], kind) for kind in KINDS):
        headline(QUESTION, reason or NOT_ASKED, "" if reason else TO_ASK)
        return
    if reason:
        st.info(plain(reason))
    st.caption(NEED_NO_COLUMN)


def why_not(run: str) -> str:
    skipped = service().latest(run, "stage.skipped", "audit_bias")
    return f"Nothing was audited: {skipped['body']['reason']}." if skipped else ""


chosen = pick_run(QUESTION, need=("fairness", *KINDS, "predictions"))
if chosen:
    body(chosen)
