"""Who may use this workspace? People as `service.people.listed` tells them -> sentences and rows. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from backend.workspace.formats import moment

SINGLE = (
    "Whoever reaches these pages, or holds the workspace's token, is `local` and may do everything. Every event bears "
    "that one name, and no approval counts as another person's."
)
ACCOUNTS = (
    "`workbench users add NAME --role ROLE` adds the first user, who administers, and ends single-user mode at once: "
    "pages ask for a sign-in from then on."
)


def sentence(people: list[dict[str, Any]] | None, name: str, role: str) -> str:
    """The answer to the page's question. people: None for who may not read the list."""
    if people is None:
        return f"You may, {name}, as {_role(role)}. Only an administrator sees who else may."
    inside = [person for person in people if not person["disabled"]]
    admins = sum(person["admin"] for person in inside)
    may = "person may" if len(inside) == 1 else "people may"
    does = "administers" if admins == 1 else "administer"
    return f"{len(inside)} {may} use this workspace; {admins} of them {does}."


def table(people: list[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "Name": person["name"],
            "Role": person["role"],
            "Administers": person["admin"],
            "State": "disabled" if person["disabled"] else "may sign in",
            "Signs in with": person["email"] or "a password",
            "Valid tokens": sum(state(token, now) == "valid" for token in person["tokens"]),
            "Added": moment(person["added"]),
        }
        for person in people
    ]


def tokens(found: list[dict[str, Any]], now: datetime) -> list[dict[str, str]]:
    return [
        {"Token": f"{token['id']}…", "Valid until": moment(token["expires"]), "State": state(token, now)}
        for token in found
    ]


def state(token: dict[str, Any], now: datetime) -> str:
    if token["revoked"]:
        return "revoked"
    return "valid" if now < datetime.fromisoformat(token["expires"]) else "expired"


def told_once(made: dict[str, Any]) -> str:
    """Beside a new token."""
    return f"It is shown only once. It is valid until {moment(made['expires'])}; scripts read it from WORKBENCH_TOKEN."


def _role(role: str) -> str:
    return f"an {role}" if role[0] in "aeiou" else f"a {role}"
