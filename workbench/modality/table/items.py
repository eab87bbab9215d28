"""Rows of a table beside a map: the record under the pointer, rows as a table, and what tells a selection from the
rest."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import streamlit as st

from backend.statistics.contrasts import Contrast, contrasts

from ...explorer import facets
from ...explorer.columns import frame, places
from ...frame.figures import show_chart
from ...frame.page import plain
from ...frame.safe import cells, drawn
from ...frame.session import service
from .._items import Items
from . import items_charts as charts
from . import items_words as words
from .explain_words import cut, feature_values

if TYPE_CHECKING:
    from ...explorer.looking import View

SELECTION = "items"  # the key under which a selection's rows are listed
BOXED, BUDGET = 6, 1_000_000  # columns of a hover box, and characters that all boxes of a map may take
FEWEST = 50  # below so many characters (above 20,000 points) a box says nothing, and the map goes without


class TableItems(Items):
    sides: ClassVar = [3, 2]

    def hover(self, dataset: str, sha256: str, show: bool) -> list[str] | None:
        return hover(dataset, sha256)

    def listed(self, view: View, rows: list[int], key: str, count: int | None = None) -> None:
        super().listed(view, rows, key, count)
        if key == SELECTION:
            compared(view)


def compared(view: View) -> None:
    """The selection against the rest of the map, column by column."""
    manifest = service().dataset(view.run["dataset"])
    points = facets.points_of(view.sha256, view.selected.mask)
    inside, rest = int(points.sum()), int((~points).sum())
    st.markdown("### What tells the selection from the rest")
    if min(inside, rest) < words.FEWEST:
        st.markdown(plain(words.sentence([], [], inside, rest)))
        return
    described = features_of(manifest["features"]["sha256"])
    values = mapped(view.sha256, manifest["records"]["sha256"], manifest["records"]["key"])
    units = None if manifest["group"] is None else frame(view.source)["group"].astype(str).to_numpy()[view.here.rows]
    found = told(values, described, points, units)
    st.markdown(plain(words.sentence(found, described, inside, rest)))
    if found:
        figure = charts.distributions(values, described, points, found)
        show_chart(st, figure, width="stretch", key="distributions", config={"displaylogo": False})
        st.dataframe(cells(words.rows(found, described)), hide_index=True, key="contrasts", height=280)
    st.caption(f"{words.METHOD} {words.TOGETHER if units is not None else ''}  \n{words.CHOSEN}")


def told(
    values: np.ndarray, described: list[dict[str, Any]], points: np.ndarray, units: np.ndarray | None
) -> list[Contrast]:
    """points: bool, the selected points of the map"""
    return contrasts(values, [one["kind"] == "category" for one in described], points, units)


@lru_cache(maxsize=8)
def features_of(sha256: str) -> list[dict[str, Any]]:
    return service().document(sha256)["features"]


@lru_cache(maxsize=2)
def mapped(map_sha256: str, records: str, key: str) -> np.ndarray:
    """float32 P x F: the map's points as the encoder read them."""
    return service().array(records, key, places(map_sha256).rows.tolist())


@lru_cache(maxsize=8)
def hover(dataset: str, sha256: str) -> list[str] | None:
    """The first columns of each point of a map; None where there are too many points."""
    count = len(places(sha256).rows)
    if BUDGET // max(1, count) < FEWEST:
        return None
    manifest = service().dataset(dataset)
    described = features_of(manifest["features"]["sha256"])
    chosen = [i for i, one in enumerate(described) if one["name"] == one["column"]][:BOXED]
    few = [described[i] for i in chosen]
    values = mapped(sha256, manifest["records"]["sha256"], manifest["records"]["key"])[:, chosen]
    most = max(8, BUDGET // max(1, count) // len(few) - 20)
    return [boxed(row, few, most) for row in values]


def boxed(row: np.ndarray, described: list[dict[str, Any]], most: int) -> str:
    """ "age: 39<br>job: clerk", without anything that Plotly reads as markup."""
    each = zip(described, feature_values(row, described), strict=True)
    return "<br>".join(drawn(f"{cut(one['name'], 20)}: {cut(value, most)}") for one, value in each)


ITEMS = TableItems()
