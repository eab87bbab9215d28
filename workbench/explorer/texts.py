"""Texts beside the map: what a hover box says, the selection as a table, and the search by a typed text.

A text with a slur is hidden until the person asks to see such texts.
"""

from __future__ import annotations

import textwrap
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from backend.data.identity import holds_slur
from backend.workspace.layout import BadInput

from ..frame.page import plain
from ..frame.safe import cells, drawn
from ..frame.session import service
from .columns import Source, frame, places

CUT, LINE = 160, 60  # characters of a text in a hover box, and of a line there
BUDGET = 1_000_000  # characters that all hover boxes of a map may take: they travel with every drawing
FEWEST = 50  # below so many characters (above 20,000 points) a box says nothing, and the map goes without
READ = 400  # characters in which slurs are looked for before the cut
LISTED = 200  # texts in a table
MOST_WHOLE, ASKED = 20_000, 256  # whole texts in a file, and at a time
FOUND = 15  # nearest texts of a search
HIDDEN = "hidden: it holds a slur"
UNKNOWN = {"label": "missing", "predicted": "not predicted"}
TEXT = st.column_config.TextColumn("Text", width="large")
COSINE = st.column_config.NumberColumn("Cosine", format="%.3f")


def cut(text: str, most: int) -> str:
    """At most `most` characters on one line, cut between words where there is a space."""
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    kept = line[: most - 1]
    return (kept.rsplit(" ", 1)[0] if " " in kept else kept) + "…"


def boxed(text: str, most: int, show: bool) -> str:
    """The hover box of a text: cut, broken into lines, and without anything that Plotly reads as markup."""
    if not show and holds_slur(text):
        return HIDDEN
    lines = textwrap.wrap(cut(text, most), LINE) or ["(empty)"]
    return "<br>".join(map(drawn, lines))


@lru_cache(maxsize=8)
def hover(dataset: str, sha256: str, show: bool) -> list[str] | None:
    """The hover boxes of the points of a map of texts; None where there are too many points."""
    rows = places(sha256).rows.tolist()
    most = min(CUT, BUDGET // max(1, len(rows)))
    if most < FEWEST:
        return None
    return [boxed(text, most, show) for text in service().text_starts(dataset, rows, READ)]


def table(dataset: str, source: Source, rows: list[int], show: bool) -> pd.DataFrame:
    """Row, text, label and prediction of at most LISTED rows, in their order."""
    rows = rows[:LISTED]
    known = frame(source)
    said = [HIDDEN if not show and holds_slur(text) else text for text in service().text_starts(dataset, rows, 1000)]
    found = pd.DataFrame({"Row": rows, "Text": said})
    names = {"label": "Label", "predicted": "Prediction"}
    for column, name in names.items():
        if column in known:
            values = known[column].iloc[rows].astype("object")
            found[name] = values.where(values.notna(), UNKNOWN[column]).to_numpy()
    return found


def whole(dataset: str, rows: np.ndarray) -> list[str] | None:
    """The whole texts of these rows; None of more than MOST_WHOLE."""
    if len(rows) > MOST_WHOLE:
        return None
    parts = [rows[start : start + ASKED].tolist() for start in range(0, len(rows), ASKED)]
    return [text for part in parts for text in service().texts(dataset, part)]


def listed(dataset: str, source: Source, rows: list[int], show: bool, key: str, count: int | None = None) -> None:
    """The first LISTED of these rows as a table; `count`: how many they are, where only the first are given."""
    st.dataframe(cells(table(dataset, source, rows, show)), hide_index=True, column_config={"Text": TEXT}, key=key)
    count = len(rows) if count is None else count
    if count > LISTED:
        st.caption(f"The first {LISTED} of {count:,}.")


def near(
    dataset: str, source: Source, found: list[tuple[int, float]], show: bool, key: str, mapped: np.ndarray | None = None
) -> None:
    """Rows with their cosine as a table; `mapped`: the rows of the map, where not all are on it."""
    shown = table(dataset, source, [row for row, _ in found], show)
    shown.insert(0, "Cosine", [cosine for _, cosine in found])
    if mapped is not None:
        shown["On the map"] = np.where(np.isin(shown["Row"], mapped), "yes", "no")
    st.dataframe(cells(shown), hide_index=True, column_config={"Text": TEXT, "Cosine": COSINE}, key=key)


def asked(run: str) -> dict[str, Any] | None:
    """The last search of this run: {"text", "found": [(row, cosine)], "tokens"}."""
    return st.session_state.get(f"search_{run}")


def search(run: dict[str, Any]) -> None:
    """The form: a typed text goes to the warm worker, and what comes back stays until it is cleared."""
    key = f"search_{run['run']}"
    with st.form("search", border=False):
        field, button, clear = st.columns([8, 1.4, 1.4], vertical_alignment="bottom")
        text = field.text_input(
            "Search by text",
            max_chars=2000,
            placeholder="Type a sentence: the encoder finds the texts that are nearest to it",
            key=f"{key}_text",
        ).strip()
        go = button.form_submit_button("Search", icon=":material/search:")
        if clear.form_submit_button("Clear", icon=":material/close:"):
            st.session_state[key] = None
    if go and text:
        try:
            with st.spinner("The encoder reads the text …"):
                st.session_state[key] = ask(run["run"], text)
        except BadInput as problem:
            st.error(plain(str(problem)))


def ask(run: str, text: str) -> dict[str, Any]:
    """The rows nearest to a text, by the encoder of pretraining seed 0. Raises BadInput with one line."""
    found = {kind: service().latest(run, kind, "pretrain/0") for kind in ("encoder", "features")}
    if None in found.values():
        raise BadInput("search: expected a run that kept its encoder and features, found none of them")
    digests = {kind: event["subjects"][0]["sha256"] for kind, event in found.items()}
    told = service().ask({"kind": "embed_text", **digests, "texts": [text], "k": FOUND})["result"]
    near = list(zip(told["rows"][0], told["cosine"][0], strict=True))
    return {"text": text, "found": near, "tokens": told["tokens"][0]}


def results(run: dict[str, Any], source: Source, mapped: np.ndarray, show: bool) -> None:
    """The texts that the last search found."""
    told = asked(run["run"])
    if told is None:
        return
    st.markdown(f"#### Nearest to “{plain(cut(told['text'], 80))}”")
    near(run["dataset"], source, told["found"], show, "found", mapped)
    st.caption(
        f"Cosine similarity in the pretrained encoder's own space, among all rows of the data set; the encoder read "
        f"{told['tokens']:,} tokens of the text. Those on the map are ringed."
    )
