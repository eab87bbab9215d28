"""The whole check of a bundle, in one pass over its events."""

import zipfile

from .curve import MADE_BY
from .faults import Bad, Usage
from .members import manifest_read, members_check, parts_read
from .notes import key_text, note_signed
from .proof import leaf_proof, proof_fits
from .record import Record
from .signed import artefacts_check, checkpoints_read, cosigned_check, logged_check, proofs_check, witness_read
from .tree import tree_add, tree_root


class Walk:
    """All events, in their order: what they say together, and the root after every size that somebody asks for."""

    def __init__(self, path, manifest, checkpoints, leaf, proof):
        self.names = sorted(n for n in manifest["files"] if n.startswith("events/"))
        self.step, self.size = manifest["part"], manifest["size"]
        self.record, self.hashes, self.proof_root = Record(), [], None
        self.checkpoints, self.proof_size = checkpoints, proof["size"] if proof else None
        starts = range(0, self.size, self.step)
        if len(self.names) != len(starts):
            raise Bad(f"expected {len(starts)} parts of events, found {len(self.names)}")
        sizes = frozenset(checkpoints) | ({self.proof_size} if proof else set())
        parts = zip(self.names, starts, strict=True)
        self.asked = [(path, name, manifest["files"][name], start, sizes, leaf is not None) for name, start in parts]

    def run(self, processes):
        frontier, size, good = [], 0, 0
        for hashes, ends, at, events in parts_read(self.asked, processes):
            for end in sorted(at):
                good = self.hold(end, tree_root(frontier + at[end]), good)
            for event in events:
                self.record.take(size, *event)
                size += 1
            if len(events) == self.step:
                tree_add(frontier, size // self.step - 1, ends[0])
            self.hashes += hashes
        if size != self.size or good != size:
            raise Bad(f"expected {self.size} events, found {size}")

    def hold(self, end, root, good):
        """Hold the root of the first `end` events against what is signed; returns up to where all is good."""
        if end == self.proof_size:
            self.proof_root = root
        if end not in self.checkpoints:
            return good
        name, _, _, signed = self.checkpoints[end]
        if root != signed:
            raise Bad(f"a leaf from {good} to {end - 1} is not the one that {name} signs")
        return end


def check(path, pinned=None, leaf=None, artefacts=None, processes=2, witness=None, proof=None):
    """Check a bundle; returns what to say about it. Raises Bad with one line at the first damage."""
    watcher = witness_read(witness)
    with zipfile.ZipFile(path) as bundle:
        manifest, keys = manifest_read(bundle, pinned)
        members_check(bundle, manifest)
        checkpoints = checkpoints_read(bundle, manifest)
        asked_check(manifest["size"], leaf, proof)
        walk = Walk(path, manifest, checkpoints, leaf, proof)
        walk.run(processes)
        record, size = walk.record, walk.size
        for end, (name, text, signatures, _) in checkpoints.items():
            note_signed(text, signatures, record.key_at(end), name)
        if [key for _, key in record.keys] != keys:
            raise Bad("keys.txt: expected the keys that the events name")
        logged_check(record.logged, checkpoints)
        proofs_check(bundle, checkpoints)
        cosigned = cosigned_check(bundle, manifest, checkpoints, watcher)
        artefacts_check(bundle, record, artefacts)
        if proof:
            proof_fits(bundle, walk.names, walk.step, proof, walk.proof_root)
        root = checkpoints[size][3]
        said = {"events": size, "root": root.hex(), "checkpoints": len(checkpoints), "artefacts": len(record.subjects)}
        said.update(redacted=len(record.redacted), key=key_text(keys[-1]), signatures=MADE_BY, cosigned=cosigned)
        if leaf is not None:
            name, row = walk.names[leaf // walk.step], leaf % walk.step
            said["leaf"] = leaf_proof(bundle, name, leaf, row, walk.hashes, root)
        return said


def asked_check(size, leaf, proof):
    """Does the bundle reach as far as the question? Raises Usage."""
    if proof and proof["size"] > size:
        line = f"--proof: expected one of at most the bundle's {size} events, found one of {proof['size']}"
        raise Usage(line + "; take a newer bundle")
    if leaf is not None and not 0 <= leaf < size:
        raise Usage(f"--leaf: expected one from 0 to {size - 1}, found {leaf}")
