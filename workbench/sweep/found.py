"""One sweep: what it found and how far it is, its trials, and the recipe that a trial makes."""

from __future__ import annotations

from typing import Any

import streamlit as st

from backend.workspace.layout import BadInput

from ..charts import advice as advice_charts
from ..charts import sweep as charts
from ..frame import login, once
from ..frame.figures import show_chart
from ..frame.page import headline, link, plain
from ..frame.safe import cells, marked, visible
from ..frame.session import service
from ..frame.visit import of
from ..recipes import in_order, to_toml
from ..verdicts import advice
from ..verdicts import sweep as words

PLAIN = {"displaylogo": False, "displayModeBar": False}


OFTEN, NOW_AND_THEN = 2, 8  # seconds: how far it is, and the figures, which take longer to draw


def show(name: str, question: str) -> None:
    """The sweep. While it is under way how far it is and its figures are drawn again, each at its own pace."""
    live = service().sweeps.of(name)["state"] == "running"
    st.fragment(_standing, run_every=OFTEN if live else None)(name, question, live)
    # Outside of what is drawn again by itself: there a redrawing may swallow the click on the dialog's button.
    cancel = {"icon": ":material/stop_circle:", "key": "cancel_sweep"}
    if live and st.button("Cancel the sweep", **cancel, **login.lock("cancel")):
        _confirm(name)
    st.fragment(_shown, run_every=NOW_AND_THEN if live else None)(name)
    sweep = service().sweeps.of(name)
    if not live and words.top(sweep):
        _recipe(sweep)


def _standing(name: str, question: str, live: bool) -> None:
    """What it found and how far it is."""
    sweep = service().sweeps.of(name)
    if live and sweep["state"] != "running":
        st.rerun()  # the whole page once more, without a timer
    headline(question, words.sentence(sweep), words.evidence(sweep))
    if sweep["state"] == "running":
        st.progress(words.fraction(sweep), text=plain(words.left(sweep)))
    elif sweep["state"] != "finished":
        st.warning(plain(f"The sweep was {words.end(sweep)}. What it found before stays."))


def _shown(name: str) -> None:
    """What it rests on: the verdict on tasks, how it searched, figures, trials."""
    sweep = service().sweeps.of(name)
    if words.advised(sweep):
        _advice(sweep)
    for line in (words.scope(sweep), *words.how(sweep), words.not_searched(sweep["plan"])):
        if line:
            st.caption(plain(line))
    _figures(sweep)
    if sweep["trials"]:
        with st.expander("Trials", expanded=not words.top(sweep)):
            rows = [words.row(sweep["plan"], one) for one in sweep["trials"]]
            st.dataframe(cells(rows), hide_index=True, width="stretch", placeholder="")


def _advice(sweep: dict[str, Any]) -> None:
    """What each task came to, and whether scores without labels would have said the same."""
    for line in (advice.spread(sweep), advice.ranking(sweep)):
        if line:
            st.markdown(plain(line))
    left, right = st.columns(2)
    show_chart(left, advice_charts.tasks(sweep), key="tasks", config=PLAIN)
    show_chart(right, advice_charts.ranks(sweep), key="ranks", config=PLAIN)
    with st.expander("The tasks, and the scores without labels"):
        st.table(marked(advice.rows(sweep)))
        st.table(marked(advice.rank_rows(sweep)))


def _figures(sweep: dict[str, Any]) -> None:
    if not any(one["readings"] for one in sweep["trials"]):
        if sweep["state"] == "running":
            st.info("No figure yet: the first reading comes after a quarter of the first trial's training.")
        return
    show_chart(st, charts.parallel(sweep), key="parallel", config=PLAIN)
    st.caption(words.LINES)
    left, right = st.columns(2)
    show_chart(left, charts.frontier(sweep), key="frontier", config=PLAIN)
    if sweep["outcome"].get("importance"):
        show_chart(right, charts.importance(sweep), key="importance", config=PLAIN)
    else:
        right.info(plain(words.no_importance(sweep)))


@st.dialog("Cancel this sweep?")
def _confirm(name: str) -> None:
    st.write("The trial that is under way writes a checkpoint and ends. What was found so far stays in the ledger.")
    if st.button("Cancel the sweep", type="primary", key="cancel_sweep_yes", **login.lock("cancel")):
        service().sweeps.cancel(name)
        st.rerun()


def _recipe(sweep: dict[str, Any]) -> None:
    """Make a trial's settings a recipe: the best one's unless the person picks another."""
    st.markdown("## Make this a recipe")
    st.caption(words.BEST_OF_MANY)
    whole = sorted(
        (one for one in sweep["trials"] if one["state"] == "complete" and one["phase"] != "confirm"),
        key=lambda one: (-one["score"], one["number"]),
    )
    named = {
        one["number"]: f"{words.score(sweep['plan'], one['score'])}: {words.described(sweep['plan'], one)}"
        for one in whole
    }
    key = of(sweep["sweep"], "made")
    number = st.selectbox("Trial", list(named), format_func=lambda n: f"Trial {n + 1}, {visible(named[n])}", key=key)
    if number is None:
        return
    recipe = in_order(service().sweeps.recipe(sweep["sweep"], number))
    toml = to_toml(recipe)
    start, get, look = st.columns([2, 2, 2], vertical_alignment="center")
    asked = once.pressed(
        start, "Start a run of it", "sweep_run", type="primary", icon=":material/play_arrow:", **login.lock("submit")
    )
    get.download_button(
        "The recipe as TOML", toml, "recipe.toml", "application/toml", key="sweep_toml", icon=":material/download:"
    )
    with look:
        run = next(one["run"] for one in whole if one["number"] == number)
        link("run", "The trial's own run", icon=":material/monitoring:", run=run)
    if asked:
        try:
            with once.acting("sweep_run"):
                once.started(service().submit(recipe))
        except BadInput as error:
            st.error(plain(str(error)))
            return
        once.follow()
    with st.expander("The recipe"):
        st.code(visible(toml, lines=True), language="toml")
