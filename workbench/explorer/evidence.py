"""What stands beside a map and between two encoders: events of the run, and questions to the warm worker."""

from __future__ import annotations

from typing import Any

from backend.workspace.layout import BadInput

from ..frame.session import service
from .maps import Map

FEATURES = {"ssl": "pretrain/0", "random": "random/0"}  # arm -> key of its `features` event
WAIT = 120.0  # seconds for an answer that may have to make two neighbour graphs of 100,000 points


def beside(shown: Map, kind: str) -> dict[str, Any] | None:
    """The event `distances` or `stability` of a map; None where it was not made."""
    seed = shown.body["seed"]
    return service().latest(shown.run, kind, f"{shown.arm}/{shown.method}/{shown.dimensions}/{seed}")


def steps(run: str) -> list[dict[str, Any]]:
    """The events `projection.step` of a run, by step: maps of the encoders that were kept on the way, each laid over
    the next later one. The first subject is the map's table, the second the neighbours."""
    return sorted(service().events(run, "projection.step"), key=lambda event: event["body"]["step"])


def finished(run: str, arm: str = "ssl") -> dict[str, str]:
    """A run's pretrained encoder, or its untrained one ("random"), as a side of `compare`. Raises BadInput for a run
    without features."""
    keys = {"neighbours": f"{arm}/0", "features": FEATURES[arm]}
    digests = {name: _digest(run, name, key) for name, key in keys.items()}
    if digests["features"] is None:
        raise BadInput(f"compare: expected a run that kept its features, found none in {run}")
    return {name: digest for name, digest in digests.items() if digest}


def side(one: Map) -> dict[str, str]:
    """The encoder of a map as a side of `compare`: of one that was kept on the way, its neighbours. Raises BadInput."""
    return {"neighbours": one.near} if one.near else finished(one.run, one.arm)


def fine_tuned(run: str) -> dict[str, str]:
    """A run's fine-tuned classifier as a side of `compare`. Raises BadInput for a run without one."""
    found = [event for event in service().events(run, "classifier") if event["body"]["arm"] == "ssl"]
    if not found:
        raise BadInput(f"compare: expected a run with a fine-tuned classifier, found none in {run}")
    return {"model": found[-1]["subjects"][0]["sha256"]}


def compare(dataset: str, first: dict[str, str], second: dict[str, str]) -> dict[str, Any]:
    """The warm worker's answer to `compare` (docs/interfaces.md). Raises BadInput with one line."""
    return service().ask({"kind": "compare", "dataset": dataset, "first": first, "second": second}, WAIT)


def overlay(shown: Map, onto: Map) -> dict[str, Any]:
    """The answer to `overlay`: `shown` laid over `onto`, two maps of one data set. Raises BadInput with one line."""
    return service().ask({"kind": "overlay", "map": shown.sha256, "onto": onto.sha256}, WAIT)


def place(shown: Map, dataset: str, example: dict[str, Any]) -> dict[str, Any]:
    """The answer to `place`: where an example belongs on a map of the pretrained encoder, told as its modality tells it
    (`Items.asked`). Raises BadInput with one line."""
    encoder, features = (_digest(shown.run, kind, "pretrain/0") for kind in ("encoder", "features"))
    if shown.arm != "ssl" or encoder is None or features is None:
        raise BadInput("place: expected a map of a pretrained encoder that was kept, found another")
    digests = {"encoder": encoder, "features": features, "projection": shown.sha256}
    return service().ask({"kind": "place", "dataset": dataset, **digests, **example}, WAIT)


def _digest(run: str, kind: str, key: str) -> str | None:
    event = service().latest(run, kind, key)
    return event["subjects"][0]["sha256"] if event else None
