"""Charts in dark mode keep their contrast, and every chart has a name for who does not see it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import plotly.graph_objects as go
import pytest

import workbench
from workbench.charts import dark, theme
from workbench.charts.described import LONGEST, described
from workbench.charts.run import loss

CONFIG = tomllib.loads((Path(workbench.__file__).parents[1] / ".streamlit" / "config.toml").read_text())
COLOUR = re.compile(r'"(#[0-9A-Fa-f]{6})"')


def channels(colour: str) -> list[float]:
    if colour.startswith("rgb("):
        return [float(part) for part in colour[4:-1].split(",")]
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""

    def luminance(colour: str) -> float:
        parts = [
            c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in channels(colour)
        ]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(("colours", "least"), [(dark.TEXT, 4.5), (dark.MARKS, 3.0)])
def test_colours_stand_out_on_dark_ground(colours, least):
    ground = CONFIG["theme"]["dark"]["backgroundColor"]
    assert ground == dark.GROUND
    weak = {light: shown for light, shown in colours.items() if contrast(shown, ground) < least}
    assert weak == {}


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("ground", ["backgroundColor", "secondaryBackgroundColor"])
def test_captions_keep_their_contrast(mode, ground):
    """Streamlit writes them in the text's colour at 60 %."""
    told = CONFIG["theme"][mode]
    mixed = [0.6 * a + 0.4 * b for a, b in zip(*map(channels, (told["textColor"], told[ground])), strict=True)]
    assert contrast(f"rgb({','.join(map(str, mixed))})", told[ground]) >= 4.5
    assert contrast(told["linkColor"], told[ground]) >= 4.5
    assert contrast("#FFFFFF", told["primaryColor"]) >= 4.5  # what Streamlit writes on primary buttons


def test_every_colour_that_a_chart_names_has_one_for_dark_ground():
    fair = {colour for colour in theme.MANY if contrast(colour, dark.GROUND) >= 3}
    known = set(dark.COLOURS) | {colour.lower() for colour in fair}
    places = [
        *Path(workbench.__file__).parent.glob("charts/*.py"),
        *Path(workbench.__file__).parent.rglob("*charts.py"),
    ]
    named = {colour for path in places if path.name != "dark.py" for colour in COLOUR.findall(path.read_text())}
    assert named, "no colour was found"
    assert {colour for colour in named if colour.lower() not in known} == set()


def test_a_figure_is_drawn_for_dark_ground_and_stays_as_it_was():
    figure = loss([{"step": s, "loss": 1.0, "steps": 2, "parts": {}} for s in range(3)], 2.0)
    before = figure.to_json()
    shown = dark.darkened(figure)
    assert figure.to_json() == before
    text = shown.to_json()
    assert shown.layout.paper_bgcolor == dark.GROUND
    assert theme.INK not in text
    assert theme.PALETTE[0] not in text
    assert list(shown.data[0].y) == [1.0, 1.0, 1.0]


def test_a_chart_is_named():
    figure = loss([{"step": s, "loss": 1.0, "steps": 2, "parts": {}} for s in range(3)], 2.0)
    assert described(figure) == "Training loss and chance level. Across: step; up: loss (nats). Shown: Loss."
    many = go.Figure([{"type": "scatter", "name": f"<b>curve {n}</b>"} for n in range(10)])
    assert described(many).endswith("curve 6, curve 7 and 2 more.")
    long = go.Figure(layout={"title": {"text": "a &lt; b " * 200}})
    assert described(long).startswith("a < b")
    assert len(described(long)) <= LONGEST
    assert described(go.Figure()) == "Chart."
