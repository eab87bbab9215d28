"""Texts beside a map: what a hover box says, the selection as a table, and the search by a typed text.

A text with a slur is hidden until the person asks to see such texts.
"""

from __future__ import annotations

import textwrap
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import streamlit as st

from backend.data.identity import holds_slur
from backend.workspace.layout import BadInput

from ...explorer.columns import places
from ...frame.page import plain
from ...frame.safe import drawn, visible
from ...frame.session import service
from .._items import SAYS, Items

if TYPE_CHECKING:
    from ...explorer.looking import View

CUT, LINE = 160, 60  # characters of a text in a hover box, and of a line there
BUDGET = 1_000_000  # characters that all hover boxes of a map may take: they travel with every drawing
FEWEST = 50  # below so many characters (above 20,000 points) a box says nothing, and the map goes without
READ = 400  # characters in which slurs are looked for before the cut
BEGINS = 1_000  # characters of a text in a table
MOST_WHOLE, ASKED = 20_000, 256  # whole texts in a file, and at a time
MOST_CHARACTERS = 2_000  # of a typed text
FOUND = 15  # nearest texts of a search
HIDDEN = "hidden: it holds a slur"
TEXT = st.column_config.TextColumn("Text", width="large")


class TextItems(Items):
    config: ClassVar = {"Text": TEXT}
    most_whole = MOST_WHOLE
    placed = True

    def option(self) -> bool:
        return st.checkbox("Show texts that hold a slur", key="show_texts")

    def search(self, run: dict[str, Any]) -> None:
        """The form: a typed text goes to the warm worker, and what comes back stays until it is cleared."""
        key = f"search_{run['run']}"
        with st.form("search", border=False):
            field, button, clear = st.columns([8, 1.4, 1.4], vertical_alignment="bottom")
            text = field.text_input(
                "Search by text",
                max_chars=MOST_CHARACTERS,
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

    def results(self, view: View) -> None:
        """The texts that the last search found."""
        told = asked(view.run["run"])
        if told is None:
            return
        st.markdown(f"## Nearest to “{plain(cut(told['text'], 80))}”")
        self.near(view, told["found"], "found", everywhere=True)
        st.caption(
            f"Cosine similarity in the pretrained encoder's own space, among all rows of the data set; the encoder "
            f"read {told['tokens']:,} tokens of the text. Those on the map are ringed."
        )

    def ringed(self, run: str) -> tuple[list[int], str] | None:
        told = asked(run)
        return told and ([row for row, _ in told["found"]], "nearest to your text")

    def hover(self, dataset: str, sha256: str, show: bool) -> list[str] | None:
        return hover(dataset, sha256, show)

    def cell(self, service: Any, dataset: str, row: int, show: bool) -> tuple[str, bytes | str | dict[str, Any]]:
        (said,) = service.text_starts(dataset, [row], BEGINS)
        return "text/plain", HIDDEN if not show and holds_slur(said) else visible(cut(said, SAYS))

    def described(self, dataset: str, rows: list[int], show: bool) -> dict[str, list[Any]]:
        said = service().text_starts(dataset, rows, BEGINS)
        return {"Text": [HIDDEN if not show and holds_slur(text) else text for text in said]}

    def whole(self, dataset: str, rows: np.ndarray) -> dict[str, list[Any]]:
        """The whole texts; of more rows than MOST_WHOLE none."""
        if len(rows) > MOST_WHOLE:
            return {}
        parts = [rows[start : start + ASKED].tolist() for start in range(0, len(rows), ASKED)]
        return {"text": [text for part in parts for text in service().texts(dataset, part)]}

    def given(self) -> tuple[bytes, str]:
        text = st.text_area("A text of yours", max_chars=MOST_CHARACTERS, key="place_text", height=70).strip()
        return text.encode(), cut(text, 40)

    def asked(self, payload: bytes) -> dict[str, Any]:
        return {"texts": [payload.decode()]}


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


def asked(run: str) -> dict[str, Any] | None:
    """The last search of this run: {"text", "found": [(row, cosine)], "tokens"}."""
    return st.session_state.get(f"search_{run}")


def ask(run: str, text: str) -> dict[str, Any]:
    """The rows nearest to a text, by the encoder of pretraining seed 0. Raises BadInput with one line."""
    found = {kind: service().latest(run, kind, "pretrain/0") for kind in ("encoder", "features")}
    if None in found.values():
        raise BadInput("search: expected a run that kept its encoder and features, found none of them")
    digests = {kind: event["subjects"][0]["sha256"] for kind, event in found.items()}
    told = service().ask({"kind": "embed_text", **digests, "texts": [text], "k": FOUND})["result"]
    near = list(zip(told["rows"][0], told["cosine"][0], strict=True))
    return {"text": text, "found": near, "tokens": told["tokens"][0]}


ITEMS = TextItems()
