"""The bundle that an auditor checks elsewhere, with verify.py (backend/audit/auditor), which goes with it.

    events/000000000000.jsonl   the canonical JSON of PART events, one a line: hashing a line gives its leaf
    events.parquet              the same as a table, with the leaf hashes, for questions
    checkpoints/SIZE.note       all signed checkpoints up to the last event
    cosigned/SIZE.note          the same under a witness's signature, where one was asked
    stamps/SIZE.tsr             RFC 3161 timestamps of checkpoints/SIZE.note, where an authority was asked
    proofs.json                 [{first, second, proof}]: RFC 9162 consistency from each checkpoint to the next
    artefacts.json              {SHA-256: [types]} of every file that an event names
    keys.txt                    the public keys, oldest first
    manifest.note               signed: {schema, origin, made, size, root, part, files {name: SHA-256}}
    verify.py

Erasable payloads stay at home: a bundle that has left cannot be redacted.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from itertools import islice, pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ...workspace.events import now
from ...workspace.layout import BadInput, fsync_folder
from .. import auditor
from .checkpoints import Signed
from .ledger import Leaf
from .notes import SigningKey, VerifierKey, sign_note
from .proofs import Nodes

SCHEMA = "ssl-workbench/bundle/2"  # 1 named one type of a digest
PART = 1 << 16  # events a file: a power of two, so that each whole part is a subtree of its own
FIELDS = ("leaf", "time", "actor", "kind", "run", "seq", "key", "subjects", "body")
TYPES = {"leaf": pa.int64(), "seq": pa.int64(), "hash": pa.binary(32)}
TABLE = pa.schema([(name, TYPES.get(name, pa.string())) for name in (*FIELDS, "hash")])


def write_bundle(
    path: Path,
    leaves: Iterator[tuple[Leaf, bytes]],
    signed: list[Signed],
    key: SigningKey,
    keys: list[VerifierKey],
    progress: Callable[[int, int], None] | None = None,
    beside: Mapping[str, bytes] = MappingProxyType({}),
) -> dict[str, Any]:
    """Write a bundle of the leaves up to the largest of the checkpoints `signed`, whole or not at all.

    key: signs the manifest; keys: all public keys that the leaves name; beside: further files {name: payload}.
    Raises BadInput where `path` cannot be written or the leaves end before the checkpoint.
    Returns {path, bytes, size, root, checkpoints, artefacts, key}.
    """
    by_size = {one.checkpoint.size: one for one in signed if one.checkpoint is not None}
    last = by_size[max(by_size)].checkpoint
    try:
        handle, temporary = tempfile.mkstemp(dir=path.resolve().parent, prefix=".tmp-")
    except OSError as error:
        raise BadInput(f"-o {path}: expected a file that can be written, found {error.strerror}") from None
    try:
        with os.fdopen(handle, "w+b") as out, zipfile.ZipFile(out, "w") as target:
            bundle = _Bundle(target, progress or (lambda done, total: None))
            bundle.events(islice(leaves, last.size), last.size)
            bundle.proofs(by_size)
            for name, payload in beside.items():
                bundle.add(name, payload)
            types: dict[str, list[str]] = {}
            for sha256, kind in sorted(bundle.artefacts):
                types.setdefault(sha256, []).append(kind)
            bundle.add("artefacts.json", _json(types))
            bundle.add("keys.txt", "".join(f"{one}\n" for one in keys).encode())
            bundle.add("verify.py", auditor.source().encode())
            manifest = {"schema": SCHEMA, "origin": last.origin, "made": now(), "size": last.size}
            manifest |= {"root": last.root.hex(), "part": PART, "files": bundle.files}
            target.writestr(_entry("manifest.note"), str(sign_note(_json(manifest).decode(), key)))
        with open(temporary, "rb") as out:
            os.fsync(out.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    fsync_folder(path.resolve().parent)
    told = {"path": str(path), "bytes": path.stat().st_size, "size": last.size, "root": last.root.hex()}
    return told | {"checkpoints": len(by_size), "artefacts": len(bundle.artefacts), "key": str(key.verifier)}


class _Bundle:
    def __init__(self, target: zipfile.ZipFile, progress: Callable[[int, int], None]):
        self.target, self.progress = target, progress
        self.files: dict[str, str] = {}
        self.artefacts: set[tuple[str, str]] = set()  # SHA-256, type
        self.nodes = Nodes()

    def add(self, name: str, payload: bytes) -> None:
        self.target.writestr(_entry(name), payload)
        self.files[name] = hashlib.sha256(payload).hexdigest()

    def events(self, leaves: Iterator[tuple[Leaf, bytes]], size: int) -> None:
        """Both forms of the events, a part at a time."""
        with tempfile.TemporaryFile() as table:
            with pq.ParquetWriter(table, TABLE, compression="zstd") as writer:
                for start in range(0, size, PART):
                    part = [leaf for leaf, _ in islice(leaves, PART)]
                    self._part(start, part, writer)
                    self.progress(start + len(part), size)
            if self.nodes.size != size:
                raise BadInput(f"export: expected the {size} events of the last checkpoint, found {self.nodes.size}")
            self._add_file("events.parquet", table)

    def _part(self, start: int, part: list[Leaf], writer: pq.ParquetWriter) -> None:
        lines = [leaf.encode() for leaf in part]
        hashes = [hashlib.sha256(b"\x00" + line).digest() for line in lines]
        self.nodes.extend(hashes)
        self.add(f"events/{start:012d}.jsonl", b"".join(line + b"\n" for line in lines))
        columns = [[getattr(leaf, name) for leaf in part] for name in FIELDS]
        writer.write_table(pa.table([*columns, hashes], schema=TABLE))
        for leaf in part:
            if leaf.subjects != "[]":
                self.artefacts |= {(one["sha256"], one["type"]) for one in json.loads(leaf.subjects)}

    def proofs(self, by_size: dict[int, Signed]) -> None:
        """The checkpoints, and how each contains the one before it."""
        sizes = sorted(by_size)
        for size in sizes:
            self.add(f"checkpoints/{size:012d}.note", str(by_size[size].note).encode())
        told = [
            {"first": a, "second": b, "proof": [h.hex() for h in self.nodes.consistency(a, b)]}
            for a, b in pairwise(sizes)
        ]
        self.add("proofs.json", _json(told))

    def _add_file(self, name: str, file: io.BufferedRandom) -> None:
        hashed = hashlib.sha256()
        file.seek(0)
        with self.target.open(_entry(name, zipfile.ZIP_STORED), "w", force_zip64=True) as member:
            while block := file.read(1 << 20):
                hashed.update(block)
                member.write(block)
        self.files[name] = hashed.hexdigest()


def _entry(name: str, method: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    """A member without a date, so that the same ledger gives the same bytes but for the manifest's."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type, entry.external_attr = method, 0o644 << 16
    entry._compresslevel = 1
    return entry


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode()
