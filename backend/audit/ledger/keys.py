"""The key that signs a workspace's checkpoints, and how it is exchanged for another.

The key is looked for in this order: the environment variable WORKBENCH_LEDGER_KEY (the key itself), the file named by
WORKBENCH_LEDGER_KEY_FILE, WORKSPACE/ledger.key, which is made (mode 0600) when nothing else is there. Its name is the
log's origin and stays when the key is exchanged: `ssl-workbench/` and 16 hex digits of the first key's SHA-256.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ...workspace.layout import BadInput, given_path, write_atomic
from .notes import BadNote, SigningKey, VerifierKey, opened, parse_note, sign_note

VARIABLE, FILE_VARIABLE, FILE = "WORKBENCH_LEDGER_KEY", "WORKBENCH_LEDGER_KEY_FILE", "ledger.key"
PREFIX = "ssl-workbench/"
ROTATION = "ssl-workbench key rotation"


class LedgerKey:
    """Where the workspace's key lies, and the key. Raises BadInput for a key that is none or that others can read."""

    def __init__(self, root: Path, environment: Mapping[str, str] = os.environ):
        self._text = environment.get(VARIABLE)
        named = environment.get(FILE_VARIABLE)
        self.path = given_path(named, FILE_VARIABLE) if named else Path(root) / FILE

    def read(self) -> SigningKey | None:
        """The key, or None where there is none yet."""
        try:
            if self._text:
                return SigningKey.parse(self._text)
            return SigningKey.parse(_secret(self.path)) if self.path.exists() else None
        except BadNote as error:
            raise BadInput(f"{VARIABLE if self._text else self.path}: {error}") from None

    def public(self) -> tuple[VerifierKey | None, str]:
        """(the public half, ""), for who verifies and signs nothing; (None, what is wrong) where there is no key in
        the place of one. None at hand, or none that may be read here, is nothing wrong.
        """
        try:
            text = self._text or self.path.read_text(encoding="utf-8")
            return SigningKey.parse(text).verifier, ""
        except OSError:
            return None, ""
        except (BadNote, UnicodeDecodeError) as error:
            return None, f"{VARIABLE if self._text else self.path}: {error}"

    def read_or_make(self) -> SigningKey:
        found = self.read()
        if found is None:
            found = new_key()
            try:
                write_atomic(self.path, found.secret_text().encode() + b"\n", mode=0o600)
            except OSError as error:
                raise BadInput(f"{self.path}: expected a place for a new key, found: {error.strerror}") from None
        return found

    def prepare(self) -> SigningKey:
        """A successor under the same name, kept beside the key until `settle` puts it in its place."""
        if self._text:
            raise BadInput(
                f"{VARIABLE}: expected a key in a file, to be exchanged, found one in the environment; "
                f"put it into a file and name that by {FILE_VARIABLE}"
            )
        successor = SigningKey.make(self.read_or_make().name)
        write_atomic(self._next, successor.secret_text().encode() + b"\n", mode=0o600)
        return successor

    def settle(self, current: VerifierKey) -> None:
        """Finish or drop an exchange that was begun: `current` is the newest key of the ledger."""
        if self._next.exists():
            if SigningKey.parse(_secret(self._next)).verifier == current:
                os.replace(self._next, self.path)
            else:
                self._next.unlink()

    @property
    def _next(self) -> Path:
        return self.path.with_name(self.path.name + ".next")


def told_key(text: str) -> VerifierKey:
    """The public key that somebody was told. Raises BadInput for a text that is none."""
    try:
        return VerifierKey.parse(text)
    except BadNote as error:
        raise BadInput(f"--key: expected a public key, or a file that holds one; found: {error}") from None


def told_key_or_file(given: str) -> VerifierKey:
    """As `told_key`; `given` may be the name of a file that holds it. Raises BadInput."""
    if given.count("+") >= 2:
        return told_key(given)
    try:
        return told_key(Path(given).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise BadInput(
            f"--key {given[:120]}: expected a public key, or a file that holds one; found: {reason}"
        ) from None


def new_key() -> SigningKey:
    """A first key: named after itself, so that no two workspaces share an origin."""
    key = SigningKey.make(PREFIX + "new")
    return replace(key, name=PREFIX + hashlib.sha256(key.verifier.public).hexdigest()[:16])


def rotation_note(old: SigningKey, new: VerifierKey) -> str:
    """The note that the ledger keeps: `old` names `new` its successor."""
    return str(sign_note(f"{ROTATION}\n{old.name}\n{new}\n", old))


def successor(note: str, old: VerifierKey) -> VerifierKey:
    """The key that `old` named its successor. Raises BadNote where it did not."""
    parsed = parse_note(note)
    opened(parsed, [old])
    lines = parsed.text.split("\n")
    if len(lines) != 4 or lines[0] != ROTATION or lines[1] != old.name:
        raise BadNote("key rotation: expected its title, the origin and the new key")
    new = VerifierKey.parse(lines[2])
    if new.name != old.name:
        raise BadNote(f"key rotation: expected a key of {old.name}, found one of {new.name}")
    return new


def _secret(path: Path) -> str:
    """The text of a key file that its owner alone can read."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise BadInput(f"{path}: expected a key that only its owner can read (mode 600), found mode {mode:o}")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: expected a key that can be read, found: {error}") from None
