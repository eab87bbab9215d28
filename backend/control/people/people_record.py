"""People as the ledger and the table of secrets tell of them: every event folded into the present state."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from ...audit.ledger.canonical import body_of
from ...audit.ledger.payloads import commitment
from ..record.reading import Reading
from ..record.sealing import KEEPS, MIGRATED, SINCE, past, trusted
from .permissions import Caller
from .signing import PASSWORD

KINDS = (
    "user.added",
    "user.role",
    "user.disabled",
    "user.password",
    "user.key",
    "user.token",
    "user.token_revoked",
)
TOLD = (*KINDS, MIGRATED)
EVENTS = (  # the server's own alone: a worker speaks of no people
    "SELECT leaf, time, actor, kind, body FROM ledger "
    f"WHERE kind IN ({', '.join('?' for _ in TOLD)}) AND seq IS NULL AND actor <> 'worker' ORDER BY leaf"
)
HOW_MANY = "SELECT count(*) AS secrets FROM secrets"
SECRETS = "SELECT leaf, name, kind, salt, value FROM secrets ORDER BY leaf"


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
    refused: int = 0  # rows of secrets that no event commits to: nobody gets in by them

    def keys_of(self, name: str) -> tuple[tuple[int, str], ...]:
        return self.people[name].keys if name in self.people else self.local_keys

    def set_by(self, name: str, leaf: int | None) -> str | None:
        """Who had set the password of `name` before `leaf` (None: by now); None where none opens their key."""
        person = self.people.get(name)
        if person is None or person.held != PASSWORD:
            return None
        known = [who for at, who in person.set_by if leaf is None or at < leaf]
        return known[-1] if known else None


def read(store: Reading) -> Record:
    """Everybody as the events tell; of the secrets those that the events commit to, and no others."""
    fold, committed = _Fold(), {}
    for row in store.rows(EVENTS, TOLD):
        try:
            body = body_of(row["body"])
            committed |= commitments(row["leaf"], row["kind"], body)
            if row["kind"] != MIGRATED:
                fold.take(row, body)
        except (ValueError, KeyError, TypeError):  # an edited body: verification names it
            continue
    if store.form < SINCE:
        return _earlier(store, fold)
    refused = 0
    for row in store.rows(SECRETS):
        place = row["leaf"], row["kind"]
        name, said = committed.get(place, (None, None))
        name = name or fold.named.get(row["leaf"])
        if said == commitment(bytes(row["salt"]), row["value"]) and row["name"] == name:
            fold.keep(row["leaf"], name, row["kind"], row["value"])
            del committed[place]
        else:
            refused += 1
    return Record(fold.people, fold.tokens(), tuple(fold.local), refused)


def _earlier(store: Reading, fold: _Fold) -> Record:
    """Of a database of an earlier version that is only looked at: its secrets are not committed to."""
    rows = [] if past(store.rows) else trusted(store.rows)
    for row in rows:
        fold.keep(row["leaf"], row["name"], row["kind"], row["value"])
    return Record(fold.people, fold.tokens(), tuple(fold.local), store.rows(HOW_MANY)[0]["secrets"] - len(rows))


def commitments(leaf: int, kind: str, body: dict[str, Any]) -> dict[tuple[int, str], tuple[str | None, str]]:
    """{(leaf, kind of secret): (name of its owner where the event says it, commitment)} that an event makes."""
    if kind == MIGRATED:
        return {(one["leaf"], one["kind"]): (None, one["commitment"]) for one in body["secrets"]}
    said = body.get("kept", {})
    return {(leaf, what): (body["name"], said[what]) for what in KEEPS.get(kind, ()) if what in said}


class _Fold:
    """People as event after event tells of them."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.local: list[tuple[int, str]] = []
        self.named: dict[int, str] = {}  # leaf -> whom it speaks of
        self._made: dict[int, tuple[str, str, str]] = {}  # leaf of user.token -> id, when it expires, who made it
        self._revoked: set[tuple[str, str]] = set()
        self._digests: dict[int, str] = {}

    def take(self, row: dict[str, Any], body: dict[str, Any]) -> None:
        kind, leaf, name = row["kind"], row["leaf"], body["name"]
        self.named[leaf] = name
        if kind == "user.added" and name not in self.people:
            given = {k: body[k] for k in ("name", "role", "admin", "sign_in", "held")}
            begun = {"keys": ((leaf, body["key"]),), "set_by": ((leaf, row["actor"]),)}
            self.people[name] = Person(**given, added=row["time"], **begun)
        elif kind == "user.role":
            self.people[name] = replace(self.people[name], role=body["role"], admin=body["admin"])
        elif kind == "user.disabled":
            self.people[name] = replace(self.people[name], disabled=True)
        elif kind == "user.password":
            known = self.people[name]
            new = () if body["key"] == known.keys[-1][1] else ((leaf, body["key"]),)
            set_by = (*known.set_by, (leaf, row["actor"]))
            self.people[name] = replace(known, keys=(*known.keys, *new), set_by=set_by)
        elif kind == "user.key":
            self.local.append((leaf, body["key"]))
        elif kind == "user.token":
            self._made[leaf] = (body["id"], body["expires"], row["actor"])
        elif kind == "user.token_revoked":
            self._revoked.add((name, body["id"]))

    def keep(self, leaf: int, name: str, kind: str, value: str) -> None:
        """A secret that an event commits to; rows come in the order of their events."""
        if kind == "token":
            self._digests[leaf] = value.partition(" ")[0]
        elif name in self.people:
            column = {"password": "password", "key": "sealed", "email": "email"}[kind]
            self.people[name] = replace(self.people[name], **{column: value})

    def tokens(self) -> dict[str, Token]:
        found = {}
        for leaf, digest in self._digests.items():
            if leaf in self._made:
                (shown, expires, made_by), name = self._made[leaf], self.named[leaf]
                revoked = (name, shown) in self._revoked
                found[digest] = Token(shown, name, expires, made_by, digest=digest, revoked=revoked)
        return found


def utc_now() -> datetime:
    return datetime.now(UTC)
