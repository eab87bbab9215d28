"""The map as a widget: our own Streamlit component, drawn with WebGL in the browser (its sources lie in view/).

The component is told addresses and small tables; positions, classes and the selection's mask it fetches over HTTP and
keeps by their digest, so a run of the script sends none of them again. Back comes a gesture alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from backend.workspace.layout import BadInput

from ..charts.embeddings import FADED
from ..charts.theme import INK
from ..frame.login import signed_in
from ..frame.safe import visible
from ..frame.session import service
from . import bundle, facets, paint, routes
from .columns import CLUSTER, cluster_places, places
from .gesture import Gesture, checked_camera, read, selection
from .grid import Grid, packed
from .looking import View
from .maps import Map, placed_on
from .replay import step
from .shelf import Parcel, shelf
from .tickets import signed

PROBLEM, ANSWERED = "gesture_problem", "gestures_answered"
_mount = st.components.v2.component("ssl_workbench_map", js=bundle.start("map"), isolate_styles=False)


def built() -> bool:
    """Whether the view was built with the package."""
    return bundle.parcel() is not None


def show(
    view: View,
    one: Map,
    key: str,
    choice: str,
    ringed: list[int],
    ring: str,
    title: str,
    subtitle: str,
) -> None:
    """Draw the flat map `one`, coloured by the column `choice`; a gesture in it changes the selection.

    ringed: rows that are outlined, `ring`: what they are.
    """
    told = drawn(view, one, choice, ringed, ring) | {"title": visible(title), "subtitle": visible(subtitle)}
    near = one.neighbours
    told["near"] = near and address(routes.near_path(one.sha256, near))
    told["camera"] = camera(one) if key == "map_left" else None
    # A gesture that changes nothing is answered too: the browser waits for it with the lasso on the screen.
    told["answered"] = answered()
    _mount(key=key, data=told, on_gesture_change=partial(take, view, one, key, choice))


def drawn(view: View, one: Map, choice: str, ringed: list[int], ring: str) -> dict[str, Any]:
    """What the browser is told of a map: addresses, the legend, names and rings on the grid."""
    here, (grid, steps) = places(one.sha256), paint.grid(one.sha256, one.frame)
    painted = paint.paint(choice, one.sha256, view.source)
    names = cluster_places(one.sha256, view.source) if choice == CLUSTER else []
    outlined = np.flatnonzero(np.isin(here.rows, ringed)).tolist() if ringed else []
    return {
        "program": routes.bundle_path(),
        "count": len(here.rows),
        "frame": frame_key(one),
        "steps": _held(steps),
        "codes": _held(painted.parcel),
        "legend": painted.legend,
        "selected": selected(facets.points_of(one.sha256, view.selected.mask)),
        "hover": {"address": address(routes.cell_path(view.run["dataset"], one.sha256, view.show))},
        "names": [[*grid.place(x, y), visible(name)] for x, y, name in names],
        "placed": _placed(one, grid),
        "rings": {"points": outlined, "what": visible(ring)},
        "ink": {"line": INK, "faded": FADED},
    }


def _placed(one: Map, grid: Grid) -> list[list[Any]]:
    """[x, y, what] on the grid of the example that the person placed on this map."""
    told = placed_on(one)
    return [[*grid.place(*told["place"]), visible(told["what"])]] if told else []


def selected(points: np.ndarray) -> dict[str, Any] | None:
    """The selection's mask (bool P) as it is fetched; None where nothing is selected."""
    count = int(points.sum())
    return {**_held(Parcel.of(packed(points))), "count": count} if count else None


def _held(parcel: Parcel) -> dict[str, str]:
    return {"sha256": shelf().put(parcel), "address": address(routes.bytes_path(parcel.sha256))}


def address(path: str) -> str:
    """Where the browser may fetch `path` for the person who looks at the page."""
    caller = signed_in()
    return signed(path, service().workspace.token, caller.name if caller else "")


def answered() -> int:
    """Gestures answered so far, of all widgets."""
    return st.session_state.get(ANSWERED, 0)


def gestured(key: str) -> Any:
    """What the widget `key` sent, to be answered now; None where it sent nothing."""
    told = dict(st.session_state.get(key) or {}).get("gesture")
    if told is not None:
        st.session_state[ANSWERED] = answered() + 1
    return told


@contextmanager
def problem_kept() -> Iterator[None]:
    """In a callback: what was wrong with what a person did is told when the page is drawn (`problem`)."""
    try:
        yield
    except BadInput as wrong:
        st.session_state[PROBLEM] = str(wrong)


def take(view: View, one: Map, key: str, choice: str) -> None:
    """Callback: what was drawn or pressed on the map becomes the selection; a gesture that is none is told."""
    told = gestured(key)
    if told is None:
        return
    with problem_kept():
        gesture = read(told, Gesture)
        codes = paint.paint(choice, one.sha256, view.source).codes
        grid, _ = paint.grid(one.sha256, one.frame)
        if gesture.shape != "view":
            mask = selection(gesture, view.selected.mask, places(one.sha256).rows, grid, codes)
            view.selected.put(mask, step(gesture, one.sha256, one.frame, choice, view.source))
        if key == "map_left":
            _keep_camera(one, gesture)


def _keep_camera(one: Map, gesture: Gesture) -> None:
    """The camera stands in the page's address, with its map, so that the address shows someone else the same view.

    Without one the whole map is seen, and the address holds none.
    """
    if gesture.camera is None:
        st.query_params.pop("camera", None)
    else:
        st.query_params["camera"] = f"{frame_key(one)}:" + ",".join(f"{part:.5g}" for part in gesture.camera)


def frame_key(one: Map) -> str:
    """What a camera looks at: maps that share a frame share the camera."""
    return one.sha256[:8] if one.frame is None else hashlib.sha256(repr(one.frame).encode()).hexdigest()[:8]


def camera(one: Map) -> list[float] | None:
    """x, y and distance of the camera in the page's address; None where it holds none of this map that makes sense."""
    whose, _, where = st.query_params.get("camera", "").partition(":")
    try:
        return checked_camera([float(part) for part in where.split(",")]) if whose == frame_key(one) else None
    except ValueError:
        return None


def problem(say: Callable[[str], Any]) -> None:
    """Tell once what was wrong with the last gesture."""
    if told := st.session_state.pop(PROBLEM, None):
        say(told)
