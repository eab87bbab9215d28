"""Ed25519 keys of people (RFC 8032): one a user, its public half in the ledger.

Held by a password: the private key is sealed with AES-256-GCM under a key that Argon2id derives from the user's
password, so a signature proves that the decision was made with that password. Held by the server (single-user mode,
sign-in at an identity provider): the private key is a file of the workspace, mode 0600, so a signature proves only that
this server recorded a decision of somebody whom it took for the user; whoever can read the files can sign as well.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ...workspace.layout import BadInput, write_atomic
from .passwords import derive

PASSWORD, SERVER = "password", "server"


def new_key() -> tuple[bytes, str]:
    """(private key, 32 bytes; public key in hex)."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    return key.private_bytes_raw(), key.public_key().public_bytes_raw().hex()


def public_of(private: bytes) -> str:
    """The public key of a private one, in hex."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw().hex()


def sign(private: bytes, message: bytes) -> str:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(private).sign(message).hex()


def signed_by(public: str, message: bytes, signature: str) -> bool:
    """Is `signature` (hex) one of `message` under the public key (hex)? Never raises."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def seal(private: bytes, password: str, name: str) -> str:
    """The private key under the password, as JSON text; bound to the user's name."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, nonce = os.urandom(16), os.urandom(12)
    sealed = AESGCM(derive(password, salt)).encrypt(nonce, private, name.encode())
    return json.dumps({"salt": salt.hex(), "nonce": nonce.hex(), "sealed": sealed.hex()})


def unseal(text: str, password: str, name: str) -> bytes:
    """The inverse of `seal`. Raises BadInput where the password is another."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    told: dict[str, Any] = {k: bytes.fromhex(v) for k, v in json.loads(text).items()}
    try:
        return AESGCM(derive(password, told["salt"])).decrypt(told["nonce"], told["sealed"], name.encode())
    except InvalidTag:
        raise BadInput("password: expected the one that seals the signing key, found another") from None


def keep(folder: Path, name: str, private: bytes) -> None:
    """Keep a key that the server holds: FOLDER/NAME.key, mode 0600."""
    folder.mkdir(mode=0o700, exist_ok=True)
    write_atomic(folder / f"{name}.key", private.hex().encode(), mode=0o600)


def kept(folder: Path, name: str) -> bytes:
    """Raises BadInput where the file is missing or holds no key."""
    try:
        private = bytes.fromhex((folder / f"{name}.key").read_text().strip())
    except (OSError, ValueError):
        private = b""
    if len(private) != 32:
        raise BadInput(f"signing key of {name}: expected 32 bytes in {folder.name}/{name}.key, found none")
    return private
