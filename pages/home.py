"""What is going on here?"""

import streamlit as st

from backend.workspace.formats import minute
from backend.workspace.layout import BadInput
from workbench.cli.commands import start_demo
from workbench.data import failed
from workbench.frame import login, once, visit
from workbench.frame.page import headline, link, plain
from workbench.frame.session import service
from workbench.runs import machine
from workbench.verdicts import run as words

QUESTION = "What is going on here?"
SHOWN = 8  # runs that ended; the rest is on the page Runs


def live_runs() -> None:
    """Runs that wait or work, with progress and time left."""
    live = [r for r in service().runs() if r["kind"] != "interactive" and r["state"] in words.LIVE]
    if not live and st.session_state.get("home_live"):
        st.session_state["home_live"] = False
        st.rerun()
    for run in live:
        with st.container(border=True):
            st.markdown(f"**{plain(words.name(run))}** · {plain(words.sentence(run))}")
            if run["state"] == "running":
                st.progress(words.fraction(run), text=plain(words.progress_text(run)))
            if run["kind"] == "run":
                link("run", "Watch", icon=":material/monitoring:", run=run["run"])


@st.cache_data(max_entries=500, show_spinner=False)
def verdicts(workspace: str, run: str, attempt: int) -> list[str]:
    """The sentences of an ended run, which change only where it is resumed."""
    return words.sentences(service(), run)


def ended_runs(runs: list[dict]) -> None:
    """The last runs that ended, each with what it came to."""
    st.markdown("## Runs that ended")
    for run in runs[:SHOWN]:
        with st.container(border=True):
            st.markdown(f"**{plain(words.name(run))}** · {plain(run['dataset'])} · {minute(run['ended'])}")
            for line in verdicts(str(service().workspace.root), run["run"], run["attempt"]):
                st.markdown(f"- {plain(line)}")
            link("run", "Open", icon=":material/arrow_forward:", run=run["run"])
    link("runs", "All runs", icon=":material/list:")


def datasets(found: list[dict]) -> None:
    st.markdown("## Data")
    for data in found:
        st.write(plain(words.dataset_line(data)))
    link("data", "All data", icon=":material/database:")


def demo() -> None:
    """One click to see the whole loop: the built-in data set, then the demo recipe on it."""
    st.write(
        "The demo generates a small data set of clinic-like images in which everything is known, pretrains on it "
        "without labels and runs every stage. It takes about five minutes on two CPU cores."
    )
    look = {"type": "primary", "icon": ":material/play_arrow:"}
    if once.pressed(st, "Run the demo", "demo", **look, **login.lock("submit")):
        try:
            with st.spinner("Generating the images and checking them …"), once.acting("demo"):
                once.started(start_demo(service()))
        except BadInput as error:
            st.error(plain(str(error)))
            return
        once.follow()


once.follow()
runs, data = visit.jobs(), service().datasets()
live = [r for r in runs if r["kind"] != "interactive" and r["state"] in words.LIVE]
headline(QUESTION, words.overview(runs, data))
if failed.show(runs):
    link("data", "Register it again", icon=":material/database:")
if not data and not live and not any(r["kind"] == "run" for r in runs):
    demo()
    link("data", "Or bring your own data", icon=":material/database:")
    st.stop()
if live:
    st.session_state["home_live"] = True
st.fragment(live_runs, run_every=2 if live else None)()
st.fragment(machine.section, run_every=5 if live else None)()
ended = [r for r in runs if r["kind"] == "run" and r["state"] not in words.LIVE and not (r["sweep"] or r["archived"])]
if ended:
    ended_runs(ended)
datasets(data)
if not any(r["kind"] == "run" for r in runs):
    link("new_run", "Start a run", icon=":material/add_circle:")
