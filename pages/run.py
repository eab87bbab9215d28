"""What is this run doing, and is its representation healthy?"""

import streamlit as st

from backend.workspace.layout import BadInput
from workbench import modality
from workbench.charts import run as charts
from workbench.frame import login, once, reviewing
from workbench.frame.figures import show_chart
from workbench.frame.page import bodies, headline, link, plain
from workbench.frame.picking import pick_run
from workbench.frame.session import service
from workbench.frame.visit import of
from workbench.run import costing, health
from workbench.runs import acting
from workbench.verdicts import collapse
from workbench.verdicts import run as words

QUESTION = "What is this run doing, and is its representation healthy?"
ICON = {
    "done": ":material/check:",
    "skipped": ":material/redo:",
    "now": ":material/pending:",
    "waiting": ":material/schedule:",
    "failed": ":material/error:",
    "cancelled": ":material/cancel:",
    "ended early": ":material/content_cut:",
    "not reached": ":material/block:",
}
SAID = {state: f" ({state})" for state in ("skipped", "failed", "cancelled", "ended early", "not reached")}
NEXT = {"study": "Did it help?", "embeddings": "Embeddings", "explain": "Explain", "bias": "Bias", "report": "Report"}


@st.dialog("Cancel this run?")
def confirm_cancel(run: dict) -> None:
    st.write("It writes a checkpoint and stops. What it has recorded so far stays in the ledger.")
    if st.button("Cancel the run", type="primary", key="cancel_yes", **login.lock("cancel")):
        service().cancel(run["run"])
        st.rerun()


def state(run: dict) -> None:
    """Headline, progress and stages; for a run that ended badly the reason and its log."""
    headline(QUESTION, words.sentence(run), words.evidence(run))
    if run["state"] == "running":
        st.progress(words.fraction(run), text=plain(words.progress_text(run)))
        if line := costing.left(run):
            st.caption(plain(line))
    st.caption(" → ".join(f"{ICON[s]} {plain(name)}{SAID.get(s, '')}" for name, s in words.steps(service(), run)))
    if run["sweep"]:
        link("sweep", "The sweep of which this is a trial", icon=":material/tune:", sweep=run["sweep"]["sweep"])
    cancel = {"icon": ":material/stop_circle:", "key": "cancel"}
    live = run["state"] in words.LIVE and not run["cancelling"]
    if live and st.button("Cancel run", **cancel, **login.lock("cancel")):
        confirm_cancel(run)
    if run["state"] in ("failed", "lost"):
        log(run, expanded=True)


def log(run: dict, expanded: bool = False) -> None:
    with st.expander("Log of the worker, last lines", expanded=expanded):
        try:
            text = service().log(run["run"], tail=200) or "The worker has written nothing yet."
        except BadInput as wrong:
            st.error(plain(f"{wrong}. It is not shown; verify the record."))
            return
        st.code(text, language=None, height=240)


def curves(run: dict, seed: int, readings: list[dict]) -> None:
    """Loss against its bound beside the online kNN."""
    metrics, votes = of_seed(run, "metrics", seed), of_seed(run, "knn", seed)
    if not metrics:
        if run["state"] in words.LIVE:
            st.info("No curve yet: the first numbers come after a few steps of pretraining.")
        return
    since, bound = collapse.onset(readings), readings[-1]["loss_bound"] if readings else None
    task = words.task(run)
    if modality.of_run(run).run.draws_loss(run):
        if votes:
            show_chart(st, charts.knn(votes), key="knn", config={"displaylogo": False})
    elif votes:
        show_chart(st, charts.curves(metrics, votes, bound, since, task), key="curves", config={"displaylogo": False})
    else:
        left, right = st.columns(2)
        show_chart(left, charts.loss(metrics, bound, since, task), key="loss", config={"displaylogo": False})
        right.info("No kNN reading: it comes every few steps, for data with labels.")
    last = metrics[-1]
    st.caption(
        f"Step {last['step']:,} of {last['steps']:,} · epoch {last['epoch']:.3g} · {plain(words.rate(last))} · "
        f"learning rate {last['lr']:.2g}"
    )


def of_seed(run: dict, kind: str, seed: int) -> list[dict]:
    return [body for body in bodies(run["run"], kind) if body["seed"] == seed]


def pick_seed(run: dict) -> int:
    """Which pretraining seed is shown; the one at work unless the person chooses."""
    last = service().latest(run["run"], "metrics")
    newest = last["body"]["seed"] if last else 0
    if newest == 0:
        return 0
    seeds, key = list(range(newest + 1)), of(run["run"], "seed")
    return st.segmented_control("Pretraining seed", seeds, default=newest, key=key) or 0


def body(name: str) -> None:
    run = service().run(name)
    state(run)
    if run["state"] not in words.LIVE and st.session_state.get("watching") == name:
        st.session_state["watching"] = None
        st.rerun()  # the whole page once more, without a timer
    if "pretrain" not in words.stages_of(run):
        st.info("This run's recipe left pretraining out.")
        return
    if run["recipe"].get("train", {}).get("epochs") == 0:
        st.info("The recipe trains for 0 epochs: the encoder is used as it is, so there is nothing to watch.")
        return
    seed = pick_seed(run)
    readings = of_seed(run, "collapse", seed)
    health.strip(run, readings, seed)
    modality.of_run(run).run.panel(run, seed)
    curves(run, seed, readings)
    if run["state"] not in ("failed", "lost"):
        log(run)


chosen = pick_run(QUESTION, told=False)  # the headline says it
if chosen:
    live = chosen["state"] in words.LIVE
    if live:
        st.session_state["watching"] = chosen["run"]
    st.fragment(body, run_every=2 if live else None)(chosen["run"])
    if not live:
        again, resume = st.columns([2, 3], vertical_alignment="center")
        with again:
            acting.again(chosen)
        with resume:
            acting.resume(chosen)
    reviewing.of_run(chosen["run"])
    st.divider()
    for column, (page, label) in zip(st.columns(len(NEXT)), NEXT.items(), strict=True):
        with column:
            link(page, label, run=chosen["run"])
once.arrived()
