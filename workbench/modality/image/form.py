"""The field that only images have when they are registered: their size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streamlit.delta_generator import DeltaGenerator

from ...frame.fields import number
from ...frame.numbers import Range
from .._form import Form


class ImageForm(Form):
    also = " and size"

    def beside_splits(self, look: dict[str, Any], own: Callable[[str], str], place: DeltaGenerator) -> dict[str, Any]:
        help, taken = "Side in pixels; empty: as it is up to 96 px, else 64", Range(8, 512, whole=True)
        size = number("Resize to", None, taken, own("size"), help=help, optional=True, empty="as it is", place=place)
        return {"size": size}


FORM = ImageForm()
