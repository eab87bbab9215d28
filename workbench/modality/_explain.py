"""Explained examples on the explain page. By default a table: an example a row, with its largest scores by method."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from backend.control.service import NotFound
from backend.workspace.formats import decimal
from backend.workspace.layout import BadInput

from ..explain.record import SELECTION, ask_once, files, pick_row, pick_selection
from ..frame.safe import cells
from ..frame.session import service
from ..verdicts import explain as words
from ._sheet import records

if TYPE_CHECKING:
    from ..explain.record import Explained

SHOWN = 16  # examples on the page
LARGEST = 5  # scores of an example


class Explain:
    def sources(self, shown: Explained) -> dict[str, Callable[[], None]]:
        """{what a person may explain: how it is drawn}"""
        return {
            "Examples of the run": lambda: of_the_run(shown),
            SELECTION: lambda: asked(shown, pick_selection(shown.run)),
            "Another row": lambda: asked(shown, pick_row(shown)),
        }

    def asks(self, run: dict[str, Any]) -> Callable[[], None] | None:
        """A further question to a run's model, beneath; None where it has none."""
        return None


def of_the_run(shown: Explained) -> None:
    """The run's examples; their scores are already there."""
    body, classes = next(iter(shown.methods.values())), shown.manifest["classes"]
    told, unit = zip(body["label"], body["predicted"], body["probability"], strict=True), words.unit_of(shown.manifest)
    draw(shown, body["rows"][:SHOWN], [words.caption(*one, classes, unit) for one in told][:SHOWN], shown.files)


def asked(shown: Explained, rows: list[int]) -> None:
    """Rows that the run did not explain: the warm worker does it now."""
    if not rows:
        return
    question = {"kind": "attribute", "run": shown.run["run"], "classifier": shown.classifier}
    question |= {"dataset": shown.manifest, "rows": rows, "methods": list(shown.methods)}
    doing = f"Explaining {len(rows)} {'row' if len(rows) == 1 else 'rows'}"
    answer = ask_once(question, (shown.classifier, tuple(rows)), doing)
    if answer is not None:
        result = answer["result"]
        told = zip(result["label"], result["predicted"], result["probabilities"], strict=True)
        unit = words.unit_of(shown.manifest)
        says = [
            words.caption(label, guess, words.sure(shares, guess), result["classes"], unit)
            for label, guess, shares in told
        ]
        draw(shown, rows, says, files(answer["subjects"]))


def draw(shown: Explained, rows: list[int], says: list[str], found: dict[str, str]) -> None:
    """says: what was predicted of each row; found: {method: SHA-256 of its scores}."""
    examples = records(shown.run["dataset"], rows)
    scored = {words.name(method): scores_of(sha256, rows) for method, sha256 in found.items()}
    table = []
    for at, (example, said) in enumerate(zip(examples, says, strict=True)):
        parts = list(example)[1:]  # behind the row's number
        largest = {method: told(scores[at], parts) for method, scores in scored.items()}
        table.append({"Row": example["Row"], "Prediction": said, **largest, **example})
    st.dataframe(cells(table), hide_index=True, key="explained")
    up, down = ("raises the number", "lowers it") if words.unit_of(shown.manifest) else ("for the class", "against it")
    st.caption(f"Of each method the {LARGEST} largest scores: above 0 {up}, below 0 {down}.")


def told(scores: np.ndarray, parts: list[str]) -> str:
    """The largest scores with their parts, by name where each part has one, else by number."""
    named = parts if len(parts) == len(scores) else [str(i) for i in range(len(scores))]
    first = np.argsort(-np.abs(scores), kind="stable")[:LARGEST]
    return ", ".join(f"{named[i]} {decimal(scores[i], sign=True)}" for i in first)


def scores_of(sha256: str, rows: list[int]) -> list[np.ndarray]:
    """The scores of each of the first rows of a file: a table with `row` and `score`, or an array `maps`."""
    try:
        table = service().table(sha256, ["row", "score"])
    except (BadInput, NotFound):
        return [np.ravel(one) for one in service().array(sha256, "maps", slice(0, len(rows)))]
    of, scores = table["row"].to_numpy(), table["score"].to_numpy()
    return [scores[of == row] for row in rows]


EXPLAIN = Explain()
