"""What a run will take, on New run; how long it still takes, on the page of a run that is at work."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import streamlit as st

from ..frame import fields
from ..frame.page import bodies, plain
from ..frame.session import service
from ..verdicts import cost as words
from . import paces


def section(recipe: dict[str, Any], manifest: dict[str, Any]) -> None:
    """The part of New run that says what the run will take; nothing while a field cannot be read."""
    if any(fields.wrong(recipe)):
        return
    if told := paces.foreseen(service(), recipe, manifest, st.session_state.setdefault("paces", {})):
        st.markdown("## What it will take")
        st.markdown("\n".join(f"- {plain(line)}" for line in told))


def left(run: dict[str, Any]) -> str:
    """The line on how long a run that is at work still takes, "" where that is not known."""
    known = st.session_state.setdefault("paces", {})
    key = f"forecast of {run['run']}"
    if key not in known:
        known[key] = paces.forecast(service(), run["recipe"], service().dataset(run["dataset"]), known)
    done: dict[words.Place, int] = defaultdict(int)
    for cell in bodies(run["run"], "study.cell") if run["stage"] == "study" else ():
        done[cell["arm"], cell["method"], cell["fraction"]] += 1
    return words.left_line(words.left(run, known[key], done))
