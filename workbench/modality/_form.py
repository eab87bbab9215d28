"""Fields of a modality's own in the form that registers a data set; by default none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streamlit.delta_generator import DeltaGenerator


class Form:
    also = ""  # what stands beside the splits: " and size"

    def columns(self, look: dict[str, Any], own: Callable[[str], str]) -> dict[str, Any]:
        """Columns that hold the examples themselves: {field of the spec: name}.

        look: backend.data.preview; own: the key of a widget for this source alone.
        """
        return {}

    def beside_splits(self, look: dict[str, Any], own: Callable[[str], str], place: DeltaGenerator) -> dict[str, Any]:
        """Further fields of the spec, drawn in `place` beside the splits."""
        return {}

    def typed(self, place: DeltaGenerator) -> dict[str, Any]:
        """As `columns`, typed: of a source that shows none before it is fetched."""
        return {}


FORM = Form()
