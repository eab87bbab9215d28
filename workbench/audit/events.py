"""The ledger's events: found, laid out in time, and listed a page at a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import streamlit as st

from backend.control.record.search import LONGEST, Query
from backend.workspace.layout import BadInput

from ..charts import audit as charts
from ..frame import fields
from ..frame.figures import show_chart
from ..frame.numbers import Range, read
from ..frame.page import plain
from ..frame.safe import cells, visible
from ..frame.session import service
from ..verdicts import audit as words
from .opened import opened

PAGE = 200  # events on a page
ALL = "all"
TYPED, SHOWN = "ledger_page", "ledger_page_shown"
SPAN = "ledger_span"  # (since, until) that was drawn on the timeline


def show() -> None:
    """Filters, the timeline and a page of events; a selected row is opened below."""
    st.markdown("## Events")
    try:
        query = _asked()
        number, found = _page(query)
        counted = service().search.timeline(query)
    except BadInput as problem:
        st.error(plain(str(problem)))
        _whole_time()
        return
    if not found["total"]:
        st.info("No event fits: widen the days or clear a filter.")
        _whole_time()
        return
    if counted:
        _timeline(counted)
    _whole_time()
    pages = -(-found["total"] // PAGE)
    if pages > 1:
        if _readable():
            st.session_state[TYPED] = str(number)
        fields.number(f"Page, 1 to {pages:,}", 1, Range(1, pages, whole=True), TYPED, keep=False)
    leaves = found["leaves"]
    chosen = st.dataframe(
        cells(words.table(leaves)),
        hide_index=True,
        height=min(420, 38 + 35 * len(leaves)),
        column_config={words.NUMBER: st.column_config.NumberColumn(format="%d")},
        placeholder="",
        on_select="rerun",
        selection_mode="single-row",
        key="ledger_rows",
    )
    st.caption(plain(words.counted(found["total"], counted)))
    rows = chosen.selection.rows
    if rows and rows[0] < len(leaves):
        opened(leaves[rows[0]]["leaf"])


def _asked() -> Query:
    """What the filters say; all but the span that was drawn stand in the page's address."""
    known = service().search.facets()
    address = {"bind": "query-params"}
    looked = "A word, a name, a digest"
    text = st.text_input("Search", max_chars=LONGEST, placeholder=looked, key="ledger_text", **address)
    columns = st.columns([3, 2, 2, 3])
    picked = {
        name: column.selectbox(label, [ALL, *known[name]], format_func=visible, key=f"ledger_{name}", **address)
        for column, name, label in zip(columns, ("run", "kind", "actor"), ("Run", "Event", "Who"), strict=False)
    }
    today = datetime.now(UTC).date()
    days = columns[3].date_input(
        "Days (UTC)", value=(), key="ledger_days", max_value=today, on_change=_forget_span, **address
    )
    since, until = st.session_state.get(SPAN) or _days(days)
    return Query(text.strip(), **{k: None if v == ALL else v for k, v in picked.items()}, since=since, until=until)


def _days(days: tuple[date, ...]) -> tuple[str | None, str | None]:
    """The first day, and the day after the last; one day alone is that day."""
    if not days:
        return None, None
    return days[0].isoformat(), (days[-1] + timedelta(days=1)).isoformat()


def _page(query: Query) -> tuple[int, dict[str, Any]]:
    """(its number, what `find` tells of it): the page that was asked for, or the last where there are fewer by now."""
    if _readable():
        st.session_state[SHOWN] = read(st.session_state.get(TYPED, "1"), "Page", Range(1, whole=True))
    number = st.session_state.get(SHOWN, 1)
    found = service().search.find(query, PAGE, PAGE * (number - 1))
    last = max(1, -(-found["total"] // PAGE))
    return (number, found) if number <= last else (last, service().search.find(query, PAGE, PAGE * (last - 1)))


def _readable() -> bool:
    """Whether a page can be read from what is typed; else the one that is shown stays."""
    try:
        read(st.session_state.get(TYPED, "1"), "Page", Range(1, whole=True))
    except BadInput:
        return False
    return True


def _timeline(counted: dict[str, Any]) -> None:
    """The chart; a span that is drawn on it becomes the filter, and the chart of that span the next to draw on."""
    key = f"timeline_{st.session_state.get(SPAN)}"

    def take() -> None:
        box = st.session_state[key].selection.box
        if box:
            st.session_state[SPAN] = tuple(sorted(str(end) for end in box[0]["x"]))

    show_chart(
        st, charts.timeline(counted), key=key, on_select=take, selection_mode="box", config={"displayModeBar": False}
    )


def _whole_time() -> None:
    """Which span is looked at, and the way back."""
    if span := st.session_state.get(SPAN):
        left, right = st.columns([5, 2], vertical_alignment="center")
        left.caption(plain(words.span(*span)))
        right.button("Show the whole time", key="whole_time", icon=":material/undo:", on_click=_forget_span)


def _forget_span() -> None:
    st.session_state.pop(SPAN, None)
