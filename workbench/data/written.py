"""How a source's files are written, as a person says it in the form: encoding, separator, header, missing values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from backend.data.conventions.encodings import KNOWN
from backend.data.conventions.told import MISSING_WORDS

from ..frame.fields import KEPT
from ..frame.page import plain
from ..verdicts import data as words

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
AS_FOUND = "as found"
OWN, MISSING = "A value of its own", "Missing"


def told(key: str) -> dict[str, Any]:
    """{"encoding", "separator", "header", "missing"} of what was said, {} where nothing was; `key`: of the source."""
    with st.expander("How the files are written"):
        a, b, c = st.columns(3)
        said = {
            "encoding": a.selectbox(
                "Encoding",
                [None, *KNOWN],
                format_func=lambda e: AS_FOUND if e is None else f"{e} ({KNOWN[e]})",
                key=f"encoding of {key}",
                **KEPT,
                help="Of CSV, TSV, JSON and plain text: UTF-8, or as the file's first bytes say",
            ),
            "separator": b.selectbox(
                "Separator",
                [None, *SEPARATORS],
                format_func=lambda s: SEPARATORS.get(s, AS_FOUND),
                key=f"separator of {key}",
                **KEPT,
                help="Between the values of CSV and TSV",
            ),
            "header": c.selectbox(
                "First row",
                [None, True, False],
                format_func={None: AS_FOUND, True: "names of columns", False: "data"}.get,
                key=f"header of {key}",
                **KEPT,
                help="Of CSV and TSV. Without a header the columns are called column 1, column 2, and so on",
            ),
        }
        usual = ", ".join(MISSING_WORDS)
        text = st.text_input(
            "Missing values",
            usual,
            key=f"missing of {key}",
            **KEPT,
            help="Blank cells are always missing. As it is, the list holds for columns of numbers, dates and truth "
            "values; edited, for every column. Empty: blank cells alone",
        )
        if text.strip() != usual:
            said["missing"] = [word.strip() for word in text.split(",") if word.strip()]
    return {name: value for name, value in said.items() if value is not None}


def missing_words(columns: list[dict[str, Any]], own: Callable[[str], str]) -> dict[str, Any]:
    """{"missing": the words that were answered to be missing} where a column with a role holds words that may be.

    own: the key of a widget for this source alone.
    """
    answers = {}
    for column in columns:
        for word, count in column["asks"].items():
            question = plain(words.missing_question(column["name"], word, count))
            key = own(f"asks.{column['name']}.{word}")
            answers[word] = st.segmented_control(question, (OWN, MISSING), key=key, **KEPT) or answers.get(word)
    if not answers or not all(answers.values()):
        return {}
    return {"missing": [word for word, answer in answers.items() if answer == MISSING]}
