"""Explained texts: the run's examples, a saved selection, any row or a typed sentence, words coloured by score."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from backend.data.identity import holds_slur

from ...explain.record import SELECTION, Explained, ask_once, files, pick_row, pick_selection
from ...frame import highlight
from ...frame.login import lock
from ...frame.page import plain
from ...frame.session import service
from ...frame.visit import of
from ...verdicts import explain as words
from .._explain import SHOWN, Explain
from . import prompts
from . import words as own
from .words import WORDS


class TextExplain(Explain):
    def sources(self, shown: Explained) -> dict[str, Callable[[], None]]:
        return {
            "Examples of the run": lambda: of_the_run(shown),
            SELECTION: lambda: rows_asked(shown, pick_selection(shown.run)),
            "Another row": lambda: rows_asked(shown, pick_row(shown)),
            "A text of yours": lambda: typed(shown),
        }

    def asks(self, run: dict[str, Any]) -> Callable[[], None] | None:
        """What makes a causal language model go on as it does."""
        return (lambda: prompts.panel(run)) if prompts.causal(run) else None


def of_the_run(shown: Explained) -> None:
    """The run's examples below one another, under the methods that are chosen."""
    body = next(iter(shown.methods.values()))
    rows = body["rows"][:SHOWN]
    chosen = pick_methods(shown, list(shown.files), "methods")
    heads = told([f"Row {row}" for row in rows], body, shown.manifest["classes"], shown.manifest)
    done = {m: b["completeness"] for m, b in shown.methods.items()}
    draw(
        rows,
        heads,
        service().texts(shown.run["dataset"], rows),
        {m: shown.files[m] for m in chosen},
        done,
        words.of_number(body),
    )


def rows_asked(shown: Explained, rows: list[int]) -> None:
    """Rows that the run did not explain: the warm worker does it now."""
    if rows:
        texts = service().texts(shown.run["dataset"], rows)
        asked(shown, {"dataset": shown.manifest, "rows": rows}, rows, texts, [f"Row {row}" for row in rows])


def typed(shown: Explained) -> None:
    box, kept = (of(shown.run["run"], name) for name in ("typed text", "asked text"))
    with st.form("typed", border=False):
        text = st.text_area("A text of yours", max_chars=2_000, key=box, height=90)
        sent = st.form_submit_button("Explain it", type="primary", **lock("ask"))
    st.caption(own.TYPED)
    if sent and text.strip():
        st.session_state[kept] = text
    if kept in st.session_state:
        text = st.session_state[kept]
        asked(shown, {"texts": [text]}, [0], [text], ["Your text"])


def asked(shown: Explained, what: dict[str, Any], rows: list[int], texts: list[str], names: list[str]) -> None:
    sha256 = shown.classifier
    question = {"kind": "attribute", "run": shown.run["run"], "classifier": sha256, **what}
    question["methods"] = list(shown.methods)
    doing = f"Explaining {len(rows)} {'text' if len(rows) == 1 else 'texts'}"
    answer = ask_once(question, (sha256, *rows, *texts), doing)
    if answer is None:
        return
    result, found = answer["result"], files(answer["subjects"])
    heads = told(names, result, result["classes"], shown.manifest)
    done = {m: f["completeness"] for m, f in result["methods"].items()}
    chosen = pick_methods(shown, list(found), "methods_asked")
    draw(rows, heads, texts, {m: found[m] for m in chosen}, done, words.of_number(result))
    notes = words.completeness_notes({m: done[m] for m in chosen}, range(len(rows)))
    st.caption("  \n".join(map(plain, notes)))


def told(names: list[str], body: dict[str, Any], classes: list[str], manifest: dict[str, Any]) -> list[str]:
    """What is known of each of the first texts of an event or an answer."""
    numbers = zip(*(body[key][: len(names)] for key in ("label", "predicted", "probability", "bare")), strict=True)
    unit = words.unit_of(manifest)
    return [f"{name}: {own.text_caption(*one, classes, unit)}" for name, one in zip(names, numbers, strict=True)]


def pick_methods(shown: Explained, offered: list[str], key: str) -> list[str]:
    """The methods whose scores are shown: at first the one that leads; attention says what it is."""
    offered, labels = words.ordered(offered, WORDS), words.choices(offered, shown.controls, WORDS)
    lead = [words.leading(shown.methods, shown.controls, WORDS)]
    box = of(shown.run["run"], f"{key} of {shown.arm}")
    chosen = st.pills("Methods", offered, selection_mode="multi", default=lead, format_func=labels.get, key=box)
    chosen = words.ordered(chosen or lead, WORDS)
    if set(chosen) & set(words.COMPARED):
        st.caption(own.NOT_AN_EXPLANATION)
    return chosen


def draw(
    rows: list[int],
    heads: list[str],
    texts: list[str],
    found: dict[str, str],
    done: dict[str, Any],
    number: bool = False,
) -> None:
    """found: {method: SHA-256 of its scores}; done: {method: its completeness or None}."""
    scored = {method: scores_of(sha256) for method, sha256 in found.items()}
    examples = []
    for at, (row, head, text) in enumerate(zip(rows, heads, texts, strict=True)):
        lines = []
        for method, of_row in scored.items():
            error = done[method]["errors"][at] if done.get(method) else None
            title, signed = words.panel(method, error), method not in words.UNSIGNED
            lines.append(highlight.Scored(title, text, *of_row.get(row, ([], [])), signed))
        examples.append(highlight.Example(head, lines, holds_slur(text)))
    signs = {method in words.UNSIGNED for method in found}
    effect = ("raises the predicted number", "lowers it") if number else ()
    st.html(highlight.page(examples, highlight.legend(False in signs, True in signs, *effect)))
    st.caption(own.SCORES_NOTE)


def scores_of(sha256: str) -> dict[int, tuple[list[tuple[int, int]], list[float]]]:
    """{row: (where its words begin and end, their scores)}"""
    table = service().table(sha256, ["row", "start", "end", "score"]).to_pydict()
    found: dict[int, tuple[list, list]] = {}
    for row, start, end, score in zip(*(table[c] for c in ("row", "start", "end", "score")), strict=True):
        spans, scores = found.setdefault(row, ([], []))
        spans.append((start, end))
        scores.append(score)
    return found


EXPLAIN = TextExplain()
