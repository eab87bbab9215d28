"""`service.dossiers`: the technical documentation of a run (backend/audit/dossier), completed, built, compared.

A draft is what the ledger says now. A built version is a file with a digest and an event, and stays as it was: only
who approved it, and what is open for that reason, is added when it is read.
"""

from __future__ import annotations

import threading
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from ...audit.dossier import Evidence, values
from ...audit.dossier.compare import compare
from ...audit.dossier.document import Parts, assemble, leaves_of, reviewed
from ...audit.dossier.entries import SCENARIO_TEXTS, check_answer, check_scenario
from ...audit.dossier.scenarios import proposals, recorded, settled
from ...audit.dossier.statute import Statute, statute_on
from ...audit.dossier.value import Event
from ...audit.ledger.notes import Checkpoint, parse_note
from ...workspace.events import now
from ...workspace.layout import BadInput
from ..people.permissions import LOCAL, Caller
from ..people.reviews import titled
from ..runs.runs import NotFound
from .rows import AUTHENTIC, EVENT, EVENTS, event_of, events_where
from .signer import NEWS

if TYPE_CHECKING:
    from ..service import Service
    from .store import Transaction

KEPT = 8  # drafts that are remembered
WRITTEN_AFTER = (
    "SELECT 1 FROM ledger WHERE leaf > ? AND kind IN ('dossier.field', 'dossier.scenario') "
    "AND (run = ? OR run IS NULL) AND seq IS NULL LIMIT 1"
)


class Dossiers:
    def __init__(self, service: Service):
        self._service, self._store = service, service.store
        self._known: dict[tuple[str, str, int], dict[str, Any]] = {}
        self._gate = threading.Lock()

    def document(self, run: str, as_of: str | date | None = None) -> dict[str, Any]:
        """What the dossier of `run` says now, by the text in force on `as_of`: the newest version, else a draft.

        The newest version where the record has said nothing else since; a draft is what would be built now.

        Raises BadInput for what is not a run of training, NotFound for a run that is not here.
        """
        statute = statute_on(_day(as_of))
        key = (self._run(run)["run"], statute.as_of.isoformat(), self._size()["size"])
        with self._gate:
            if key not in self._known:
                while len(self._known) >= KEPT:
                    self._known.pop(next(iter(self._known)))
                draft = self._made(run, statute)
                self._known[key] = self._built_as(draft) or draft
            return self._known[key]

    def proposals(self, run: str) -> list[dict[str, Any]]:
        """Scenarios that the run's findings ask for and nobody has recorded or withdrawn; an erased one counts not."""
        source = self._source(self._run(run))
        taken = settled(self._events(run, "dossier.scenario"))
        return [made for made in proposals(source) if made["id"] not in taken]

    def answer(self, run: str, field: str, text: str, caller: Caller = LOCAL, scope: str = "run") -> dict[str, Any]:
        """Record a person's text for a field of this run, or of every run (`scope` "workspace"); the newest counts.

        An empty text takes back what stood there. The text may name people, so the ledger holds a commitment to it and
        it can be erased (`trail.redact`); a built version keeps what it was built with. Returns {"field", "scope",
        "text", "by", "leaf"}.
        """
        caller.must("report")
        found = self._run(run)["run"]
        body = check_answer(statute_on(), field, text, scope)
        of = found if scope == "run" else None
        public = {"field": body["field"], "scope": body["scope"]}
        private = {"text": body["text"]}
        leaf = self._store.write(
            lambda tx: tx.log("dossier.field", public, actor=caller.name, run=of, key=body["field"], private=private)
        )
        return {**body, "by": caller.name, "leaf": leaf}

    def scenario(self, run: str, told: dict[str, Any], caller: Caller = LOCAL) -> dict[str, Any]:
        """Record a bias scenario; the newest of an id counts, `withdrawn` takes it back. Returns it with its leaf.

        Its texts can be erased, as an answer's can.
        """
        caller.must("report")
        found, body = self._run(run)["run"], check_scenario(told)
        if body["finding"] and not self._service.latest(found, "fairness", body["finding"]["key"]):
            raise BadInput(f"bias scenario: finding: expected an audit of this run, found {body['finding']['key']!r}")
        private = {name: body[name] for name in SCENARIO_TEXTS}
        public = {name: value for name, value in body.items() if name not in private}
        place = {"actor": caller.name, "run": found, "key": body["id"]}
        leaf = self._store.write(lambda tx: tx.log("dossier.scenario", public, **place, private=private))
        return {**body, "by": caller.name, "leaf": leaf}

    def build(self, run: str, caller: Caller = LOCAL) -> dict[str, Any]:
        """Verify the record, sign a checkpoint of it, keep the draft as the next version; as `version` reads it."""
        caller.must("report")
        whole = self._service.verify()["ok"]
        if whole:
            self._service.trail.checkpoint()
        document = self._made(run, statute_on(), verified=whole)
        kept = self._service.artefacts.put_json("dossier", document).as_dict()
        body = {
            "version": document["version"],
            "share": document["share"],
            "state": document["state"],
            "statute": document["statute"]["as_of"],
            "open": len(document["open"]),
        }

        def keep(tx: Transaction) -> None:
            sql = "SELECT count(*) AS built FROM ledger WHERE run = ? AND kind = 'dossier.built' AND seq IS NULL"
            if tx.rows(sql, [run])[0]["built"] != body["version"] - 1:
                raise BadInput(f"dossier: expected version {body['version']} to be free, found it built; build again")
            tx.log("dossier.built", body, actor=caller.name, run=run, key=str(body["version"]), subjects=[kept])

        self._store.write(keep)
        return self.version(run)

    def versions(self, run: str) -> list[dict[str, Any]]:
        """Every version, newest first: {"version", "time", "by", "share", "open", "statute", "leaf", "sha256"}."""
        return [
            {
                **{name: event["body"][name] for name in ("version", "share", "open", "statute")},
                "time": event["time"],
                "by": event["actor"],
                "leaf": event["leaf"],
                "sha256": event["subjects"][0]["sha256"],
            }
            for event in reversed(self._events(self._run(run)["run"], "dossier.built"))
        ]

    def version(self, run: str, version: int | None = None) -> dict[str, Any]:
        """A built version (the newest when None) with the reviews as they stand now. Raises NotFound."""
        known = self.versions(run)
        found = [v for v in known if version in (None, v["version"])]
        if not found:
            raise NotFound(f"dossier of {run}: expected a version that was built, found none {version or ''}".rstrip())
        document = self._service.document(found[0]["sha256"])
        approvals, points = self._reviews(run)
        if found[0]["version"] != known[0]["version"]:
            points = [*points, f"Version {found[0]['version']} is not the newest."]
        if self._store.rows(WRITTEN_AFTER, [found[0]["leaf"], run]):
            points = [*points, "Texts or scenarios were written after this version was built; build again."]
        return reviewed(document, approvals, points)

    def current(self, run: str, caller: Caller = LOCAL) -> dict[str, Any]:
        """The newest version; where the record says something else by now, the next one, built for the purpose."""
        return self._built_as(self._made(run, statute_on())) or self.build(run, caller)

    def compare(self, run: str, first: int, second: int) -> list[dict[str, Any]]:
        """What the second version says otherwise, field by field (backend/audit/dossier/compare.py)."""
        return compare(self.version(run, first), self.version(run, second))

    def _built_as(self, draft: dict[str, Any]) -> dict[str, Any] | None:
        """The newest version if it says what `draft` says, with the reviews as they stand now."""
        if not self.versions(draft["run"]):
            return None
        newest = self.version(draft["run"])
        same = all(newest[part] == draft[part] for part in ("statute", "run_state", "unheeded"))
        return newest if same and not compare(newest, draft) else None

    def _made(self, run: str, statute: Statute, verified: bool | None = None) -> dict[str, Any]:
        found = self._run(run)
        source = self._source(found)
        told = values(source)
        entries = self._events(run, "dossier.scenario")
        scenarios = recorded(source, entries)
        approvals, points = self._reviews(run)
        version = len(self._events(run, "dossier.built")) + 1
        report = f"report:{run}"  # what reviewers saw of it is an earlier version
        approvals = [approval for approval in approvals if approval["what"] != report]
        points = [line for line in points if not line.startswith(f"{titled(report)}:")]
        taken = settled(entries)
        return assemble(
            Parts(
                run=found,
                statute=statute,
                values=told,
                persons=self._persons(run),
                hashes=self._hashes(leaves_of(told, scenarios)),
                scenarios=scenarios,
                unheeded=[p["measure"] for p in proposals(source) if p["significant"] and p["id"] not in taken],
                record={**self._record(), "verified": verified},
                built=now(),
                version=version,
                approvals=approvals,
                review_points=[*points, f"Version {version}: nobody has reviewed it."],
            )
        )

    def _run(self, run: str) -> dict[str, Any]:
        found = self._service.run(run)
        if found["kind"] != "run":
            raise BadInput(f"dossier: expected a run of training, found {found['run']}, a job of kind {found['kind']}")
        return found

    def _source(self, run: dict[str, Any]) -> Evidence:
        mine = self._service.latest(run["run"], "run.submitted")
        of = (
            f"kind = 'run.submitted' AND {AUTHENTIC} AND leaf <= ? "
            "AND json_extract_string(body, '/kind') = 'run' AND json_extract_string(body, '/dataset') = ?"
        )
        sent = events_where(self._store.rows, of, [mine["leaf"], run["dataset"]]) if mine else []
        return Evidence(self._service, run, sent)

    def _events(self, run: str, kind: str) -> list[Event]:
        return self._service.events(run, kind)

    def _persons(self, run: str) -> dict[str, dict[str, Any]]:
        """People's texts by field: what was written for every run, and over it what was written for this one."""
        sql = f"SELECT {EVENT} FROM {EVENTS} WHERE kind = 'dossier.field' AND {AUTHENTIC} AND run IS NULL ORDER BY leaf"
        newest = [
            {event["key"]: event for event in events}
            for events in ([event_of(row) for row in self._store.rows(sql)], self._events(run, "dossier.field"))
        ]
        written = [{field: e for field, e in events.items() if _stands(e)} for events in newest]
        return {
            field: {"text": e["body"]["text"], "scope": e["body"]["scope"], "by": e["actor"]}
            | {"time": e["time"], "leaf": e["leaf"]}
            for field, e in {**written[0], **written[1]}.items()
        }

    def _hashes(self, leaves: set[int]) -> dict[int, str]:
        rows = self._store.rows("SELECT leaf, hash FROM ledger WHERE leaf IN (SELECT unnest(?))", [sorted(leaves)])
        return {row["leaf"]: bytes(row["hash"]).hex() for row in rows}

    def _size(self) -> dict[str, Any]:
        rows = self._store.rows("SELECT size, root FROM roots ORDER BY size DESC LIMIT 1")
        return {"size": rows[0]["size"], "root": bytes(rows[0]["root"]).hex()} if rows else {"size": 0, "root": ""}

    def _record(self) -> dict[str, Any]:
        """{size, root, checkpoint}: the newest signed note, whole, and the state that it signs where nothing was logged
        since but that it was signed; else the state of now.
        """
        rows = self._store.rows("SELECT size, note FROM checkpoints ORDER BY size DESC LIMIT 1")
        if not rows or self._store.rows(NEWS, [rows[0]["size"]]):
            return {**self._size(), "checkpoint": rows[0]["note"] if rows else None}
        signed = Checkpoint.parse(parse_note(rows[0]["note"]).text)
        return {"size": signed.size, "root": signed.root.hex(), "checkpoint": rows[0]["note"]}

    def _reviews(self, run: str) -> tuple[list[dict[str, Any]], list[str]]:
        """The approvals of this run, and what they leave open."""
        reviews = self._service.reviews
        return reviews.approvals(run), reviews.open_points(run)


def _stands(written: Event) -> bool:
    """Is there a text: neither taken back nor erased?"""
    return bool(written["body"]["text"]) and not written.get("redacted")


def _day(as_of: str | date | None) -> date | None:
    if not isinstance(as_of, str):
        return as_of
    try:
        return datetime.strptime(as_of, "%Y-%m-%d").date()
    except ValueError:
        raise BadInput(f"as_of: expected a day such as 2026-07-27, found {as_of[:40]!r}") from None
