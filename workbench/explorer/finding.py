"""Rows found by their numbers: what a person types becomes the selection."""

from __future__ import annotations

import re

import streamlit as st

from backend.workspace.layout import BadInput

from .component import problem_kept
from .looking import View

MOST_CHARACTERS = 500
PART = re.compile(r"(\d{1,12})(?:\s*-\s*(\d{1,12}))?")


def rows_of(told: str, count: int) -> list[int]:
    """Row numbers in "17, 40-45", both ends included, of a data set of `count` rows. Raises BadInput with one line."""
    found: set[int] = set()
    for part in filter(None, re.split(r"[,;\s]+", re.sub(r"\s*-\s*", "-", told.strip()))):
        match = PART.fullmatch(part)
        if match is None:
            raise BadInput(f"rows: expected numbers such as 17, 40-45, found {part[:40]!r}")
        first, last = int(match[1]), int(match[2] or match[1])
        if not first <= last < count:
            raise BadInput(f"rows: expected numbers from 0 to {count - 1:,}, the smaller first, found {part[:40]!r}")
        found.update(range(first, last + 1))
    return sorted(found)


def by_number(view: View) -> None:
    """The field; a callback, so that the maps above it are drawn with what was found."""
    st.text_input(
        "Find rows by number",
        max_chars=MOST_CHARACTERS,
        placeholder="e.g. 17, 40-45",
        key="find",
        on_change=_find,
        args=(view,),
    )


def _find(view: View) -> None:
    with problem_kept():
        view.selected.set(rows_of(st.session_state["find"], len(view.selected.mask)))
