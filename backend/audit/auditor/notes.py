"""Signed notes (C2SP signed-note, tlog-checkpoint)."""

import base64
import hashlib

from .curve import ed25519
from .faults import Bad


def key_read(text, algorithm=1):
    """(name, key hash, public key) from name+hash+key; algorithm 1 signs for a log, 4 for a witness."""
    try:
        name, found, encoded = text.strip().split("+", 2)
        key = base64.b64decode(encoded, validate=True)
    except ValueError:
        raise Bad("key: expected name+hash+key, found " + repr(text[:80])) from None
    hashed = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
    if len(key) != 33 or key[0] != algorithm or hashed.hex() != found:
        raise Bad("key: its hash does not fit, or it is no Ed25519 key of this kind: " + text[:80])
    return name, hashed, key[1:]


def note_read(raw, what):
    """(text, {(name, key hash): signature}) of a note."""
    try:
        head, gap, tail = raw.decode("utf-8").rpartition("\n\n")
        lines = [line.split(" ") for line in tail[:-1].split("\n")]
        decoded = {name: base64.b64decode(signature, validate=True) for dash, name, signature in lines if dash == "—"}
        if gap and tail.endswith("\n") and len(decoded) == len(lines):
            return head + "\n", {(name, raw[:4]): raw[4:] for name, raw in decoded.items()}
    except ValueError:
        pass
    raise Bad(what + " is no signed note")


def note_signed(text, signatures, key, what):
    name, hashed, public = key
    signature = signatures.get((name, hashed))
    if signature is None or not ed25519(public, signature, text.encode()):
        raise Bad(what + " is not signed by the key that spoke for the ledger then")


def checkpoint_read(text, what):
    lines = text.split("\n")
    try:
        root = base64.b64decode(lines[2], validate=True)
        if len(root) == 32 and lines[1] == str(int(lines[1])):
            return lines[0], int(lines[1]), root
    except (ValueError, IndexError):
        pass
    raise Bad(what + " is no checkpoint")


def key_text(key):
    return f"{key[0]}+{key[1].hex()}+{base64.b64encode(bytes([1]) + key[2]).decode()}"
