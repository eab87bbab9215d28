"""The proof of one event, as the workbench hands it out."""

import hashlib
import json

from .faults import Bad, Usage
from .tree import included, inclusion


def proof_read(path):
    """{leaf, event, hash, size, root, path} as the workbench hands it out, its hashes as bytes. Raises Usage, Bad."""
    try:
        with open(path, encoding="utf-8") as file:
            told = json.load(file)
        proof = {name: bytes.fromhex(told[name]) for name in ("hash", "root")}
        proof["path"] = [bytes.fromhex(node) for node in told["path"]]
        proof |= {"leaf": int(told["leaf"]), "size": int(told["size"]), "event": told["event"].encode()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as wrong:
        line = "--proof: expected the JSON of a proof (leaf, event, hash, size, root, path), found "
        raise Usage(f"{line}{type(wrong).__name__}: {str(wrong)[:80]}") from None
    proof_check(proof)
    return proof


def proof_check(proof):
    """The event hashes to the leaf hash, which the path leads from to the root. Raises Bad."""
    leaf, size = proof["leaf"], proof["size"]
    if not 0 <= leaf < size:
        raise Bad(f"the proof speaks of event {leaf} among {size}")
    if hashlib.sha256(b"\x00" + proof["event"]).digest() != proof["hash"]:
        raise Bad("the proof's event does not hash to its leaf hash")
    if not included(leaf, size, proof["hash"], proof["path"], proof["root"]):
        raise Bad(f"the proof's path does not lead from its leaf hash to its root of {size} events")


def proof_fits(bundle, names, step, proof, root):
    """The bundle holds this event at this place, and its first events have this root. Raises Bad."""
    leaf, size = proof["leaf"], proof["size"]
    if root != proof["root"]:
        raise Bad(f"the proof's root is not the one of the bundle's first {size} events")
    if bundle.read(names[leaf // step]).split(b"\n")[leaf % step] != proof["event"]:
        raise Bad(f"the proof's event is not event {leaf} of the bundle")


def leaf_proof(bundle, name, leaf, row, hashes, root):
    path, found = inclusion(hashes, leaf)
    if found != root:
        raise Bad(f"leaf {leaf}: its proof does not lead to the root")
    event = bundle.read(name).split(b"\n")[row].decode()
    return {"event": event, "hash": hashes[leaf].hex(), "proof": [h.hex() for h in path]}
