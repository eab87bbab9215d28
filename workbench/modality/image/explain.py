"""Explained images: the run's examples, a saved selection, any row, each with its maps side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from ...explain.record import SELECTION, Explained, ask_once, files, pick_row, pick_selection
from ...frame.figures import show_chart
from ...frame.page import plain
from ...frame.safe import visible
from ...frame.session import service
from ...frame.visit import of
from ...verdicts import explain as words
from .._explain import Explain
from . import charts
from .words import WORDS

GRID, SHOWN = 8, 16


class ImageExplain(Explain):
    def sources(self, shown: Explained) -> dict[str, Callable[[], None]]:
        return {
            "Examples of the run": lambda: of_the_run(shown),
            SELECTION: lambda: asked(shown, pick_selection(shown.run)),
            "Another row": lambda: asked(shown, pick_row(shown)),
        }


def of_the_run(shown: Explained) -> None:
    """Pick one of the run's examples by its thumbnail or from the list; its maps are already there."""
    body, classes = next(iter(shown.methods.values())), shown.manifest["classes"]
    rows, told = body["rows"], zip(body["label"], body["predicted"], body["probability"], strict=True)
    titles = [words.caption(*one, classes, words.unit_of(shown.manifest)) for one in told]
    pictures = service().thumbnails(shown.run["dataset"], rows[:SHOWN], 96)
    box = of(shown.run["run"], "example")
    for start in range(0, len(pictures), GRID):
        for i, column in enumerate(st.columns(GRID), start=start):
            if i < len(pictures):
                told = f"Row {rows[i]:d}: {visible(titles[i])}"
                column.image(pictures[i], caption=plain(titles[i]), width="stretch", alt=told)
                column.button(f"Row {rows[i]:d}", key=f"row_{i}", on_click=choose, args=(box, i), width="stretch")
    names = [visible(f"Row {row}: {title}") for row, title in zip(rows, titles, strict=True)]
    at = st.selectbox("Example", range(len(rows)), format_func=names.__getitem__, key=box)
    png = service().thumbnails(shown.run["dataset"], [rows[at]])[0]
    done = {m: b["completeness"] for m, b in shown.methods.items()}
    draw(
        [figure_row(f"Row {rows[at]}", png, shown.files, done, at)],
        words.completeness_notes(done, [at]),
        words.of_number(body),
    )


def choose(box: str, at: int) -> None:
    st.session_state[box] = at


def asked(shown: Explained, rows: list[int]) -> None:
    """Rows that the run did not explain: the warm worker does it now."""
    if not rows:
        return
    sha256 = shown.classifier
    question = {"kind": "attribute", "run": shown.run["run"], "classifier": sha256, "dataset": shown.manifest}
    question |= {"rows": rows, "methods": list(shown.methods)}
    doing = f"Explaining {len(rows)} {'row' if len(rows) == 1 else 'rows'}"
    answer = ask_once(question, (sha256, tuple(rows)), doing)
    if answer is None:
        return
    result, found = answer["result"], files(answer["subjects"])
    done = {m: f["completeness"] for m, f in result["methods"].items()}
    pictures = service().thumbnails(shown.run["dataset"], rows)
    told = zip(rows, result["label"], result["predicted"], result["probabilities"], strict=True)
    classes, unit = result["classes"], words.unit_of(shown.manifest)
    notes = [
        f"Row {row}: {words.caption(label, guess, words.sure(shares, guess), classes, unit)}"
        for row, label, guess, shares in told
    ]
    drawn = [figure_row(f"Row {row}", pictures[i], found, done, i) for i, row in enumerate(rows)]
    draw(drawn, [*notes, *words.completeness_notes(done, range(len(rows)))], not classes)


def figure_row(title: str, png: bytes, found: dict[str, str], done: dict[str, Any], at: int) -> dict[str, Any]:
    """One example for the figure: its image and the maps at position `at` of their files."""
    errors = {name: c["errors"][at] for name, c in done.items() if c}
    panels = [
        (words.panel(name, errors.get(name)), service().array(sha256, "maps", [at])[0])
        for name, sha256 in ((n, found[n]) for n in words.ordered(found, WORDS))
    ]
    return {"title": title, "png": png, "panels": panels}


def draw(rows: list[dict[str, Any]], notes: list[str], of_number: bool = False) -> None:
    show_chart(st, charts.maps(rows, of_number), width="stretch", key="maps", config={"displaylogo": False})
    st.caption("  \n".join(plain(note) for note in [WORDS.colours, *notes]))


EXPLAIN = ImageExplain()
