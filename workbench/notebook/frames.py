"""What a run has recorded as frames. Pure: events as the service gives them -> pandas."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

Event = dict[str, Any]
ESTIMATE = ("value", "low", "high")


def events(found: Iterable[Event]) -> pd.DataFrame:
    """One row an event: leaf, seq, time (UTC), actor, kind, key, body (dict), subjects ([dict])."""
    columns = ["leaf", "seq", "time", "actor", "kind", "key", "body", "subjects"]
    frame = pd.DataFrame([{name: event[name] for name in columns} for event in found], columns=columns)
    return frame.assign(time=pd.to_datetime(frame["time"], utc=True, format="ISO8601"))


def bodies(found: Iterable[Event]) -> pd.DataFrame:
    """One row an event, a column for each value of its body: {"parts": {"align": 1}} -> "parts.align"."""
    return pd.json_normalize([event["body"] for event in found])


def artefacts(found: Iterable[Event]) -> pd.DataFrame:
    """One row a file that an event names: leaf, kind (of the event), role, sha256, type, bytes."""
    columns = ["leaf", "kind", "role", "sha256", "type", "bytes"]
    rows = [{"leaf": event["leaf"], "kind": event["kind"], **file} for event in found for file in event["subjects"]]
    return pd.DataFrame(rows, columns=columns).drop_duplicates(["role", "sha256"], ignore_index=True)


def study(body: dict[str, Any]) -> pd.DataFrame:
    """One row an arm, method and fraction: arm, method, fraction, n_labels, best, value, low, high (95 %), cells.

    `attrs["metric"]` says what the values are.
    """
    rows = []
    for entry in body["table"]:
        kept = {name: value for name, value in entry.items() if name != "mean"}
        rows.append({**kept, **{name: entry["mean"][name] for name in ESTIMATE}})
    frame = _first(pd.DataFrame(rows), "arm", "method", "fraction", "n_labels", "best", *ESTIMATE)
    frame.attrs["metric"] = body["metric"]
    return frame


def contrasts(body: dict[str, Any]) -> pd.DataFrame:
    """One row a comparison of the pretrained arm: fraction, against, difference.value, p_holm, decision ..."""
    difference = [f"difference.{name}" for name in ESTIMATE]
    frame = pd.json_normalize(body["contrasts"])
    named = ("fraction", "n_labels", "method", "against", "against_method", *difference, "decision", "p_holm")
    return _first(frame, *named)


def bias(found: Iterable[Event]) -> pd.DataFrame:
    """One row a group and metric of the bias audit: arm, attribute, group, n, metric, value, low, high, trials, enough,
    p_holm (of the group against all others)."""
    rows = []
    for body in (event["body"] for event in found):
        for group in body["groups"]:
            for metric, told in group["metrics"].items():
                rows.append(
                    {
                        "arm": body["arm"],
                        "attribute": body["attribute"],
                        "group": group["group"],
                        "n": group["n"],
                        "metric": metric,
                        **{name: told[name] for name in ESTIMATE},
                        "trials": told["trials"],
                        "enough": told["enough"],
                        "p_holm": (told.get("versus_rest") or {}).get("p_holm"),
                    }
                )
    return pd.DataFrame(rows)


def gaps(found: Iterable[Event]) -> pd.DataFrame:
    """One row an attribute and metric: arm, attribute, metric, how far groups lie apart (max_min, p_holm ..)."""
    return pd.json_normalize(
        [
            {"arm": event["body"]["arm"], "attribute": event["body"]["attribute"], "metric": metric, **told}
            for event in found
            for metric, told in event["body"]["gaps"].items()
        ]
    )


def runs(found: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """One row a run, newest first: run, title, dataset, state, reason, created, started, ended, stage."""
    columns = ["run", "title", "dataset", "state", "reason", "created", "started", "ended", "stage"]
    frame = pd.DataFrame(
        [{name: run[name] for name in columns} for run in found if run["kind"] == "run"], columns=columns
    )
    for name in ("created", "started", "ended"):
        frame[name] = pd.to_datetime(frame[name], utc=True, format="ISO8601")
    return frame


def datasets(found: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """One row a data set: name, kind, count, label, classes, sensitive, digest."""
    columns = ["name", "kind", "count", "label", "classes", "sensitive", "digest"]
    return pd.DataFrame([{name: one[name] for name in columns} for one in found], columns=columns)


def _first(frame: pd.DataFrame, *names: str) -> pd.DataFrame:
    """The same with these columns first, those that it has."""
    named = [name for name in names if name in frame]
    return frame[[*named, *(name for name in frame if name not in named)]]
