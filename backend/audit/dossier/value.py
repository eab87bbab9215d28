"""A value of a dossier: what is printed, the leaf that it comes from, and the query that finds it there again.

Every query reads the table `ledger` (backend/control/migrations) and answers with one row of one column: JSON text
that equals the printed value. Places inside a body are JSON Pointers (RFC 6901).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from backend.workspace.formats import moment

Event = dict[str, Any]


@dataclass(frozen=True)
class Value:
    """`text`: the value as it is printed, with its uncertainty; `value`: as the query gives it; `leaf`: its source."""

    label: str
    text: str
    value: Any
    leaf: int
    query: str


def at(event: Event | None, *path: str | int, label: str, say: Callable[[Any], str] = str) -> Iterator[Value]:
    """The value at `path` in the body of `event`; nothing where the record holds none, or null."""
    found = event and _walk(event["body"], path)
    if event is not None and found is not None:
        query = f"SELECT json_extract(body, {_quoted(_pointer(path))}) FROM ledger WHERE leaf = {event['leaf']}"
        yield Value(label, say(found), found, event["leaf"], query)


def file_of(event: Event | None, role: str, label: str, say: Callable[[str], str] = str) -> Iterator[Value]:
    """The SHA-256 of the file of `event` whose role is `role`."""
    for i, subject in enumerate(event["subjects"] if event else ()):
        if subject["role"] == role:
            query = f"SELECT json_extract(subjects, '/{i}/sha256') FROM ledger WHERE leaf = {event['leaf']}"
            yield Value(label, say(subject["sha256"]), subject["sha256"], event["leaf"], query)


def moment_of(event: Event | None, label: str) -> Iterator[Value]:
    """When `event` was told, UTC."""
    if event is not None:
        query = f"SELECT to_json(time) FROM ledger WHERE leaf = {event['leaf']}"
        yield Value(label, moment(event["time"]), event["time"], event["leaf"], query)


def count_of(events: list[Event], label: str, say: Callable[[int], str] = "{:,}".format) -> Iterator[Value]:
    """How many events of one kind a run told; `events` are all of them, at least one. Cites the last."""
    if events:
        last = events[-1]
        of = f"run = {_quoted(last['run'])} AND kind = {_quoted(last['kind'])} AND leaf <= {last['leaf']}"
        query = f"SELECT to_json(count(*)) FROM ledger WHERE {of}"
        yield Value(label, say(len(events)), len(events), last["leaf"], query)


def versions_of(submitted: list[Event], label: str, say: Callable[[list[str]], str]) -> Iterator[Value]:
    """The runs on one data set up to this one: its `run.submitted` events, oldest first. Cites the last."""
    if submitted:
        last, found = submitted[-1], [e["run"] for e in submitted]
        named = f"json_extract_string(body, '/dataset') = {_quoted(last['body']['dataset'])}"
        of = f"kind = 'run.submitted' AND {named} AND json_extract_string(body, '/kind') = 'run'"
        query = f"SELECT to_json(list(run ORDER BY leaf)) FROM ledger WHERE {of} AND leaf <= {last['leaf']}"
        yield Value(label, say(found), found, last["leaf"], query)


def equal(printed: Any, answered: str) -> bool:
    """Does a query's answer (JSON text) equal a printed value? An integer and the same number as a float do."""
    return json.loads(answered) == printed


def _walk(body: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        if isinstance(body, dict) or (isinstance(body, list) and isinstance(step, int) and step < len(body)):
            body = body.get(step) if isinstance(body, dict) else body[step]
        else:
            return None
    return body


def _pointer(path: tuple[str | int, ...]) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
