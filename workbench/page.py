"""What every page is made of: a headline that answers its question, a run picker, links, empty states."""

from __future__ import annotations

import re
from base64 import b64encode
from pathlib import Path, PurePath
from typing import Any

import streamlit as st

from .session import service

# Within the page: a file at /media would need a sign-in first, and a material icon the network.
ICON = "data:image/png;base64," + b64encode(Path(__file__).with_name("icon.png").read_bytes()).decode()
FINISHED = ("succeeded",)
LIVE = ("queued", "running", "lost")
STAGE_OF = {"study.verdict": "study", "projection": "project", "attribution": "attribute", "fairness": "audit_bias"}


def headline(question: str, sentence: str, evidence: str = "") -> None:
    """The page's question, small; its answer, large; what the answer rests on, beneath."""
    st.caption(question)
    st.subheader(plain(sentence), anchor=False)
    if evidence:
        st.caption(plain(evidence))


# What Markdown would read as emphasis, code, mathematics, a link or one of Streamlit's :directives[].
_SIGNS = re.compile(r"[\\`*$~]|(?<!\w)_|_(?!\w)|(?<=\])\(|:(?=[a-z])")


def plain(text: str) -> str:
    """`text` with Markdown's signs escaped: names and reasons come from files and must not become markup."""
    return _SIGNS.sub(lambda sign: "\\" + sign.group(), text)


def link(page: str, label: str, icon: str | None = None, **query: str) -> None:
    """A link to another page, by file name ("run" or "pages/run.py"); `query` (run=...) goes along.

    Pages lie beside the package of the entry script, so Streamlit wants their paths relative to it.
    """
    target = f"../pages/{PurePath(page).stem}.py"
    st.page_link(target, label=label, icon=icon, query_params=query or None)


def go(page: str, **query: str) -> None:
    """Leave for another page, as `link` does when it is clicked."""
    st.switch_page(f"../pages/{PurePath(page).stem}.py", query_params=query or None)


def empty(sentence: str, next_step: str, page: str | None = None, label: str = "") -> None:
    """An empty state: what is missing and what to do next, with a link to the page where it is done."""
    st.info(f"{plain(sentence)}  \n{plain(next_step)}")
    if page:
        link(page, label or "Go there", icon=":material/arrow_forward:")


def pick_run(question: str, need: str | tuple[str, ...] = (), key: str = "run") -> dict[str, Any] | None:
    """The run that the page is about: from `?run=` or a select box, newest first; None after an empty state.

    The choice goes with the person from page to page. `need` names an event kind without which the run has
    nothing to show on this page, or several of which one is enough.
    """
    runs = [r for r in service().runs() if r["kind"] == "run"]
    if not runs:
        st.caption(question)
        empty("No run yet.", "Start one: it takes a registered data set and a recipe.", "new_run", "New run")
        return None
    run = _choose(runs, f"pick_{key}")
    kinds = (need,) if isinstance(need, str) else need
    if kinds and not any(service().latest(run["run"], kind) for kind in kinds):
        st.caption(question)
        _say_why_nothing(run, kinds[0])
        return None
    return run


def bodies(run: str, kind: str) -> list[dict[str, Any]]:
    """Bodies of a run's events of one kind, in order. A page that looks again reads only what is new."""
    known = st.session_state.get("bodies")
    if known is None or known["run"] != run:
        known = st.session_state["bodies"] = {"run": run, "kinds": {}}
    seen = known["kinds"].setdefault(kind, {"after": -1, "found": []})
    for event in service().events(run, kind, after=seen["after"]):
        seen["found"].append(event["body"])
        seen["after"] = event["leaf"]
    return seen["found"]


def _choose(runs: list[dict[str, Any]], key: str) -> dict[str, Any]:
    names = [r["run"] for r in runs]
    titles = {r["run"]: f"{r['title'] or r['run']} · {r['dataset']} · {r['state']}" for r in runs}
    if st.session_state.get(key) not in names:
        wanted = [st.query_params.get("run"), st.session_state.get("current_run"), names[0]]
        st.session_state[key] = next(name for name in wanted if name in names)
    chosen = st.selectbox("Run", names, format_func=titles.get, key=key)
    st.session_state["current_run"] = st.query_params["run"] = chosen
    return next(r for r in runs if r["run"] == chosen)


def _say_why_nothing(run: dict[str, Any], need: str) -> None:
    """Why the run has no event of the kind `need`; a stage that was skipped has its reason told by the page."""
    if service().latest(run["run"], "stage.skipped", STAGE_OF.get(need)):
        return
    if run["state"] in LIVE:
        st.info(f"This run has not come that far: it is {run['state']} ({run['stage'] or 'waiting'}).")
    elif run["state"] == "succeeded":
        st.info("This run's recipe left this stage out.")
    else:
        reason = plain(run["reason"] or "no reason given")
        ended = "was cancelled" if run["state"] == "cancelled" else "failed"
        st.warning(f"This run {ended} before it came that far: {reason}")
    link("run", "Open the run", run=run["run"])
