"""Fields of a modality's own in the form that registers a data set; by default none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ..frame.safe import cells
from ..verdicts import data as words


class Form:
    also = ""  # what stands beside the splits: " and size"

    def columns(self, look: dict[str, Any], own: Callable[[str], str]) -> dict[str, Any]:
        """Columns that hold the examples themselves: {field of the spec: name}.

        look: backend.data.preview; own: the key of a widget for this source alone.
        """
        return {}

    def described(self, look: dict[str, Any], own: Callable[[str], str]) -> dict[str, Any]:
        """What the columns hold, and fields of the spec that say otherwise."""
        st.dataframe(cells(words.column_rows(look)), hide_index=True)
        return {}

    def beside_splits(self, look: dict[str, Any], own: Callable[[str], str], place: DeltaGenerator) -> dict[str, Any]:
        """Further fields of the spec, drawn in `place` beside the splits."""
        return {}

    def typed(self, place: DeltaGenerator) -> dict[str, Any]:
        """As `columns`, typed: of a source that shows none before it is fetched."""
        return {}


FORM = Form()
