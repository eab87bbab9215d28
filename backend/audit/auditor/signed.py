"""Checkpoints, the cosignatures of a witness, the proofs between checkpoints, and the files that events name."""

import hashlib
import json
import os
from itertools import pairwise

from .curve import ed25519
from .faults import Bad, Usage
from .notes import checkpoint_read, key_read, note_read
from .tree import consistent


def checkpoints_read(bundle, manifest):
    """{size: (name, text, signatures, root)}."""
    found = {}
    for name in sorted(n for n in manifest["files"] if n.startswith("checkpoints/")):
        text, signatures = note_read(bundle.read(name), name)
        origin, size, root = checkpoint_read(text, name)
        if origin != manifest["origin"] or size in found:
            raise Bad(name + " speaks of another ledger, or there are two of its size")
        found[size] = (name, text, signatures, root)
    if manifest["size"] not in found:
        raise Bad(f"no checkpoint covers all {manifest['size']} events")
    return found


def logged_check(logged, checkpoints):
    """Every checkpoint but the newest is an event too, numbered from 1; where one is, all must be."""
    before = 0
    for number, (leaf, told, size, root) in enumerate(logged, 1):
        if told != number or not before < size <= leaf:
            raise Bad(f"leaf {leaf}: tells of checkpoint {told} over {size} events where number {number} is expected")
        if size not in checkpoints:
            raise Bad(f"leaf {leaf}: checkpoint {number}, over {size} events, is not in the bundle")
        if checkpoints[size][3].hex() != root:
            raise Bad(f"leaf {leaf}: {checkpoints[size][0]} is another one than checkpoint {number} that it tells of")
        before = size
    known = {size for _, _, size, _ in logged}
    for size in sorted(checkpoints)[:-1] if logged else ():
        if size not in known:
            raise Bad(checkpoints[size][0] + " is not one of the checkpoints that the events tell of")


def witness_read(text):
    try:
        return text and key_read(text, 4)
    except Bad as wrong:
        raise Usage(f"--witness: {wrong}") from None


def cosigned_check(bundle, manifest, checkpoints, key):
    """(size, time) of the largest checkpoint that the witness `key` cosigned (C2SP tlog-cosignature), or None."""
    found = []
    for name in sorted(n for n in manifest["files"] if n.startswith("cosigned/")):
        text, signatures = note_read(bundle.read(name), name)
        origin, size, root = checkpoint_read(text, name)
        if origin != manifest["origin"] or size not in checkpoints or root != checkpoints[size][3]:
            raise Bad(name + " was cosigned over another history than this one")
        payload = signatures.get(key[:2]) if key else None
        if payload is not None:
            time = int.from_bytes(payload[:8], "big")
            if not ed25519(key[2], payload[8:], f"cosignature/v1\ntime {time}\n{text}".encode()):
                raise Bad(name + " bears a cosignature of the witness that does not hold")
            found.append((size, time))
    if key and not found:
        raise Bad("no checkpoint is cosigned by the witness " + key[0])
    return max(found, default=None)


def proofs_check(bundle, checkpoints):
    told = json.loads(bundle.read("proofs.json"))
    sizes = sorted(checkpoints)
    if [(p["first"], p["second"]) for p in told] != list(pairwise(sizes)):
        raise Bad("proofs.json: expected one proof between each checkpoint and the next")
    for one in told:
        old, new = checkpoints[one["first"]][3], checkpoints[one["second"]][3]
        if not consistent(one["first"], one["second"], old, new, [bytes.fromhex(h) for h in one["proof"]]):
            raise Bad(f"proofs.json: checkpoint {one['second']} does not contain checkpoint {one['first']}")


def artefacts_check(bundle, record, folder):
    """artefacts.json is {digest: [types]} of what the events name; with a folder the files are hashed too.

    Bundles of schema 1 name one type of a digest.
    """
    told, named = json.loads(bundle.read("artefacts.json")), {}
    for digest, kind in record.subjects:
        named.setdefault(digest, []).append(kind)
    for digest in sorted(told.keys() | named.keys()):
        kinds, known = told.get(digest), sorted(named.get(digest, []))
        if kinds not in known if isinstance(kinds, str) else kinds != known:
            raise Bad(f"artefacts.json: {digest[:16]} is not what the events name")
    for (digest, kind), leaf in record.subjects.items() if folder else ():
        path = os.path.join(folder, digest[:2], digest + "." + kind)
        hashed = hashlib.sha256()
        try:
            with open(path, "rb") as file:
                for block in iter(lambda file=file: file.read(1 << 20), b""):
                    hashed.update(block)
        except OSError:
            raise Bad(f"leaf {leaf}: file missing: {path}") from None
        if hashed.hexdigest() != digest:
            raise Bad(f"leaf {leaf}: file replaced: {path}")
