"""What a review covers: a run, a finding about bias or a report, as digests of what a reviewer can see of it.

    run:RUN                      all that the run's worker told and all its changes of state
    finding:RUN:KIND:KEY         the newest event of that kind and key (kinds: FINDINGS), and its files
    report:RUN                   the newest report of each format, their files, and the run that they speak of

`seen` gives {"events", "last" {"leaf", "hash"}, "root" (of the covered leaf hashes, an RFC 9162 tree), "files" (how
many), "replaced" [digests of files that are not what they were], "reports" [digests]}; two results that differ are two
states of the matter. It reads the stored leaf hashes: whether these fit their events is the verifier's question.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ... import exports
from ...audit.ledger.ledger import root_of
from ...workspace.artefacts import Artefacts
from ...workspace.layout import BadInput, check_name
from ..content.hashes import Hashes
from ..record.store import Store
from ..runs.runs import NotFound

FINDINGS = ("fairness", "probe", "proxies")
REPORTS = ("report.built", "dossier.built")
STATES = ("run.submitted", "run.cancel_asked", "run.resume_asked", "job.state")  # what the server itself tells of a run
LONGEST = 300  # characters of a `what`
COLUMNS = "leaf, actor, kind, key, subjects, hash"


@dataclass(frozen=True)
class What:
    kind: str  # run, finding or report
    run: str
    event: str | None = None
    key: str | None = None


def parse(what: str) -> What:
    """Raises BadInput."""
    parts = what.split(":", 3) if isinstance(what, str) and len(what) <= LONGEST else []
    if len(parts) == 2 and parts[0] in ("run", "report"):
        return What(parts[0], check_name(parts[1], "run"))
    if len(parts) == 4 and parts[0] == "finding" and parts[2] in FINDINGS and parts[3].isprintable():
        return What("finding", check_name(parts[1], "run"), parts[2], parts[3])
    raise BadInput(f"review: expected run:RUN, report:RUN or finding:RUN:KIND:KEY, found {str(what)[:120]!r}")


def finding(kind: str, key: str) -> str:
    """What a finding is about. key: arm/attribute of an audit by groups, arm/probe of a probe, the attribute of
    proxies."""
    if kind == "proxies":
        return f"The finding about proxies of {key}"
    about = key.split("/", 1)[-1]
    if kind == "fairness":
        return f"The finding about groups of {about}"
    return f"The finding of the probe “{exports.title('probes', about)}”"


def rows_of(store: Store, what: What) -> list[dict[str, Any]]:
    """The ledger's rows that `what` stands on, in order. Raises NotFound where there are none."""
    told = ", ".join("?" for _ in STATES)
    worker = f"SELECT {COLUMNS} FROM ledger WHERE run = ? AND (seq IS NOT NULL OR kind IN ({told})) ORDER BY leaf"
    if what.kind == "finding":
        one = f"SELECT {COLUMNS} FROM ledger WHERE run = ? AND kind = ? AND key = ? ORDER BY leaf DESC LIMIT 1"
        found = store.rows(one, [what.run, what.event, what.key])
    elif what.kind == "report":
        built = f"SELECT {COLUMNS}, body FROM ledger WHERE run = ? AND kind IN (?, ?) AND seq IS NULL ORDER BY leaf"
        newest = {(r["kind"], json.loads(r["body"]).get("format")): r for r in store.rows(built, [what.run, *REPORTS])}
        reports = sorted(newest.values(), key=lambda r: r["leaf"])
        found = reports and [*store.rows(worker, [what.run, *STATES]), *reports]
    else:
        found = store.rows(worker, [what.run, *STATES])
    if not found:
        raise NotFound(f"review: expected a {what.kind} that is in the record, found none of {what.run}")
    return found


def seen(rows: list[dict[str, Any]], files: Files | None) -> dict[str, Any]:
    """The digests of what `rows` tell, as a signature covers them: every leaf, and by their subjects every file.

    Without `files` none is read, and none is called replaced.
    """
    named = {(s["sha256"], s["type"]) for row in rows for s in json.loads(row["subjects"])}
    return {
        "events": len(rows),
        "last": {"leaf": rows[-1]["leaf"], "hash": bytes(rows[-1]["hash"]).hex()},
        "root": root_of(bytes(row["hash"]) for row in rows).hex(),
        "files": len(named),
        "replaced": sorted({sha256 for sha256, kind in named if files and not files.whole(sha256, kind)}),
        "reports": sorted(s["sha256"] for r in rows if r["kind"] in REPORTS for s in json.loads(r["subjects"])),
    }


def changed(before: dict[str, Any], now: dict[str, Any]) -> str | None:
    """What changed between two results of `seen`, in words; None: nothing."""
    if now == before:
        return None
    if lost := set(now["replaced"]) - set(before["replaced"]):
        return f"the file {min(lost)[:12]} is no longer what its digest says"
    if now["reports"] != before["reports"]:
        return "another report was built"
    if (more := now["events"] - before["events"]) > 0:
        return f"{more:,} {'event' if more == 1 else 'events'} came after it"
    return "the events that it covers are others now"


class Files:
    """Are stored files still what their names say? One whose size and times have not changed is not read again."""

    def __init__(self, artefacts: Artefacts):
        self._artefacts, self._hashes = artefacts, Hashes()

    def whole(self, sha256: str, kind: str) -> bool:
        with suppress(ValueError):
            return self._hashes.of(self._artefacts.path(sha256, kind)) == sha256
        return False
