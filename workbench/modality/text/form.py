"""The field that only texts have when they are registered: the column that holds them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streamlit.delta_generator import DeltaGenerator

from ...frame.fields import KEPT, column
from .._form import Form


class TextForm(Form):
    def columns(self, look: dict[str, Any], own: Callable[[str], str]) -> dict[str, Any]:
        texts = [c["name"] for c in look["columns"] if c["kind"] == "text"]
        why = f"Found by itself: {look['reasons'].get('text', 'the longest')}"
        return {"text_column": column("Text", texts, look["text"], own("text_column"), why)}

    def typed(self, place: DeltaGenerator) -> dict[str, Any]:
        text = place.text_input("Text", key="text_typed", placeholder="the longest", **KEPT).strip()
        return {"text_column": text or None}


FORM = TextForm()
