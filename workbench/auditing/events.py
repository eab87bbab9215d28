"""The ledger's events: found, laid out in time, and one of them opened."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import streamlit as st

from backend.control.search import LONGEST, Query
from backend.workspace.layout import BadInput

from ..charts import audit as charts
from ..login import lock
from ..page import link, plain
from ..session import service
from ..verdicts import audit as words
from ..writing import write

PAGE = 200  # events on a page
ALL = "all"


def show() -> None:
    """Filters, the timeline and a page of events; a selected row is opened below."""
    st.markdown("#### Events")
    try:
        query = _asked()
        counted = service().search.timeline(query)
    except BadInput as problem:
        st.error(plain(str(problem)))
        return
    if not counted:
        st.info("No event fits: widen the days or clear a filter.")
        return
    st.plotly_chart(charts.timeline(counted), key="timeline", config={"displayModeBar": False})
    total = sum(map(sum, counted["counts"].values()))
    pages = -(-total // PAGE)
    number = st.number_input(f"Page, 1 to {pages:,}", 1, pages, 1, key="ledger_page") if pages > 1 else 1
    leaves = service().search.find(query, PAGE, PAGE * (int(number) - 1))["leaves"]
    chosen = st.dataframe(
        words.table(leaves),
        hide_index=True,
        height=min(420, 38 + 35 * len(leaves)),
        on_select="rerun",
        selection_mode="single-row",
        key="ledger_rows",
    )
    st.caption(
        f"{total:,} events, the newest first. Select a row to open it. The hash covers time, actor, content and files."
    )
    rows = chosen.selection.rows
    if rows and rows[0] < len(leaves):
        opened(leaves[rows[0]]["leaf"])


def _asked() -> Query:
    """What the filters say; they stand in the page's address."""
    known = service().search.facets()
    text = st.text_input("Search", max_chars=LONGEST, placeholder="A word, a name, a digest", key="ledger_text")
    columns = st.columns([3, 2, 2, 3])
    picked = {
        name: column.selectbox(label, [ALL, *known[name]], key=f"ledger_{name}")
        for column, name, label in zip(columns, ("run", "kind", "actor"), ("Run", "Event", "Who"), strict=False)
    }
    days = columns[3].date_input("Days (UTC)", value=(), key="ledger_days", max_value=datetime.now(UTC).date())
    since, until = _days(days)
    return Query(text.strip(), **{k: None if v == ALL else v for k, v in picked.items()}, since=since, until=until)


def _days(days: tuple[date, ...]) -> tuple[str | None, str | None]:
    """The first day, and the day after the last; one day alone is that day."""
    if not days:
        return None, None
    return days[0].isoformat(), (days[-1] + timedelta(days=1)).isoformat()


def opened(leaf: int) -> None:
    """One event in words, its files, its proof, and for an administrator the way to erase what is personal in it."""
    event = service().search.event(leaf)
    st.markdown(f"##### Event {leaf:,}: {plain(event['kind'])}")
    st.caption(plain(words.event(event)))
    st.dataframe(words.content(event), hide_index=True, key=f"content_{leaf}")
    if event["subjects"]:
        st.dataframe(words.files(event), hide_index=True, key=f"files_{leaf}")
    if event["run"]:
        link("run", f"Open {event['run']}", run=event["run"])
    _proof(leaf)
    if event.get("redacted") is False:
        _erase(leaf)


def _proof(leaf: int) -> None:
    if st.button("Prove that it is in the record", icon=":material/account_tree:", key=f"prove_{leaf}"):
        proof = service().search.inclusion(leaf)
        st.caption(plain(words.proof(proof)))
        payload = json.dumps(proof, indent=1)
        st.download_button("The proof as JSON", payload, f"leaf-{leaf}.json", "application/json", key=f"get_{leaf}")


def _erase(leaf: int) -> None:
    with st.expander("Erase what is personal in this event"):
        st.caption(
            "The payload is deleted for good; the event, its hash and every proof stay. The erasure is an event."
        )
        reason = st.text_input("Reason", max_chars=500, key=f"reason_{leaf}")
        if st.button("Erase", key=f"erase_{leaf}", **lock("redact", disabled=not reason.strip())):
            write(lambda: service().trail.redact(leaf, reason))
