"""A window as a small picture: a line a channel, each on a scale of its own. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...charts.theme import GREY, INK, PALETTE
from ...frame.safe import as_html

WIDTH, LINE, MARGIN, NAMES = 230, 20, 6, 92
MOST = 6  # channels


def picture(values: np.ndarray, names: Sequence[str], title: str) -> bytes:
    """SVG. values: C x L, NaN where missing; the channels that move furthest, MOST of them, in their order."""
    values = np.asarray(values, np.float64)
    chosen = strongest(values)
    height = 2 * MARGIN + LINE * (len(chosen) + 1)
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}">',
        f'<rect width="{WIDTH}" height="{height}" fill="#FFFFFF"/>',
        _text(MARGIN, MARGIN + 11, title, INK, 11),
    ]
    for place, channel in enumerate(chosen):
        top = MARGIN + LINE * (place + 1)
        drawn.append(_text(MARGIN, top + 13, _cut(names[channel]), GREY, 10))
        drawn += [
            f'<polyline fill="none" stroke="{PALETTE[0]}" stroke-width="1.4" points="{points}"/>'
            for points in lines(values[channel], NAMES, WIDTH - MARGIN, top + 2, top + LINE - 3)
        ]
    return "".join([*drawn, "</svg>"]).encode()


def strongest(values: np.ndarray, most: int = MOST) -> list[int]:
    """Channels of standardised values that lie furthest from their means, in the order of the data set."""
    size = np.nan_to_num(np.abs(values)).mean(axis=1)
    return sorted(np.argsort(-size, kind="stable")[:most].tolist())


def lines(values: np.ndarray, left: float, right: float, top: float, bottom: float) -> list[str]:
    """Points of a polyline for each stretch without a gap; a stretch of one reading is a short dash."""
    known = np.isfinite(values)
    if not known.any():
        return []
    least, most = values[known].min(), values[known].max()
    x = np.linspace(left, right, len(values))
    y = bottom - (values - least) / ((most - least) or 1.0) * (bottom - top)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], known.astype(int), [0]])))
    found = []
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        each = [(x[k], y[k]) for k in range(begin, end)]
        each = each if len(each) > 1 else [(each[0][0] - 1, each[0][1]), (each[0][0] + 1, each[0][1])]
        found.append(" ".join(f"{a:.1f},{b:.1f}" for a, b in each))
    return found


def _text(x: float, y: float, text: str, colour: str, size: int) -> str:
    return f'<text x="{x}" y="{y}" fill="{colour}" font-size="{size}" font-family="sans-serif">{as_html(text)}</text>'


def _cut(text: str, most: int = 14) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
