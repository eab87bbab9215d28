"""One way for every form to write: what was refused is said in place, what was written shows at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from backend.workspace.layout import BadInput

from .page import plain


def write(change: Callable[[], Any]) -> None:
    """Do it and draw the page anew; a BadInput (Forbidden among them) becomes one line."""
    try:
        change()
    except BadInput as problem:
        st.error(plain(str(problem)))
        return
    st.rerun()
