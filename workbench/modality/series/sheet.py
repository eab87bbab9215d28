"""The parts of the data page that only sensor series have: leaks, sampling, channels, one unit over its life."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from ...frame.figures import show_chart
from ...frame.page import plain
from ...frame.safe import cells, visible
from ...frame.visit import of
from ...verdicts import data as data_words
from .._sheet import EACH, Sheet
from .._sheet import examples as examples_of
from . import sheet_charts as charts
from . import sheet_words as words
from .items import ITEMS
from .reading import life, series_of

BARE = {"displaylogo": False}


class SeriesSheet(Sheet):
    def draw(self, manifest: dict[str, Any], sheet: dict[str, Any]) -> None:
        told = sheet["series"]
        leaks(told)
        st.header("How were the readings taken?", anchor=False)
        st.dataframe(cells(words.sampling_rows(told)), hide_index=True, width="stretch", key="sampling")
        channels(told)
        unit(manifest)
        examples(manifest)
        with st.expander("The same twice"):
            st.dataframe(cells(data_words.duplicate_rows(sheet)), hide_index=True)


def leaks(told: dict[str, Any]) -> None:
    st.header("Does a channel give the answer away?", anchor=False)
    if rows := words.leak_rows(told):
        st.dataframe(cells(rows), hide_index=True, width="stretch", key="leaks")
    else:
        st.markdown(plain(words.clean(told)))
    st.caption(words.GUARDS)


def channels(told: dict[str, Any]) -> None:
    st.header("Which channels are there, and do they hold still?", anchor=False)
    st.dataframe(cells(words.channel_rows(told)), hide_index=True, width="stretch", key="channels")
    show_chart(st, charts.drift(told), width="stretch", key="drift", config=BARE)
    st.caption(words.CHANNELS)


def unit(manifest: dict[str, Any]) -> None:
    """One unit over its life, some channels at a time."""
    st.header("What does one unit look like?", anchor=False)
    series = series_of(manifest)
    names, known = series.told["units"], [one["name"] for one in series.channels]
    left, right = st.columns([2, 3])
    # a unit without a window (one that was left out at a border) has nothing to show
    there = np.unique(series.windows[:, 2]).tolist()
    place = left.selectbox(
        "Unit", there, format_func=lambda at: visible(names[at]), key=of(manifest["name"], "unit of the sheet")
    )
    shown = right.multiselect(
        "Channels",
        range(len(known)),
        default=range(min(charts.MOST // 2, len(known))),
        max_selections=charts.MOST,
        format_func=lambda at: visible(known[at]),
        key=of(manifest["name"], "channels of the sheet"),
    )
    if shown:
        ages, values = life(series, place)
        time = words.unit_of(series.told)
        figure = charts.life(names[place], ages, values, series.channels, sorted(shown), time)
        show_chart(st, figure, width="stretch", key="life", config=BARE)


def examples(manifest: dict[str, Any]) -> None:
    """A few training windows of each class, or along the range of a number."""
    with st.expander("Examples", expanded=True):
        for name, rows in examples_of(manifest, EACH).items():
            st.markdown(f"**{plain(name)}**")
            told = ITEMS.described(manifest["name"], rows, show=True)
            listed = [{"Row": row, **{key: each[at] for key, each in told.items()}} for at, row in enumerate(rows)]
            st.dataframe(cells(listed), hide_index=True, column_config=ITEMS.config, key=f"examples of {name}")


SHEET = SeriesSheet()
