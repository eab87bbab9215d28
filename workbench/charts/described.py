"""What a figure is called for who does not see it: its title, panels, axes and curves in one line. Pure."""

from __future__ import annotations

import re
from html import unescape

import plotly.graph_objects as go

LONGEST = 400  # characters: more than that nobody listens to
MOST = 8  # curves that are named
_TAGS = re.compile(r"<br\s*/?>|</?[a-z][^>]*>", re.IGNORECASE)


def described(figure: go.Figure) -> str:
    """ "What pretraining adds, paired difference. Across: labels; up: points. Shown: boosting, linear." """
    layout = figure.layout
    panels = [note.text for note in layout.annotations if (note.text or "").startswith("<b>")]
    title = _plain(layout.title.text) or ", ".join(map(_plain, panels)) or "Chart"
    parts = [title]
    if _plain(layout.title.text) and panels:
        parts.append(f"Panels: {', '.join(map(_plain, panels))}")
    if axes := [
        f"{way}: {name}"
        for way, axis in (("across", layout.xaxis), ("up", layout.yaxis))
        if not panels and (name := _plain(axis.title.text))
    ]:
        parts.append("; ".join(axes).capitalize())
    names = list(dict.fromkeys(_plain(trace.name) for trace in figure.data if trace.name))
    if names:
        more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
        parts.append(f"Shown: {', '.join(names[:MOST])}{more}")
    return f"{'. '.join(part.rstrip('.') for part in parts)}."[:LONGEST]


def _plain(text: str | None) -> str:
    return " ".join(unescape(_TAGS.sub(" ", text or "")).replace("\u2060", "").split())
