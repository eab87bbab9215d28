"""Signed notes, tree checkpoints and cosignatures of C2SP (signed-note, tlog-checkpoint, tlog-cosignature).

A note is text that ends in a newline, an empty line, and signature lines:

    ssl-workbench/5f1c...             origin: which log
    1234                              size in leaves
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=     root

    — ssl-workbench/5f1c... AAAA...   key name, base64 of 4 bytes of key hash and the signature

A verifier key is the text `name+hash+key`; a signing key is `PRIVATE+KEY+name+hash+key`, which must stay secret.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = 1
COSIGNATURE = 4  # Ed25519 over a time and a checkpoint: cosignature/v1
LARGEST = 1 << 20  # bytes of a note
SECRET = "PRIVATE+KEY+"


class BadNote(ValueError):
    """What should be a note, a checkpoint or a key is none, or nobody known has signed it: one line."""


@dataclass(frozen=True)
class Signature:
    name: str
    key_hash: bytes  # 4 bytes
    payload: bytes  # what the algorithm defines: 64 bytes for Ed25519, 72 for a cosignature

    def line(self) -> str:
        return f"— {self.name} {base64.b64encode(self.key_hash + self.payload).decode()}\n"


@dataclass(frozen=True)
class Note:
    text: str  # ends in a newline
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(signature.line() for signature in self.signatures)

    def signed_by(self, key: VerifierKey) -> bool:
        """Has `key` signed this text? A wrong signature under the key's own name and hash is no signature."""
        return any(key.verifies(self.text, s) for s in self.signatures)


@dataclass(frozen=True)
class Checkpoint:
    """The state of a tree: its origin, size in leaves and root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """The inverse of `text`; extension lines after the third are let stand. Raises BadNote."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
            raise BadNote("checkpoint: expected lines of origin, size and root")
        origin, size, root = lines[:3]
        if not (size.isascii() and size.isdigit()) or (size[0] == "0" and size != "0") or len(size) > 19:
            raise BadNote(f"checkpoint: expected a size in decimal digits, found {size[:40]!r}")
        decoded = _decode(root, "checkpoint: root")
        if len(decoded) != 32:
            raise BadNote(f"checkpoint: expected a root of 32 bytes, found {len(decoded)}")
        return cls(origin, int(size), decoded)


@dataclass(frozen=True)
class VerifierKey:
    name: str
    public: bytes  # 32 bytes
    algorithm: int = ED25519

    @property
    def key_hash(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_hash.hex()}+{base64.b64encode(bytes([self.algorithm]) + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """From `name+hash+key`. Raises BadNote for another format, a wrong hash or an unknown algorithm."""
        parts = text.strip().split("+", 2)
        if len(parts) != 3:
            raise BadNote(f"verifier key: expected name+hash+key, found {text[:80]!r}")
        name, found, encoded = parts
        key = _decode(encoded, "verifier key")
        if len(key) != 33 or key[0] not in (ED25519, COSIGNATURE):
            raise BadNote("verifier key: expected an Ed25519 key (algorithm 1 or 4 and 32 bytes), found another")
        parsed = cls(check_key_name(name), key[1:], key[0])
        if parsed.key_hash.hex() != found:
            raise BadNote(f"verifier key: expected key hash {parsed.key_hash.hex()}, found {found[:40]!r}")
        return parsed

    def verifies(self, text: str, signature: Signature) -> bool:
        if (signature.name, signature.key_hash) != (self.name, self.key_hash):
            return False
        if self.algorithm == ED25519:
            return _ed25519(self.public, signature.payload, text.encode())
        moment = cosigned_at(signature)
        return moment is not None and _ed25519(self.public, signature.payload[8:], _cosigned(text, moment))


@dataclass(frozen=True)
class SigningKey:
    """An Ed25519 key under a name. It signs notes; with algorithm 4 it cosigns checkpoints."""

    name: str
    seed: bytes = field(repr=False)  # 32 bytes
    algorithm: int = ED25519

    @classmethod
    def make(cls, name: str, algorithm: int = ED25519) -> SigningKey:
        return cls(check_key_name(name), Ed25519PrivateKey.generate().private_bytes_raw(), algorithm)

    @property
    def verifier(self) -> VerifierKey:
        return VerifierKey(self.name, self._key().public_key().public_bytes_raw(), self.algorithm)

    def secret_text(self) -> str:
        """`PRIVATE+KEY+name+hash+key`, as the Go note package writes it."""
        encoded = base64.b64encode(bytes([self.algorithm]) + self.seed).decode()
        return f"{SECRET}{self.name}+{self.verifier.key_hash.hex()}+{encoded}"

    @classmethod
    def parse(cls, text: str) -> SigningKey:
        """The inverse of `secret_text`. Raises BadNote; no message repeats the secret."""
        parts = text.strip().removeprefix(SECRET).split("+", 2)
        if not text.strip().startswith(SECRET) or len(parts) != 3:
            raise BadNote(f"signing key: expected {SECRET}name+hash+key, found something else")
        name, found, encoded = parts
        key = _decode(encoded, "signing key", show=False)
        if len(key) != 33 or key[0] not in (ED25519, COSIGNATURE):
            raise BadNote("signing key: expected an Ed25519 key (algorithm 1 or 4 and 32 bytes), found another")
        parsed = cls(check_key_name(name), key[1:], key[0])
        if parsed.verifier.key_hash.hex() != found:
            raise BadNote(f"signing key: expected key hash {parsed.verifier.key_hash.hex()}, found {found[:40]!r}")
        return parsed

    def sign(self, text: str) -> Signature:
        """Sign a note's text (algorithm 1)."""
        if self.algorithm != ED25519 or not text.endswith("\n"):
            raise ValueError("a note key signs text that ends in a newline")
        return Signature(self.name, self.verifier.key_hash, self._key().sign(text.encode()))

    def cosign(self, text: str, moment: int) -> Signature:
        """Sign a checkpoint's text as seen at `moment` (seconds since 1970; algorithm 4)."""
        if self.algorithm != COSIGNATURE or not 0 < moment < 1 << 63:
            raise ValueError("a witness key signs a checkpoint at a positive time")
        signed = self._key().sign(_cosigned(text, moment))
        return Signature(self.name, self.verifier.key_hash, moment.to_bytes(8, "big") + signed)

    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def sign_note(text: str, *keys: SigningKey) -> Note:
    return Note(text, tuple(key.sign(text) for key in keys))


def parse_note(text: str | bytes) -> Note:
    """A note from what was read; who signed it is not checked here. Raises BadNote."""
    if len(text) > LARGEST:
        raise BadNote(f"note: expected at most {LARGEST} bytes, found {len(text)}")
    try:
        text = text.decode("utf-8") if isinstance(text, bytes) else text
    except UnicodeDecodeError:
        raise BadNote("note: expected UTF-8, found something else") from None
    if any(c < " " and c != "\n" for c in text):
        raise BadNote("note: expected text without control characters")
    head, gap, tail = text.rpartition("\n\n")
    if not gap or not tail.endswith("\n"):
        raise BadNote("note: expected a text, an empty line and signature lines")
    return Note(head + "\n", tuple(_signature(line) for line in tail[:-1].split("\n")))


def opened(note: Note, keys: Iterable[VerifierKey]) -> list[VerifierKey]:
    """Those of `keys` that have signed the note. Raises BadNote where none has."""
    found = [key for key in keys if note.signed_by(key)]
    if not found:
        names = ", ".join(s.name for s in note.signatures)[:200]
        raise BadNote(f"note: expected a signature by a known key, found none that verifies (signed as {names})")
    return found


def cosigned_at(signature: Signature) -> int | None:
    """The time in a cosignature, seconds since 1970; None where the signature is of another kind."""
    return int.from_bytes(signature.payload[:8], "big") if len(signature.payload) == 72 else None


def check_key_name(name: str) -> str:
    """`name` if it may name a key: not empty, no spaces, no plus. Raises BadNote."""
    if not name or len(name) > 200 or "+" in name or not name.isprintable() or any(c.isspace() for c in name):
        raise BadNote(f"key name: expected 1 to 200 characters, no space and no plus, found {name[:80]!r}")
    return name


def _signature(line: str) -> Signature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—":
        raise BadNote(f"note: expected a line of dash, key name and signature, found {line[:80]!r}")
    payload = _decode(parts[2], "note: signature")
    if len(payload) < 5:
        raise BadNote("note: expected a key hash and a signature, found fewer than 5 bytes")
    return Signature(check_key_name(parts[1]), payload[:4], payload[4:])


def _cosigned(text: str, moment: int) -> bytes:
    return f"cosignature/v1\ntime {moment}\n{text}".encode()


def _ed25519(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _decode(text: str, what: str, show: bool = True) -> bytes:
    """Base64, and nothing but the one spelling that encoding gives again."""
    try:
        decoded = base64.b64decode(text, validate=True)
        if base64.b64encode(decoded).decode() == text:
            return decoded
    except (binascii.Error, ValueError):
        pass
    raise BadNote(f"{what}: expected base64" + (f", found {text[:80]!r}" if show else ""))
