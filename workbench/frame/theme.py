"""Light or dark: which of them a browser shows, and what Streamlit's own theme leaves too faint in the dark."""

from __future__ import annotations

import streamlit as st

# The chosen one of a row of buttons is written in the primary colour, on a tint of it. In the dark no blue that carries
# white text (that of primary buttons) has a contrast of 4.5 there.
CHOSEN = "[data-testid='stButtonGroup'] button[data-selected='true'] p"
MENDED = f"<style>{CHOSEN} {{ color: light-dark(#0072B2, #F4F5F7) }}</style>"


def dark() -> bool:
    """Does the browser show the page dark? A change counts from the next click on."""
    return st.context.theme.type == "dark"


def mend() -> None:
    """Once a page."""
    st.html(MENDED)
