"""Windows beside a map: a sparkline under the pointer, windows as a table of lines, and a unit's path over its life."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import streamlit as st

from backend.workspace.formats import compact

from ...explorer.columns import places
from ...frame.page import plain
from ...frame.safe import drawn, visible
from ...frame.session import service
from ...frame.visit import of
from .._items import Items
from .alike import alike
from .reading import series_of
from .sparkline import picture, strongest

if TYPE_CHECKING:
    from ...explorer.looking import View

FEATURES = "pretrain/0"  # key of the event that keeps the pretrained encoder's features
LEFT = "Event or end in"  # how long a unit was followed from a window on
LINES, LINE = 4, "∿"  # channels of a table, and how their columns' names begin
BOXES = 20_000  # points of a map, at most, whose boxes Plotly carries


class SeriesItems(Items):
    config: ClassVar[dict[str, Any]] = {}
    sides: ClassVar = [3, 2]

    def cell(self, service: Any, dataset: str, row: int, show: bool) -> tuple[str, bytes]:
        """The window as a picture of its channels."""
        series = series_of(service.dataset(dataset))
        values = series.cut([row])[0]
        return "image/svg+xml", picture(values, [one["name"] for one in series.channels], titled(series, row))

    def hover(self, dataset: str, sha256: str, show: bool) -> list[str] | None:
        return hover(dataset, sha256)

    def described(self, dataset: str, rows: list[int], show: bool) -> dict[str, list[Any]]:
        """Unit, age at the window's end and the lines of the channels that move furthest in these windows."""
        manifest = service().dataset(dataset)
        series = series_of(manifest)
        values = series.cut(rows)
        chosen = strongest(np.concatenate(list(values), axis=1), LINES) if len(rows) else []
        told: dict[str, list[Any]] = {
            manifest["group"]: [visible(series.unit(row)) for row in rows],
            f"Age ({series.told['time']['unit'] or 'steps'})": [float(series.ages([row])[0, -1]) for row in rows],
        }
        if (left := _left(manifest)) is not None:
            unit = (manifest.get("target") or {}).get("unit") or "steps"
            told[f"{LEFT} ({unit})"] = [None if left[row] != left[row] else float(left[row]) for row in rows]
        for channel in chosen:
            name = f"{LINE} {visible(series.channels[channel]['name'])}"  # no other column is called so
            self.config[name] = st.column_config.LineChartColumn(name, width="small")
            told[name] = [_line(one[channel]) for one in values]
        return told

    def search(self, run: dict[str, Any]) -> None:
        """The unit whose path over its life is ringed on the map."""
        series = series_of(service().dataset(run["dataset"]))
        told = {"index": None, "placeholder": "a unit: its windows are ringed in the order of its life"}
        st.selectbox("Follow a unit", series.told["units"], format_func=visible, key=followed(run["run"]), **told)

    def ringed(self, run: str) -> tuple[list[int], str] | None:
        name = st.session_state.get(followed(run))
        if name is None:
            return None
        series = series_of(service().dataset(service().run(run)["dataset"]))
        rows = series.path(series.told["units"].index(name)).tolist()
        return (rows, f"windows of {visible(name)}") if rows else None

    def results(self, view: View) -> None:
        found = self.ringed(view.run["run"])
        if found is None:
            return
        st.markdown(f"## {plain(found[1][0].upper() + found[1][1:])}, from its first to its last")
        self.listed(view, found[0], "followed")
        self._alike(view, found[0])

    def _alike(self, view: View, rows: list[int]) -> None:
        """The windows of other units that are nearest to one of these, at first to the last."""
        run, manifest = view.run["run"], service().dataset(view.run["dataset"])
        kept = service().latest(run, "features", FEATURES)
        if kept is None:
            return
        series = series_of(manifest)
        row = st.selectbox(
            "What looks like it in other units? Its window",
            rows[::-1],
            format_func=lambda one: titled(series, one),
            key=of(run, f"window of {rows[0]}"),
        )
        features = _features(kept["subjects"][0]["sha256"])
        self.near(view, alike(features, series.windows[:, 2], row), "alike", row)
        st.caption(
            "Cosine similarity in the pretrained encoder's space: of each of the nearest other units its nearest "
            "window. What became of them is no forecast; the study says how good one is."
        )


def followed(run: str) -> str:
    return of(run, "followed unit")


def titled(series: Any, row: int) -> str:
    """ "M00017 at 132 hours" """
    unit = series.told["time"]["unit"] or ""
    return visible(f"{series.unit(row)} at {compact(series.ages([row])[0, -1])} {unit}".strip())


@lru_cache(maxsize=8)
def hover(dataset: str, sha256: str) -> list[str] | None:
    """Unit and age of each point of a map; None where there are too many points."""
    rows = places(sha256).rows
    if len(rows) > BOXES:
        return None
    series = series_of(service().dataset(dataset))
    return [drawn(titled(series, int(row))) for row in rows]


@lru_cache(maxsize=2)
def _features(sha256: str) -> np.ndarray:
    """float32 N x d"""
    return service().array(sha256, "features")


def _left(manifest: dict[str, Any]) -> np.ndarray | None:
    """float64 N: the time until each window's event or, where none came, until its unit was followed no longer; None
    of other targets."""
    if (manifest.get("target") or {}).get("type") != "event":
        return None
    return _column(manifest["table"]["sha256"], "target")


@lru_cache(maxsize=4)
def _column(sha256: str, name: str) -> np.ndarray:
    return service().table(sha256, [name])[name].to_numpy(zero_copy_only=False).astype(np.float64)


def _line(values: np.ndarray) -> list[float]:
    """A line without gaps: a missing reading stands at the one before it."""
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return []
    at = np.maximum(np.searchsorted(known, np.arange(len(values)), side="right") - 1, 0)
    return np.round(values[known[at]].astype(float), 3).tolist()


ITEMS = SeriesItems()
