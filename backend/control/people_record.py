"""People as the ledger and the table of secrets tell of them: every event folded into the present state."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from .permissions import Caller
from .signing import PASSWORD
from .store import Store

KINDS = (
    "user.added",
    "user.role",
    "user.disabled",
    "user.password",
    "user.key",
    "user.token",
    "user.token_revoked",
)
EVENTS = (
    f"SELECT leaf, time, actor, kind, body FROM ledger WHERE kind IN ({', '.join('?' for _ in KINDS)}) ORDER BY leaf"
)
SECRETS = "SELECT name, kind, value FROM secrets ORDER BY leaf"


@dataclass(frozen=True)
class Token:
    """An API token; `id` is its visible beginning, `digest` its SHA-256 (never shown)."""

    id: str
    user: str
    expires: str
    made_by: str
    digest: str = field(repr=False)
    revoked: bool = False

    def good(self, now: datetime) -> bool:
        return not self.revoked and now < datetime.fromisoformat(self.expires)


@dataclass(frozen=True)
class Person:
    """A user. `keys`: (leaf, public key) in order, the last one signs; `held`: who can open it (signing.py);
    `set_by`: (leaf, who) in order, who set the password by which the key is opened from there on."""

    name: str
    role: str
    admin: bool
    sign_in: str
    added: str
    keys: tuple[tuple[int, str], ...]
    held: str
    set_by: tuple[tuple[int, str], ...]
    disabled: bool = False
    email: str | None = None
    password: str | None = field(default=None, repr=False)
    sealed: str | None = field(default=None, repr=False)

    @property
    def caller(self) -> Caller:
        return Caller(self.name, self.role, self.admin)

    def told(self) -> dict[str, Any]:
        """What may be shown: no hash, no key but the public one."""
        shown = {
            k: getattr(self, k) for k in ("name", "role", "admin", "sign_in", "email", "added", "disabled", "held")
        }
        return {**shown, "key": self.keys[-1][1]}


@dataclass(frozen=True)
class Record:
    """Everybody, every token, and the keys of callers who are no user (the single user)."""

    people: dict[str, Person]
    tokens: dict[str, Token]  # by digest
    local_keys: tuple[tuple[int, str], ...]

    def keys_of(self, name: str) -> tuple[tuple[int, str], ...]:
        return self.people[name].keys if name in self.people else self.local_keys

    def set_by(self, name: str, leaf: int | None) -> str | None:
        """Who had set the password of `name` before `leaf` (None: by now); None where none opens their key."""
        person = self.people.get(name)
        if person is None or person.held != PASSWORD:
            return None
        known = [who for at, who in person.set_by if leaf is None or at < leaf]
        return known[-1] if known else None


def read(store: Store) -> Record:
    people: dict[str, Person] = {}
    expires: dict[str, tuple[str, str, str]] = {}
    revoked: set[str] = set()
    local: list[tuple[int, str]] = []
    for row in store.rows(EVENTS, KINDS):
        kind, body, leaf = row["kind"], json.loads(row["body"]), row["leaf"]
        name = body["name"]
        if kind == "user.added":
            given = {k: body[k] for k in ("name", "role", "admin", "sign_in", "held")}
            people[name] = Person(
                **given, added=row["time"], keys=((leaf, body["key"]),), set_by=((leaf, row["actor"]),)
            )
        elif kind == "user.role":
            people[name] = replace(people[name], role=body["role"], admin=body["admin"])
        elif kind == "user.disabled":
            people[name] = replace(people[name], disabled=True)
        elif kind == "user.password":
            known = people[name]
            new = () if body["key"] == known.keys[-1][1] else ((leaf, body["key"]),)
            set_by = (*known.set_by, (leaf, row["actor"]))
            people[name] = replace(known, keys=(*known.keys, *new), set_by=set_by)
        elif kind == "user.key":
            local.append((leaf, body["key"]))
        elif kind == "user.token":
            expires[body["id"]] = (name, body["expires"], row["actor"])
        elif kind == "user.token_revoked":
            revoked.add(body["id"])
    tokens = {}
    for row in store.rows(SECRETS):
        name, value = row["name"], row["value"]
        if row["kind"] == "token":
            digest, _, shown = value.partition(" ")
            tokens[digest] = Token(shown, *expires[shown], digest=digest, revoked=shown in revoked)
        else:
            column = {"password": "password", "key": "sealed", "email": "email"}[row["kind"]]
            people[name] = replace(people[name], **{column: value})
    return Record(people, tokens, tuple(local))


def utc_now() -> datetime:
    return datetime.now(UTC)
