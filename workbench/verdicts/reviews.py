"""How does a review stand? The state of `service.reviews.of` -> sentences. Pure."""

from __future__ import annotations

from typing import Any

from backend.audit.ledger.payloads import REDACTED
from backend.control.people.review_scope import finding
from backend.workspace.formats import minute

__all__ = ["finding"]  # said by whoever keeps reviews too

THING = {"run": "this run", "finding": "this finding", "report": "this report"}
MAKES = {"approved": "Approve", "rejected": "Reject", "sent back": "Send back"}
WHEN_NEEDED = "Needed to reject or to send back"
PROVES = {
    "password": "signed with a key that only the reviewer's password opens",
    "server": "signed with a key that the server holds: it proves what this server recorded, not who was there",
}


def sentence(one: dict[str, Any]) -> str:
    """One line: the state, who and when."""
    what, state = THING[one["what"].split(":")[0]], one["state"]
    if state == "none":
        return f"Nobody has reviewed {what}."
    if state == "pending":
        return f"A review of {what} was asked for by {one['asked']['by']} on {minute(one['asked']['time'])}."
    who = f"{one['by']} on {minute(one['time'])}"
    if state == "void":
        return f"Void: {one['decision']} by {who}, but {one['void']}."
    return f"{state.capitalize()} by {who}{_alone(one)}."


def _alone(one: dict[str, Any]) -> str:
    if one["independent"]:
        return ""
    if one["set_by"] in one["makers"]:
        return f", whose password or token was made by {one['set_by']}, who started it: that is not independent"
    return ", who started it: nobody else has looked"


def evidence(one: dict[str, Any]) -> str:
    """What the sentence rests on: the reason or note, the leaf, the key and what it proves."""
    said = one["asked"]["note"] if one["state"] == "pending" else one["reason"]
    parts = [] if not said else ["What was written has been erased."] if said == REDACTED else [f"“{said}”"]
    if one["state"] != "pending" and one["key"] is not None:
        parts.append(f"Event {one['leaf']:,} of the ledger, key {one['key'][:16]}…, {PROVES[one['held']]}.")
    return " ".join(parts)


def why_not(one: dict[str, Any], name: str, single: bool) -> str | None:
    """Why this reviewer may not decide, or None. In single-user mode the decision is taken, as not independent."""
    if name not in one["makers"]:
        return None
    if single:
        return (
            "You started it: in single-user mode the decision is recorded as not independent and stays an open point."
        )
    return "You started it or built it: somebody else has to review it."


def warning(one: dict[str, Any], set_by: str | None) -> str | None:
    """What a reviewer should know before they sign, or None. set_by: who set their password."""
    if set_by not in one["makers"]:
        return None
    return (
        f"{set_by}, who started it, set your password: the decision would not count as independent. Change your "
        "password first (workbench users password)."
    )
