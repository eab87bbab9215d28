"""`service.search`: finding events in the ledger, when they happened, and one of them with its proof.

DuckDB filters, counts and pages, so a page holds only what it shows. Times are compared as ISO 8601 UTC text, which
is how leaves hold them.
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ...audit.ledger.ledger import Leaf
from ...audit.ledger.proofs import Nodes
from ...workspace.layout import BadInput
from ..runs.runs import NotFound
from .reading import LEAF_COLUMNS
from .rows import EVENT, EVENTS, event_of
from .store import Store

MOST = 1_000  # leaves on one page
LONGEST = 200  # characters that are looked for
BINS = 60
# What an event is about, for the timeline: first match counts.
GROUPS = (
    (
        "people and decisions",
        "kind LIKE 'user.%' OR kind LIKE 'review.%' OR kind LIKE 'dossier.%' OR kind = 'selection'",
    ),
    (
        "the record itself",
        "kind LIKE 'checkpoint.%' OR kind LIKE 'key.%' OR kind LIKE 'payload.%' OR kind LIKE 'store.%'",
    ),
    (
        "a run's course",
        "kind LIKE 'run.%' OR kind LIKE 'stage.%' OR kind LIKE 'job.%' OR kind LIKE 'data.%' OR kind LIKE 'sweep.%'",
    ),
)
REST = "measurements"
FOUND = "leaf, seq, time, actor, kind, run, key, hash"


@dataclass(frozen=True)
class Query:
    """What events are looked for; None: any. text: in the content, kind, key or files, small and capital alike.

    since, until: UTC days or times ("2026-11-22", "2026-11-22T10:00:00Z"); since is included, until is not.
    """

    text: str = ""
    run: str | None = None
    actor: str | None = None
    kind: str | None = None
    since: str | None = None
    until: str | None = None

    def where(self) -> tuple[str, list[Any]]:
        """The condition and its values. Raises BadInput."""
        parts, values = ["true"], []
        for name in ("run", "actor", "kind"):
            if (wanted := getattr(self, name)) is not None:
                parts.append(f"{name} = ?")
                values.append(_text(name, wanted))
        for sign, name in ((">=", "since"), ("<", "until")):
            if (wanted := getattr(self, name)) is not None:
                parts.append(f"time {sign} ?")
                values.append(_moment(name, wanted))
        if self.text:
            looked = "lower(concat_ws(' ', kind, key, body, payload, subjects))"
            parts.append(f"(contains({looked}, lower(?)) OR contains({looked}, lower(?)))")
            typed = _text("text", self.text)
            values += [typed, json.dumps(typed, ensure_ascii=False)[1:-1]]  # and as JSON spells it in a body
        return " AND ".join(parts), values


class Search:
    def __init__(self, store: Store):
        self._store = store
        self._nodes, self._gate = Nodes(), threading.Lock()

    def find(self, query: Query, limit: int = 200, offset: int = 0) -> dict[str, Any]:
        """{"total", "leaves": [{leaf, seq, time, actor, kind, run, key, hash}]}, the newest first."""
        where, values = query.where()
        (count,) = self._store.rows(f"SELECT count(*) AS total FROM {EVENTS} WHERE {where}", values)
        page = [max(1, min(int(limit), MOST)), max(0, min(int(offset), 2**62))]
        sql = f"SELECT {FOUND} FROM {EVENTS} WHERE {where} ORDER BY leaf DESC LIMIT ? OFFSET ?"
        rows = self._store.rows(sql, [*values, *page])
        return {"total": count["total"], "leaves": [{**row, "hash": row["hash"].hex()} for row in rows]}

    def timeline(self, query: Query) -> dict[str, Any]:
        """{"start" (UTC), "seconds" (of a bin), "counts": {group: [events in each of BINS bins]}}; {} where none is.

        An event whose time cannot be read (a damaged one) has no place here.
        """
        where, values = query.where()
        cases = " ".join(f"WHEN {condition} THEN {i}" for i, (_, condition) in enumerate(GROUPS))
        place = f"least({BINS - 1}, CAST(floor({BINS} * (moment - low) / greatest(high - low, 1)) AS INT))"
        sql = (
            "WITH found AS (SELECT epoch(try_cast(time AS TIMESTAMP)) AS moment, "
            f"CASE {cases} ELSE {len(GROUPS)} END AS part "
            f"FROM {EVENTS} WHERE {where} AND try_cast(time AS TIMESTAMP) IS NOT NULL), "
            "ends AS (SELECT min(moment) AS low, max(moment) AS high FROM found) "
            f"SELECT part, low, high, {place} AS bin, count(*) AS events FROM found, ends GROUP BY ALL"
        )
        rows = self._store.rows(sql, values)
        if not rows:
            return {}
        low, high = rows[0]["low"], rows[0]["high"]
        names = [*(group for group, _ in GROUPS), REST]
        counts = {name: [0] * BINS for name in names}
        for row in rows:
            counts[names[row["part"]]][row["bin"]] = row["events"]
        start = datetime.fromtimestamp(low, UTC).isoformat().replace("+00:00", "Z")
        return {"start": start, "seconds": max(high - low, 1) / BINS, "counts": counts}

    def facets(self) -> dict[str, list[str]]:
        """{"run", "actor", "kind": values that occur, the most frequent first}."""
        return {name: self._values(name) for name in ("run", "actor", "kind")}

    def event(self, leaf: int) -> dict[str, Any]:
        """One event whole: the fields of `find`, "subjects", "body" and, with private fields, "redacted"."""
        rows = self._store.rows(f"SELECT {EVENT}, hash FROM {EVENTS} WHERE leaf = ?", [int(leaf)])
        if not rows:
            raise _no_leaf(leaf)
        return event_of({**rows[0], "hash": rows[0]["hash"].hex()})

    def inclusion(self, leaf: int) -> dict[str, Any]:
        """The inclusion proof of a leaf in the tree as it is now (RFC 9162, 2.1.3).

        {leaf, event (its canonical JSON, of which the leaf hash is made), hash, size, root, path}: hashes are
        hexadecimal, the path from the leaf's sibling upwards. verify.py of a bundle checks it (`--proof`).
        """
        rows = self._store.rows(f"SELECT {LEAF_COLUMNS}, hash FROM ledger WHERE leaf = ?", [int(leaf)])
        if not rows:
            raise _no_leaf(leaf)
        hashed = rows[0].pop("hash").hex()
        with self._gate:
            nodes = self._nodes  # grows with the ledger: at a million leaves a fresh one takes seconds
            sql = "SELECT hash FROM ledger WHERE leaf >= ? ORDER BY leaf"
            nodes.extend(row["hash"] for row in self._store.rows(sql, [nodes.size]))
            path = [node.hex() for node in nodes.inclusion(int(leaf))]
            tree = {"size": nodes.size, "root": nodes.root().hex()}  # before another question lets it grow
        return {"leaf": int(leaf), "event": Leaf(**rows[0]).encode().decode(), "hash": hashed, **tree, "path": path}

    def _values(self, column: str) -> list[str]:
        sql = f"SELECT {column} AS value FROM ledger WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1"
        return [row["value"] for row in self._store.rows(sql)]


def _no_leaf(leaf: int) -> NotFound:
    return NotFound(f"event: expected a leaf of this ledger, found {leaf}")


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST or not value.isprintable():
        expected = f"a text of at most {LONGEST} printable characters"
        raise BadInput(f"{name}: expected {expected}, found {ascii(value)[:60]}")
    return value


def _moment(name: str, value: Any) -> str:
    """A day or time as leaves write it."""
    given = _text(name, value)
    try:
        at = datetime.fromisoformat(re.sub("[zZ]$", "+00:00", given))
        at = (at.replace(tzinfo=UTC) if at.tzinfo is None else at).astimezone(UTC)
    except (ValueError, OverflowError):
        expected = "a day or time such as 2026-11-22 or 2026-11-22T10:00:00Z"
        raise BadInput(f"{name}: expected {expected}, found {given!r}") from None
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")
