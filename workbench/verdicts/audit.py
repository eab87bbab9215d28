"""Can the record be trusted? A verification's result -> sentences. Pure."""

from __future__ import annotations

from typing import Any

from backend.workspace.formats import duration, moment

NUMBER = "Number in run"  # the column of the table whose values are numbers or nothing

KIND = {
    "edited": "Edited",
    "reordered": "Out of order",
    "unreadable": "Unreadable",
    "missing leaf": "Removed",
    "repeated leaf": "Repeated",
    "gap": "Gap in a run",
    "root": "Root differs",
    "truncated": "Cut off",
    "rolled back": "Put back to an older state",
    "forked": "Another history",
    "checkpoint": "Checkpoint",
    "key": "Key",
    "clock": "Clock set back",
    "payload": "Personal payload",
    "unsigned": "Not signed",
    "review": "Decision not signed",
    "database": "Database",
    "file missing": "File missing",
    "file replaced": "File replaced",
}


def sentence(result: dict[str, Any] | None, size: int) -> str:
    """The answer to the page's question; before a verification it promises nothing."""
    if not size:
        return "There is nothing to check yet: the ledger is empty."
    if result is None:
        return f"Not checked yet in this session: {size:,} events wait to be verified."
    if result["ok"]:
        return f"Yes: all {result['events']:,} events and {result['artefacts']:,} files are as they were recorded."
    count = len(result["findings"])
    return f"No: {count} {'finding' if count == 1 else 'findings'} in {result['events']:,} events."


def evidence(result: dict[str, Any] | None) -> str:
    """What the answer rests on, and what it cannot show."""
    if result is None:
        return "Verifying recomputes every hash from the events' own content and hashes every file again."
    held = (
        "It agrees with the signed checkpoints outside the database. Whoever holds the key could still rewrite all of "
    )
    if not result.get("checkpoints"):
        held = (
            "No signed checkpoint is outside the database yet: a root noted elsewhere alone would tell of changes to "
        )
    return (
        f"Merkle root over {result['events']:,} leaves: {result['root']}. {covered(result)} {held}it, unless a witness "
        "elsewhere cosigns."
    )


def covered(result: dict[str, Any]) -> str:
    """Up to where the record is signed, and what is not. result: of a verification."""
    signed, events = result["signed"], result["events"]
    if signed == events:
        return f"Signed up to {signed:,} of {events:,} events: a checkpoint covers all of them."
    left, since = events - signed, result["unsigned_since"]
    rest = "1 event" if left == 1 else f"{left:,} events"
    sealed = result["sealed"] == events
    how = "no checkpoint covers it yet, the seal of its commit does" if sealed else "nobody has signed it"
    if left > 1:
        how = "no checkpoint covers them yet, the seals of their commits do" if sealed else "nobody has signed them"
    return f"Signed up to {signed:,} of {events:,} events. {rest} since {moment(since)}: {how}."


def spoken(result: dict[str, Any], pinned: bool) -> str:
    """Which key speaks for the record. pinned: it is the one that whoever verifies was told."""
    if not result["key"]:
        return "No key speaks for the record."
    own = "" if pinned else " (the workspace's own word: compare it with what you were told, or give --key)"
    return f"Signed by {result['key']}{own}"


def progress(done: int, total: int, left: float | None) -> str:
    """Under the bar of a running verification. left: seconds."""
    far = f"Checked {done:,} of {total:,} events and files"
    return far if left is None else f"{far}; at this pace {duration(left)} left"


def signed(newest: dict[str, Any] | None, size: int) -> str:
    """Who has signed up to where, for the sidebar. newest: {size, time} of the newest checkpoint."""
    if newest:
        return f"newest checkpoint signed {moment(newest['time'])} over {newest['size']:,} of them"
    return "no checkpoint signed yet: the next run's end signs one, or workbench audit checkpoint" if size else ""


def state(tree: dict[str, Any]) -> list[dict[str, str]]:
    """How long the record is and who has signed for it. tree: of `service.trail.tree`."""
    rows = [("Events", f"{tree['size']:,}"), ("Root (RFC 9162)", tree["root"])]
    newest = tree["checkpoint"]
    if newest is None:
        rows.append(("Last checkpoint", "none yet: one is signed after the next run, or by workbench audit checkpoint"))
    else:
        behind = tree["size"] - newest["size"]
        since = "it covers all of them" if not behind else f"{behind:,} events came after it"
        rows.append(("Last checkpoint", f"{moment(newest['time'])}, over {newest['size']:,} events; {since}"))
        rows += [("Written to", newest["path"]), ("Signed by", newest["key"])]
    said = [f"{one['who']}: {one['line']}" for one in tree["vouched"]]
    rows.append(
        ("Vouched for by others", "; ".join(said) or "nobody: no witness and no timestamp authority is configured")
    )
    return [{"What": what, "Value": value} for what, value in rows]


def event(event: dict[str, Any]) -> str:
    """When, who, in which run, and what is left of what was personal."""
    where = f" in {event['run']}" + (f", number {event['seq']:,} there" if event["seq"] is not None else "")
    erased = {
        True: " What was personal in it has been erased.",
        False: " It holds a personal payload that can be erased.",
    }
    told = f"{moment(event['time'])} by {event['actor']}" + (where if event["run"] else "")
    return f"{told}. Leaf hash {event['hash']}." + erased.get(event.get("redacted"), "")


def content(event: dict[str, Any]) -> list[dict[str, str]]:
    """The body, one line a value, nested names joined by a dot."""
    return [{"What": name, "Value": value} for name, value in _flat(event["body"])] or [
        {"What": "", "Value": "no content"}
    ]


def files(event: dict[str, Any]) -> list[dict[str, str]]:
    return [{"File": one["role"], "SHA-256": one["sha256"], "Type": one["type"]} for one in event["subjects"]]


def proof(proof: dict[str, Any]) -> str:
    count = len(proof["path"])
    return (
        f"{count} {'hash' if count == 1 else 'hashes'} lead from leaf {proof['leaf']:,} to the root {proof['root']} of "
        f"{proof['size']:,} events (RFC 9162, 2.1.3). Elsewhere `python3 verify.py bundle.zip --proof "
        f"leaf-{proof['leaf']}.json` checks the file: verify.py lies in the bundle."
    )


def span(since: str, until: str) -> str:
    """Which part of the time was drawn on the timeline. Both: UTC, as the chart's axis writes them."""
    return f"Only from {since[:19]} to {until[:19]} UTC, as drawn on the timeline."


def counted(total: int, timeline: dict[str, Any]) -> str:
    """How many events the table and the timeline show. timeline: of `service.search.timeline`."""
    placed = sum(map(sum, timeline["counts"].values())) if timeline else 0
    lost = total - placed
    damaged = f" {lost:,} of them have a time that cannot be read and are missing on the timeline." if lost > 0 else ""
    return (
        f"{total:,} {'event' if total == 1 else 'events'}, the newest first.{damaged} Select a row to open it, draw a "
        "span on the timeline to look at that alone. The hash covers time, actor, content and files."
    )


def _flat(value: Any, name: str = "") -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [pair for key, inner in value.items() for pair in _flat(inner, f"{name}.{key}" if name else key)]
    if isinstance(value, list) and any(isinstance(inner, dict | list) for inner in value):
        return [pair for i, inner in enumerate(value) for pair in _flat(inner, f"{name}[{i}]")]
    if isinstance(value, list):
        return [(name, ", ".join(map(_plain, value)))]
    return [(name, _plain(value))]


def _plain(value: Any) -> str:
    return "–" if value is None else {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def table(leaves: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The ledger's leaves as rows to read."""
    return [
        {
            "Leaf": leaf["leaf"],
            "Time (UTC)": leaf["time"][:19].replace("T", " "),
            "Who": leaf["actor"],
            "Event": leaf["kind"],
            "Run": leaf["run"] or "",
            NUMBER: leaf["seq"],
            "Hash": leaf["hash"][:16] + "…",
        }
        for leaf in leaves
    ]


def findings(result: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"Leaf": f["leaf"], "Run": f["run"] or "", "What": KIND.get(f["kind"], f["kind"]), "Finding": f["line"]}
        for f in result["findings"]
    ]
