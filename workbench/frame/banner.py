"""What every page says first of a run that has not finished: that it waits, works, failed, was cancelled or lost."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ..verdicts import run as words
from .page import link, plain
from .session import service

BOX = {"info": st.info, "warning": st.warning, "error": st.error}


def show(run: dict[str, Any]) -> None:
    """Nothing of a run that finished."""
    if told := words.banner(run):
        level, line = told
        BOX[level](plain(line))


def nothing(run: dict[str, Any], stage: str, skipped: str) -> None:
    """Why the run has nothing from `stage`; `skipped`: the beginning of the line for a stage that was passed over."""
    told = service().latest(run["run"], "stage.skipped", stage)
    reason = told["body"]["reason"] if told else None
    st.info(plain(f"{skipped}: {reason}." if reason else words.nothing(run, stage)))
    link("run", "Open the run", run=run["run"])
