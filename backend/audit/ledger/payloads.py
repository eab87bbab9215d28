"""Personal text outside the tree: a leaf commits to it, and it can be erased without touching the leaf (GDPR, Art. 17).

A committed body reads {..., "commitment": hex of SHA-256(salt || payload), "private": [names of the payload's fields]};
the payload is the canonical JSON of those fields and the salt 32 random bytes. Without the salt nobody can tell by
trying which text it was.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from .canonical import body_of, canonical

REDACTED = "redacted"  # what is shown in the place of an erased field
ALTERED = "changed since it was recorded, so not shown"  # of one that its leaf does not commit to


@dataclass(frozen=True)
class Payload:
    salt: bytes
    text: str  # canonical JSON of an object

    @classmethod
    def of(cls, fields: dict[str, Any]) -> Payload:
        """Raises BadInput for what cannot be committed to."""
        return cls(secrets.token_bytes(32), canonical(fields, "private"))

    @property
    def fields(self) -> dict[str, Any]:
        return body_of(self.text)

    def commitment(self) -> str:
        return commitment(self.salt, self.text)


def commitment(salt: bytes, text: str) -> str:
    """What a leaf holds of a text that is kept beside it: the hex of SHA-256(salt || text)."""
    return hashlib.sha256(salt + text.encode("utf-8")).hexdigest()


def committed(body: dict[str, Any], payload: Payload) -> dict[str, Any]:
    """The body of a leaf that commits to `payload`. Raises ValueError where a field would be told twice."""
    names = payload.fields
    if twice := {*names, "commitment", "private"} & body.keys():
        raise ValueError(f"private fields: expected names that the body has not, found {sorted(twice)}")
    return {**body, "commitment": payload.commitment(), "private": sorted(names)}


def commitment_of(body: dict[str, Any]) -> str | None:
    """The commitment that a body holds, or None."""
    found = body.get("commitment")
    return found if isinstance(found, str) and isinstance(body.get("private"), list) else None


def shown(body: dict[str, Any], payload: str | None, missing: str = REDACTED) -> dict[str, Any]:
    """The body as people read it: with its private fields, or `missing` in the place of each."""
    if commitment_of(body) is None:
        return body
    public = {name: value for name, value in body.items() if name not in ("commitment", "private")}
    return public | (dict.fromkeys(body["private"], missing) if payload is None else body_of(payload))
