"""The list itself: filters above, the table, and which runs are chosen. All of it stands in the page's address."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import streamlit as st

from ..frame import visit
from ..frame.safe import visible
from ..verdicts import runs as words

CHOSEN = "runs"  # in the address
HEIGHT = 560  # pixels; a longer list scrolls within
TOLD = {
    "Result on test": "The pretrained model at the share of labels that the study's headline names, 95 % interval",
    "Pretraining adds": "Over the same network from scratch, paired, 95 % interval; sorted from worse to better",
    "Took": "What its workers took; pauses between attempts are left out",
}


WIDTH = {"Result on test": 170, "Pretraining adds": 190, "Took": 80}  # pixels; a number's column is narrow by itself


class Value(float):
    """A number that sorts by its value and is shown in words."""

    def __new__(cls, found: tuple[float, str]) -> Value:
        made = super().__new__(cls, found[0])
        made.text = visible(found[1])
        return made


def filters(found: list[words.Line]) -> list[words.Line]:
    """Draw the filters; the lines that pass them."""
    text, state, data, tag = st.columns([3, 2, 2, 2])
    asked = text.text_input("Search", key="q", bind="query-params", placeholder="Title, note, method, identifier")
    states = state.multiselect("State", _values(line.state for line in found), key="state", bind="query-params")
    sets = data.multiselect("Data", _values(line.data for line in found), key="data", bind="query-params")
    known = _values(one for line in found for one in line.tags)
    tags = tag.multiselect("Tags", known, key="tag", bind="query-params") if known else []
    put_away = sum(line.archived for line in found)
    archived = bool(put_away) and st.checkbox(f"Show archived ({put_away:,})", key="archived", bind="query-params")
    return words.matching(found, asked, states, sets, tags, archived)


def show(lines: list[words.Line]) -> None:
    """The table, a column a kind of figure; a click on its head sorts, rows that are marked are chosen."""
    import pandas as pd

    columns: dict[str, list[Any]] = {
        "Run": [line.title for line in lines],
        "State": [line.state for line in lines],
        "Data": [line.data for line in lines],
        "Result on test": [_value(line.figure) for line in lines],
        "Pretraining adds": [_value(line.gain) for line in lines],
        "Finding": [line.finding for line in lines],
        "Took": [_value(words.minutes(line)) for line in lines],
        "Began": pd.to_datetime([words.when(line) for line in lines], utc=True),
        "Method": [line.method for line in lines],
        "Measured": [line.measured for line in lines],
        "Tags": [", ".join(line.tags) for line in lines],
        "Note": [line.note for line in lines],
    }
    frame = pd.DataFrame({name: column if name == "Began" else _texts(column) for name, column in columns.items()})
    numbers = ["Result on test", "Pretraining adds", "Took"]
    key = f"table {st.session_state.get('table_turn', 0)} {hash(tuple(line.key for line in lines))}"
    st.dataframe(
        frame.style.format(lambda value: getattr(value, "text", ""), subset=numbers),
        hide_index=True,
        height=min(HEIGHT, 38 + 35 * max(1, len(lines))),
        column_config={
            **{name: st.column_config.Column(help=TOLD[name], width=WIDTH[name], alignment="left") for name in numbers},
            "Began": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm", timezone="UTC"),
        },
        key=key,
        on_select=partial(_mark, key, [None if line.sweep else line.key for line in lines]),
        selection_mode="multi-row",
        placeholder="–",
        alt="All runs that pass the filters, one a line",
    )


def chosen(lines: list[words.Line]) -> list[str]:
    """The box of the chosen runs, which the table's marks fill; a keyboard reaches it too."""
    known = {line.key: line for line in lines if not line.sweep}
    asked = [run for run in (visit.named(CHOSEN) or "").split(",") if run in known]
    st.session_state["chosen_runs"] = asked
    return st.multiselect(
        "Chosen runs",
        list(known),
        format_func=lambda run: f"{visible(known[run].title)} · {run}",
        key="chosen_runs",
        placeholder="Mark runs in the table, or choose them here: one to label it, several to compare them",
        on_change=_choose,
    )


def _mark(key: str, runs: list[str | None]) -> None:
    """Callback of the table: the marked rows go into the address. runs: of each row, None of a sweep's."""
    _write([run for row in st.session_state[key]["selection"]["rows"] if (run := runs[row])])


def _choose() -> None:
    """Callback of the box: the table's own marks no longer hold."""
    st.session_state["table_turn"] = st.session_state.get("table_turn", 0) + 1
    _write(st.session_state["chosen_runs"])


def _write(runs: list[str]) -> None:
    if runs:
        st.query_params[CHOSEN] = ",".join(runs)
    else:
        st.query_params.pop(CHOSEN, None)


def _values(found: Iterable[str]) -> list[str]:
    return sorted({visible(one) for one in found if one})


def _value(found: tuple[float, str] | None) -> Value | None:
    return None if found is None else Value(found)


def _texts(column: list[Any]) -> Any:
    import pandas as pd

    return pd.Series([visible(one) if isinstance(one, str) else one for one in column], dtype=object)
