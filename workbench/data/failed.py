"""Data that could not be registered: why, where a person looks, until it is dismissed or registered after all."""

from __future__ import annotations

from typing import Any

import streamlit as st

from backend.workspace.layout import BadInput

from ..frame.login import lock
from ..frame.page import plain
from ..frame.session import service
from ..verdicts import data as words


def show(jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Draw one box a registration that failed and still stands, the newest first; returns them. `jobs`: as listed."""
    standing = words.unregistered(jobs)
    for job in standing:
        line, button = st.columns([6, 1], vertical_alignment="center")
        line.error(plain(words.refusal(job)), icon=":material/error:")
        look = {"key": f"dismiss {job['run']}", "help": "The record keeps it", "width": "stretch"}
        button.button("Dismiss", on_click=_dismiss, args=(job["run"],), **look, **lock("label"))
    return standing


def _dismiss(run: str) -> None:
    try:
        service().labels.set(run, archived=True)
    except BadInput as problem:
        st.error(plain(str(problem)))
