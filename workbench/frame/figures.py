"""How a page draws a figure of Plotly: named for who does not see it, and in the colours of the theme."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from ..charts.dark import darkened
from ..charts.described import described
from .theme import dark


def show_chart(place: Any, figure: go.Figure, **options: Any) -> Any:
    """Draw it at `place` (st, a column); `options`: of Streamlit's plotly_chart."""
    name = described(figure)
    return place.plotly_chart(darkened(figure) if dark() else figure, alt=name, **options)
