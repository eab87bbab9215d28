"""What a chapter is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import plotly.graph_objects as go

WITHHELD = "not printed: offensive words"


@dataclass
class Table:
    title: str
    rows: list[dict[str, Any]]


@dataclass
class Chapter:
    """`verdict` is the section's one sentence on the first page; a figure is a function, called when it is drawn."""

    verdict: str = ""
    sentences: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    figures: list[Callable[[], go.Figure]] = field(default_factory=list)
    pairs: list[Callable[[], go.Figure]] = field(default_factory=list)  # small ones, two in a row
    code: str = ""
