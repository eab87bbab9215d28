"""The maps of a run and what belongs to them, found in its events."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import streamlit as st

from backend import exports

from .. import modality
from ..frame.session import service
from .columns import Clusters, Source
from .grid import Frame

ARM = {"ssl": "Pretrained", "random": "Untrained encoder"}


@dataclass(frozen=True)
class Map:
    """One `projection` or `projection.step` event: whose map, how it was made, and the digest of its table.

    step, near: of an encoder that was kept on the way, its step and the digest of its neighbours.
    frame: of a map that is shown in one frame with others which it is laid over; none for its own.
    """

    run: str
    arm: str
    method: str
    dimensions: int
    sha256: str
    body: dict[str, Any]
    step: int | None = None
    near: str | None = None
    frame: Frame | None = None

    @property
    def title(self) -> str:
        after = "" if self.step is None else f" · after {self.step:,} steps"
        return (
            f"{ARM.get(self.arm, self.arm)} · {exports.called('projection', self.method)}, {self.dimensions}-D{after}"
        )

    @property
    def neighbours(self) -> str | None:
        """The digest of the true neighbours in this map's encoder's space; None where they were not computed."""
        event = None if self.near else neighbours_event(self.run, self.arm)
        return event["subjects"][0]["sha256"] if event else self.near


def maps_of(run: str, ended: bool = False) -> list[Map]:
    """Every map of a run, the pretrained encoder's first, in the order they were made; read once when it has ended."""
    return list(_maps_of_ended(str(service().workspace.root), run)) if ended else _read(run)


@lru_cache(maxsize=256)
def _maps_of_ended(workspace: str, run: str) -> tuple[Map, ...]:
    return tuple(_read(run))


def _read(run: str) -> list[Map]:
    found = []
    for event in service().events(run, "projection"):
        body = event["body"]
        sha256 = event["subjects"][0]["sha256"]
        found.append(Map(run, body["arm"], body["method"], body["dimensions"], sha256, body))
    return sorted(found, key=lambda one: one.arm != "ssl")


def comparable(run: dict[str, Any], shown: Map, runs: list[dict[str, Any]]) -> dict[str, Map]:
    """{name: map} that may stand beside `shown`: the run's others, and the like of it from runs on the same data."""
    found = {one.title: one for one in maps_of(run["run"], run["state"] == "succeeded") if one != shown}
    for other in runs:
        if other["run"] == run["run"] or other["kind"] != "run" or other["dataset"] != run["dataset"]:
            continue
        for one in maps_of(other["run"], other["state"] == "succeeded"):
            if (one.arm, one.method, one.dimensions) == ("ssl", shown.method, shown.dimensions):
                found[f"{other['title'] or other['run']} ({other['run']}) · {one.title}"] = one
    return found


def source_of(manifest: dict[str, Any], one: Map) -> Source:
    """What colours and counts the points of a map: its own run's predictions, and its own encoder's clusters."""
    clusters = Clusters.of(clusters_event(one.run, one.arm), modality.of(manifest).words)
    return Source.of(manifest, predictions_digest(one.run), clusters)


def placed_on(one: Map) -> dict[str, Any] | None:
    """The example that a person placed on this map: {"what", "rows", "cosine", "place", "scatter"}; placing.py."""
    return st.session_state.get(placed_key(one))


def placed_key(one: Map) -> str:
    """Under which the session keeps it."""
    return f"placed_{one.sha256}"


def neighbours_event(run: str, arm: str) -> dict[str, Any] | None:
    """The `neighbours` event of an encoder."""
    found = [e for e in service().events(run, "neighbours") if e["body"]["arm"] == arm]
    return found[-1] if found else None


def clusters_event(run: str, arm: str) -> dict[str, Any] | None:
    """The `clusters` event of an encoder."""
    found = [e for e in service().events(run, "clusters") if e["body"]["arm"] == arm]
    return found[-1] if found else None


def predictions_digest(run: str) -> str | None:
    """Digest of the fine-tuned classifier's predictions (pretraining seed 0, first subset), or None."""
    events = [e for e in service().events(run, "predictions") if e["body"]["arm"] == "ssl"]
    events = [e for e in events if e["body"]["pretrain_seed"] in (0, None)]
    first = min(events, key=lambda e: e["body"]["subset_seed"], default=None)
    return first["subjects"][0]["sha256"] if first else None


def nearest(sha256: str, row: int) -> list[tuple[int, float]]:
    """(row, cosine) of the true neighbours of a data row, nearest first; empty where the row is not on the map.

    sha256: of a `neighbours` artefact.
    """
    rows = _mapped_rows(sha256)
    place = int(np.searchsorted(rows, row))
    if place == len(rows) or rows[place] != row:
        return []
    here = slice(place, place + 1)
    index, cosine = service().array(sha256, "index", here)[0], service().array(sha256, "cosine", here)[0]
    return [(int(rows[i]), float(c)) for i, c in zip(index, cosine, strict=True)]


@lru_cache(maxsize=16)
def _mapped_rows(sha256: str) -> np.ndarray:
    return service().array(sha256, "rows")
