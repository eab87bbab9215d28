"""The part of "What shall be trained, and how?" that says what the study will be able to see, before it starts."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ..frame import fields
from ..frame.page import plain
from ..frame.session import service
from .asking import foreseen


def section(recipe: dict[str, Any], manifest: dict[str, Any]) -> None:
    """Nothing where the recipe has no study, or a field of it cannot be read. recipe: as it is filled in."""
    if any(fields.wrong(recipe)):
        return
    lines = foreseen(service(), recipe, manifest, st.session_state.setdefault("pilots", {}))
    if not lines:
        return
    st.markdown("## What the study will be able to see")
    st.markdown("\n".join(f"- {plain(line)}" for line in lines))
