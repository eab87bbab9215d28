"""`service.people`: who may use a workspace, how they show who they are, and with which key they sign.

Without an account a workspace is in single-user mode: whoever reaches the pages, or holds WORKSPACE/token, is `local`
and may do everything. The first account turns accounts on; it administers, and the workspace's token opens nothing any
more. Who can read the workspace's files can still own it with the command line while no server runs: accounts guard
the server, not the files.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sys
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ...workspace.layout import BadInput, Workspace
from ..record import sealing
from ..record.store import Store, Transaction
from ..runs.runs import NotFound
from . import people_record, signing
from .passwords import KNOWN, STRANGERS, Patience, SignInRefused, check_password, hashed, matches
from .people_input import check_role, free_email, free_name
from .people_record import Person, utc_now
from .permissions import LOCAL, Caller
from .sessions import Sessions

PREFIX = "sslw_"
DAYS = 366  # the longest life of a token


class People:
    def __init__(self, store: Store, workspace: Workspace):
        self._store, self._workspace = store, workspace
        self._gate = threading.RLock()
        self._strangers, self._known = Patience(), Patience()
        self.sessions = Sessions()
        self._record = people_record.read(store)
        if self._record.refused:
            what = f"{self._record.refused} of the secrets beside the ledger are not those that its events commit to"
            print(f"ALARM {store.path}: {what}; nobody gets in by them", file=sys.stderr, flush=True)

    # Who is it?

    @property
    def accounts(self) -> bool:
        """False: single-user mode."""
        return bool(self._record.people)

    def caller(self, name: str) -> Caller | None:
        """The caller of that name; None where there is none (any more)."""
        if not self.accounts:
            return LOCAL if name == LOCAL.name else None
        found = self._record.people.get(name)
        return found.caller if found and not found.disabled else None

    def person(self, name: str) -> Person:
        found = self._record.people.get(name)
        if found is None:
            raise NotFound(f"user: expected one of this workspace, found {str(name)[:64]!r}")
        return found

    def by_token(self, given: str) -> Caller | None:
        """Whose API token this is.

        A token is 256 random bits, so its plain SHA-256 is enough to keep: there is nothing to guess that a slow hash
        would protect, and every request would pay for it.
        """
        if not self.accounts:
            return LOCAL if hmac.compare_digest(given.encode(), self._workspace.token.encode()) else None
        token = self._record.tokens.get(hashlib.sha256(given.encode("utf-8", "surrogatepass")).hexdigest())
        if not (token and token.good(utc_now())):
            return None
        caller = self._in(token.user, token.id)
        return caller and replace(caller, made_by=token.made_by)

    def by_cookie(self, cookie: str | None) -> Caller | None:
        """Whose browser session this is (sign-in with a password)."""
        if not self.accounts:
            return LOCAL
        user = self.sessions.user(cookie)
        return self._in(user, hashlib.sha256(cookie.encode()).hexdigest()) if user else None

    def _in(self, name: str, session: str) -> Caller | None:
        found = self.caller(name)
        return found and replace(found, session=session)

    def by_email(self, email: str) -> Caller | None:
        """The user whom an identity provider vouches for under this address."""
        wanted = str(email).strip().casefold()
        found = [p for p in self._record.people.values() if p.email == wanted and not p.disabled]
        return found[0].caller if found else None

    def sign_in(self, name: str, password: str, address: str = "") -> str:
        """A new browser session; returns its cookie. Raises SignInRefused, TooManyAttempts.

        The work is the same whoever is named; `address`: the client's, whose failures make its own next ones slower.
        """
        name = str(name)[:65]
        self._strangers.ask(name, address)
        self._check(name, password, STRANGERS)
        self._strangers.forgive(name, address)
        return self.sessions.start(name)

    def _again(self, name: str, password: str, session: str) -> None:
        """The password once more, of somebody who is signed in: attempts of others do not count. Raises as sign_in."""
        self._known.ask(name, session)
        self._check(name, password, KNOWN)
        self._known.forgive(name, session)

    def _check(self, name: str, password: str, turn: threading.Semaphore) -> None:
        found = self._record.people.get(name)
        known = found.password if found and not found.disabled else None
        if not matches(known, str(password)[:1_000], turn):
            raise SignInRefused("sign-in: expected a user of this workspace and their password, found another")

    # Who is there?

    def listed(self) -> list[dict[str, Any]]:
        """Everybody, in the order in which they were added, with their tokens: {id, expires, revoked}."""
        tokens = sorted(self._record.tokens.values(), key=lambda t: t.expires)
        return [
            {
                **person.told(),
                "tokens": [
                    {"id": t.id, "expires": t.expires, "revoked": t.revoked} for t in tokens if t.user == person.name
                ],
            }
            for person in self._record.people.values()
        ]

    def add(
        self,
        name: str,
        role: str,
        admin: bool = False,
        password: str | None = None,
        email: str | None = None,
        actor: str = LOCAL.name,
    ) -> dict[str, Any]:
        """Add a user who signs in with a password, or with `email` at the identity provider. The first administers."""
        name = free_name(name, self._record.people.values())
        check_role(role)
        if (password is None) == (email is None):
            raise BadInput("user: expected a password or an e-mail address, found both or neither")
        private, public = signing.new_key()
        if password is not None:
            check_password(password, name)
            kept = {"password": hashed(password), "key": signing.seal(private, password, name)}
        else:
            kept = {"email": free_email(email, self._record.people.values())}
            signing.keep(self._keys, name, private)
        how, held = ("password", signing.PASSWORD) if password else ("identity provider", signing.SERVER)
        with self._gate:
            free_name(name, self._record.people.values())
            given = {
                "role": role,
                "admin": bool(admin) or not self.accounts,
                "sign_in": how,
                "key": public,
                "held": held,
            }
            self._write("user.added", name, given, actor, kept)
        return self.person(name).told()

    def role(self, name: str, role: str, admin: bool | None = None, actor: str = LOCAL.name) -> dict[str, Any]:
        """Give a user another role, and the right to administer or not (None: as it is). It counts at once."""
        check_role(role)
        with self._gate:
            person = self.person(name)
            admin = person.admin if admin is None else bool(admin)
            if not admin:
                self._another_administers(person)
            if (role, admin) != (person.role, person.admin):
                self._write("user.role", name, {"role": role, "admin": admin}, actor)
        return self.person(name).told()

    def disable(self, name: str, actor: str = LOCAL.name) -> None:
        """Let a user in no more: sessions end, tokens and tickets open nothing. What they did stays in the record."""
        with self._gate:
            person = self.person(name)
            self._another_administers(person)
            if not person.disabled:
                self._write("user.disabled", name, {}, actor)
        self.sessions.end_all(name)

    def token(self, name: str, days: int, actor: str = LOCAL.name) -> dict[str, Any]:
        """A new API token: {"token", "id", "expires"}; the token itself is told here and never again."""
        if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= DAYS:
            raise BadInput(f"days: expected 1 to {DAYS}, found {str(days)[:40]!r}")
        with self._gate:
            if self.person(name).disabled:
                raise BadInput(f"user {name}: expected one who may sign in, found a disabled one")
            token = PREFIX + secrets.token_urlsafe(32)
            shown, digest = token[: len(PREFIX) + 8], hashlib.sha256(token.encode()).hexdigest()
            expires = (utc_now() + timedelta(days=days)).isoformat(timespec="seconds")
            body = {"id": shown, "expires": expires}
            self._write("user.token", name, body, actor, {"token": f"{digest} {shown}"})
        return {"token": token, **body}

    def revoke(self, name: str, id: str, actor: str = LOCAL.name) -> None:
        """End a token. Idempotent."""
        with self._gate:
            found = [t for t in self._record.tokens.values() if t.user == name and t.id == id]
            if not found:
                raise NotFound(f"token: expected one of {str(name)[:64]}, found {str(id)[:40]!r}")
            if not found[0].revoked:
                self._write("user.token_revoked", name, {"id": id}, actor)

    def password(self, name: str, new: str, old: str | None = None, actor: str = LOCAL.name, session: str = "") -> None:
        """Change a password. The key stays with `old`, where they had set that themselves; else a new one is made."""
        person = self.person(name)
        if person.sign_in != "password":
            raise BadInput(f"user {name}: expected one who signs in with a password, found {person.sign_in}")
        check_password(new, name)
        if old is not None:
            self._again(name, old, session)
        if old is not None and person.set_by[-1][1] == name:
            private, public = signing.unseal(person.sealed, old, name), person.keys[-1][1]
        else:
            private, public = signing.new_key()
        kept = {"password": hashed(new), "key": signing.seal(private, new, name)}
        with self._gate:
            self._write("user.password", name, {"key": public}, actor, kept)
        self.sessions.end_all(name)

    # Signing

    def sign(self, caller: Caller, message: bytes, password: str | None) -> dict[str, str]:
        """{"key": public key, "held", "signature"}, in hex. A key that a password holds needs that password."""
        person = self._record.people.get(caller.name)
        if person and person.held == signing.PASSWORD:
            self._again(person.name, password or "", caller.session)
            private = signing.unseal(person.sealed, password, person.name)
            public, held = person.keys[-1][1], signing.PASSWORD
        else:
            public, held = self._server_key(caller), signing.SERVER
            private = signing.kept(self._keys, caller.name)
        return {"key": public, "held": held, "signature": signing.sign(private, message)}

    def key_at(self, name: str, leaf: int) -> str | None:
        """The public key of `name` that counted when `leaf` was written."""
        known = [public for at, public in self._record.keys_of(name) if at < leaf]
        return known[-1] if known else None

    def set_by(self, name: str, leaf: int | None = None) -> str | None:
        """Who had set the password that opened the key of `name` when `leaf` was written (None: now), if one does."""
        return self._record.set_by(name, leaf)

    def _server_key(self, caller: Caller) -> str:
        with self._gate:
            known = self._record.keys_of(caller.name)
            if not known:
                private, public = signing.new_key()
                signing.keep(self._keys, caller.name, private)
                self._write("user.key", caller.name, {"key": public, "held": signing.SERVER}, caller.name)
            return self._record.keys_of(caller.name)[-1][1]

    # The record

    @property
    def _keys(self):
        return self._workspace.root / "people"

    def _another_administers(self, person: Person) -> None:
        """Raises BadInput where `person` is the last who does."""
        others = [p for p in self._record.people.values() if p.admin and not p.disabled and p.name != person.name]
        if person.admin and not others:
            raise BadInput(f"user {person.name}: expected another administrator to stay, found none")

    def _write(
        self, kind: str, name: str, body: dict[str, Any], actor: str, kept: dict[str, str] | None = None
    ) -> None:
        """Log the event, keep what must not stand in it, in one transaction; then read the record again.

        The event commits to what is kept beside it, so that nothing else is believed.
        """
        said, rows = sealing.kept(kept or {})

        def change(tx: Transaction) -> None:
            leaf = tx.log(kind, {"name": name, **body, **({"kept": said} if said else {})}, actor=actor, key=name)
            for what, salt, value in rows:
                tx.execute("INSERT INTO secrets VALUES (?, ?, ?, ?, ?)", [leaf, name, what, salt, value])

        self._store.write(change)
        self._record = people_record.read(self._store)
