"""`service.reviews`: human oversight (Regulation (EU) 2024/1689, Art. 14) of runs, findings about bias and reports.

A reviewer who did not start a thing approves it, rejects it or sends it back. The decision is an event whose statement,
digests of what was seen among it (review_scope.py), is signed with the reviewer's Ed25519 key over its canonical JSON
(RFC 8785). Whether a decision still stands is computed whenever it is asked for: it is void once anything that it
covered has changed, or where its signature does not fit. What people write is private: the statement commits to the
reason, so that erasing it leaves the signature as it was.

Who set the password that opened the key could sign with it: a decision is not independent of that person either, nor
of who made the API token by which a reviewer came whose key the server holds. In single-user mode nobody else can
decide: a decision is recorded as not independent, and remains an open point.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from ...audit.ledger.canonical import body_of, canonical
from ...audit.ledger.payloads import ALTERED, REDACTED, Payload, commitment_of
from ...workspace import plain
from ...workspace.artefacts import Artefacts
from ...workspace.events import now
from ...workspace.layout import BadInput
from ..record.rows import EVENTS
from ..record.store import Store
from ..runs import runs
from ..runs.runs import NotFound
from ..runs.states import ENDED
from . import review_scope, signing
from .people import People
from .permissions import LOCAL, Caller, Forbidden
from .review_scope import Files, What, finding, parse, rows_of

SCHEMA = "ssl-workbench/review/2"  # 1 held the reason itself
DECISIONS = ("approved", "rejected", "sent back")
WORDS = 2_000  # characters of a reason or a note
ALPHA = 0.05  # a finding about bias below it needs a decision
OF_ONE = (
    f"SELECT leaf, time, actor, kind, body, payload, held FROM {EVENTS} "
    "WHERE kind LIKE 'review.%' AND seq IS NULL AND key = ? ORDER BY leaf"
)
OF_RUN = "SELECT DISTINCT key FROM ledger WHERE kind LIKE 'review.%' AND seq IS NULL AND run = ? ORDER BY key"
OF_ALL = (
    "SELECT key, max(leaf) AS newest FROM ledger WHERE kind LIKE 'review.%' AND seq IS NULL "
    "GROUP BY key ORDER BY newest"
)


class Reviews:
    def __init__(self, store: Store, artefacts: Artefacts, people: People, sign: Callable[[], None] = lambda: None):
        """sign: signs the ledger; a decision is answered after that."""
        self._store, self._people, self._files, self._sign = store, people, Files(artefacts), sign

    def ask(self, what: str, note: str, caller: Caller = LOCAL) -> dict[str, Any]:
        """Ask for a review of what a person wants to rest on; `note` says what to look at."""
        caller.must("ask")
        if self.of(what)["state"] == "approved":
            raise BadInput(f"review: expected something that is not approved, found {what} approved")
        place = {"actor": caller.name, "run": parse(what).run, "key": what}
        note = {"note": _words(note, "note", needed=False)}
        self._store.write(lambda tx: tx.log("review.asked", {"what": what}, **place, private=note))
        return self.of(what)

    def decide(
        self,
        what: str,
        decision: str,
        reason: str,
        caller: Caller = LOCAL,
        password: str | None = None,
        seen: str | None = None,
    ) -> dict[str, Any]:
        """Decide and sign. `seen`: the digest that `of` gave when the reviewer looked; another state is refused.

        Raises Forbidden for who may not review or has a part in it, SignInRefused for a wrong password.
        """
        caller.must("review")
        if decision not in DECISIONS:
            raise BadInput(f"decision: expected {', '.join(DECISIONS)}, found {str(decision)[:40]!r}")
        reason = Payload.of({"reason": _words(reason, "reason", needed=decision != "approved")})
        parsed = parse(what)
        self._ended(parsed)
        makers = self._makers(parsed)
        if caller.name in makers and self._people.accounts:
            raise Forbidden(f"review: expected somebody who did not start {what}, found {caller.name}, who did")
        there = review_scope.seen(rows_of(self._store, parsed), self._files)
        if seen is not None and seen != _digest(there):
            raise BadInput(f"review: expected {what} as it was looked at, found it changed since; look again")
        if decision == "approved" and there["replaced"]:
            raise BadInput(f"review: expected whole files, found {there['replaced'][0][:12]} replaced or missing")
        set_by = self._people.set_by(caller.name) or caller.made_by
        statement = {
            "schema": SCHEMA,
            "what": what,
            "decision": decision,
            "reason_commitment": reason.commitment(),
            "by": caller.name,
            "time": now(),
            "independent": not {caller.name, set_by} & makers,
            "set_by": set_by,
            "seen": there,
        }
        signed = self._people.sign(caller, canonical(statement).encode(), password)
        body = {"statement": statement, "algorithm": "Ed25519", **signed}
        place = {"actor": caller.name, "run": parsed.run, "key": what}
        self._store.write(lambda tx: tx.log("review.decided", body, **place, private=reason))
        self._sign()
        return self.of(what)

    def of(self, what: str) -> dict[str, Any]:
        """How a thing stands.

        {"what", "state": "none" | "pending" | "approved" | "rejected" | "sent back" | "void", "decision", "by", "time",
        "reason", "key", "held", "independent", "set_by" (who else set what opened the key, or None), "leaf" (of the
        decision; all None without one), "void" (why, or None), "asked" {"by", "time", "note"} or None, "makers" [who
        may not decide], "seen" (digest, for `decide`)}. A reason or note that was erased reads `REDACTED`.
        """
        parsed = parse(what)
        events = [_event(row) for row in self._store.rows(OF_ONE, [what])]
        decided = next((e for e in reversed(events) if e["kind"] == "review.decided"), None)
        # Files are read where a decision rests on them: a page that shows none does not wait for gigabytes.
        there = review_scope.seen(rows_of(self._store, parsed), self._files if decided else None)
        asked = events[-1] if events and events[-1]["kind"] == "review.asked" else None
        makers = self._makers(parsed)
        told = self._judged(_decision(decided), makers) if decided else dict.fromkeys(DECIDED)
        void = self._void(decided, what, there) if decided else None
        state = "pending" if asked else "none" if not decided else "void" if void else told["decision"]
        return {
            "what": what,
            "state": state,
            **told,
            "void": void,
            "asked": asked and {"by": asked["actor"], "time": asked["time"], "note": _said(asked, "note")},
            "makers": sorted(makers),
            "seen": _digest(there),
        }

    def pending(self) -> list[dict[str, Any]]:
        """What waits for a decision: asked for, or decided on something that has changed since; the oldest first."""
        found = [self.of(row["key"]) for row in self._store.rows(OF_ALL)]
        return [one for one in found if one["state"] in ("pending", "void")]

    def findings(self, run: str) -> list[str]:
        """The findings about bias in the pretrained model, and proxies among what it reads, that need a decision: those
        below ALPHA."""
        marks = ", ".join("?" for _ in review_scope.FINDINGS)
        sql = f"SELECT kind, key, body FROM ledger WHERE run = ? AND kind IN ({marks}) ORDER BY leaf"
        found = self._store.rows(sql, [run, *review_scope.FINDINGS])
        newest = {(r["kind"], r["key"]): body_of(r["body"]) for r in found}
        return [f"finding:{run}:{kind}:{key}" for (kind, key), body in newest.items() if _needs_a_look(body)]

    def approvals(self, run: str) -> list[dict[str, Any]]:
        """Every decision of a run as a dossier prints it: {"what", "state", "by", "time", "reason", "key", "leaf"}."""
        found = [self.of(row["key"]) for row in self._store.rows(OF_RUN, [run])]
        wanted = ("what", "state", "by", "time", "reason", "key", "leaf")
        return [{name: one[name] for name in wanted} for one in found if one["decision"]]

    def open_points(self, run: str) -> list[str]:
        """What blocks the state "signed", one line each; none: run, findings and report stand approved by others."""
        asked = [row["key"] for row in self._store.rows(OF_RUN, [run])]
        lines = []
        for what in dict.fromkeys([f"run:{run}", *self.findings(run), f"report:{run}", *asked]):
            try:
                lines.append(_open(self.of(what)))
            except NotFound:
                lines.append(f"{titled(what)}: there is none yet.")
        return [line for line in lines if line]

    def _ended(self, what: What) -> None:
        found = runs.listed(self._store, what.run)
        if found and found[0]["state"] not in ENDED:
            raise BadInput(f"review: expected a run that has ended, found {what.run} {found[0]['state']}")

    def _makers(self, what: What) -> set[str]:
        """Who started the run, and for a report also who ever built one of it."""
        kinds = ["run.submitted", *(review_scope.REPORTS if what.kind == "report" else ())]
        marks = ", ".join("?" for _ in kinds)
        sql = f"SELECT DISTINCT actor FROM ledger WHERE run = ? AND seq IS NULL AND kind IN ({marks})"
        return {row["actor"] for row in self._store.rows(sql, [what.run, *kinds])}

    def _judged(self, told: dict[str, Any], makers: set[str]) -> dict[str, Any]:
        """The decision with who else set what opened its key, and whether it is independent of them, too."""
        set_by = self._people.set_by(told["by"], told["leaf"]) or told["set_by"]
        independent = bool(told["independent"]) and not {told["by"], set_by} & makers
        return {**told, "independent": independent, "set_by": None if set_by == told["by"] else set_by}

    def _void(self, event: dict[str, Any], what: str, there: dict[str, Any]) -> str | None:
        """Why a decision does not stand (any more), or None."""
        body, statement = event["body"], event["body"].get("statement")
        if statement is None:
            return "what was signed has been removed from the record"
        if (statement["what"], statement["by"]) != (what, event["actor"]):
            return "it was signed for something else"
        if body["key"] != self._people.key_at(event["actor"], event["leaf"]):
            return f"the key is not the one that {event['actor']} had then"
        if not signing.signed_by(body["key"], canonical(statement).encode(), body["signature"]):
            return "the signature does not fit"
        if event["altered"] or commitment_of(body) != statement.get("reason_commitment"):
            return "its reason is not the one that was signed"
        return review_scope.changed(statement["seen"], there)


DECIDED = ("decision", "by", "time", "reason", "key", "held", "independent", "set_by", "leaf")


def titled(what: str) -> str:
    """'The run', 'The report', 'The finding about groups of sex'."""
    parsed = parse(what)
    return finding(parsed.event, parsed.key) if parsed.kind == "finding" else f"The {parsed.kind}"


def _event(row: dict[str, Any]) -> dict[str, Any]:
    """The row with its body and its private fields read; "altered": these are not what was recorded."""
    text, held = row.pop("payload"), row.pop("held")
    told = {"private": None if text is None else body_of(text), "altered": held and text is None}
    return {**row, "body": body_of(row["body"]), **told}


def _said(event: dict[str, Any], name: str) -> str:
    """The reason or note of an event: out of its payload, or out of its body, where versions before kept it."""
    if event["altered"] or event["private"]:
        return ALTERED if event["altered"] else event["private"].get(name, REDACTED)
    body = event["body"]
    return {**body, **body.get("statement", {})}.get(name, REDACTED)


def _decision(event: dict[str, Any]) -> dict[str, Any]:
    body, at = event["body"], {"time": event["time"], "leaf": event["leaf"]}
    if "statement" not in body:  # redacted
        return dict.fromkeys(DECIDED) | at | {"decision": "decided", "by": event["actor"]}
    told = {name: body["statement"][name] for name in ("decision", "by", "independent")}
    told["reason"], told["set_by"] = _said(event, "reason"), body["statement"].get("set_by")
    return told | at | {"key": body["key"], "held": body["held"]}


def _open(one: dict[str, Any]) -> str | None:
    name = titled(one["what"])
    if one["state"] == "approved" and one["set_by"] in one["makers"]:
        return f"{name}: approved by {one['by']}, whose way to sign was given by {one['set_by']}, who started it."
    if one["state"] == "approved":
        return None if one["independent"] else f"{name}: approved by {one['by']}, who started it."
    if one["state"] == "void":
        return f"{name}: the decision ({one['decision']} by {one['by']}) is void: {one['void']}."
    if one["state"] == "pending":
        return f"{name}: waits for a reviewer since {one['asked']['time'][:10]}."
    if one["state"] == "none":
        return f"{name}: nobody has reviewed it."
    return f"{name}: {one['state']} by {one['by']}: {one['reason']}"


def _needs_a_look(body: dict[str, Any]) -> bool:
    """Does this finding speak of the pretrained model, or of columns that it reads, and is it significant?"""
    if any(one.get("proxy") for one in body.get("columns", ())):
        return True
    values = [gap.get("p_holm") for gap in body.get("gaps", {}).values()] or [body.get("p")]
    return body.get("arm") == "ssl" and any(p is not None and p < ALPHA for p in values)


def _words(text: str, what: str, needed: bool) -> str:
    given = text.strip() if isinstance(text, str) else "" if text is None else text
    return plain.words(given, what, WORDS, int(needed))


def _digest(seen: dict[str, Any]) -> str:
    """One name for the state of the record that somebody looked at, whether or not files were read for it."""
    return hashlib.sha256(canonical({**seen, "replaced": []}).encode()).hexdigest()
