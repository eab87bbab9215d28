#!/usr/bin/env python3
"""Check a bundle of an SSL Workbench ledger, on any machine: this file needs Python 3.10 or newer and nothing else.

    python3 verify.py bundle.zip                      is it whole and unchanged? exit code 0: yes, 1: no, 2: wrong usage
    python3 verify.py bundle.zip --key NAME+HASH+KEY  and signed by the key that you were given some other way
    python3 verify.py bundle.zip --witness KEY        and cosigned by this witness, whose key its operator told you
    python3 verify.py bundle.zip --leaf 1234          also print event 1234 and the proof that it is in the ledger
    python3 verify.py bundle.zip --artefacts FOLDER   also hash the files that the events speak of (FOLDER/ab/abcd...)
    python3 verify.py bundle.zip --proof leaf-12.json is the event of this proof in the bundle, at the place it claims?
    python3 verify.py --proof leaf-12.json            does the proof hold in itself, whoever signed the root?

A bundle is a zip file: events/*.jsonl (the canonical JSON of one event a line), checkpoints/*.note (signed: the number
of events and the root of their Merkle tree), proofs.json, artefacts.json, events.parquet (the same events as a table,
not read here), keys.txt, and manifest.note, which holds the SHA-256 of each of them and is signed too.

What is checked: every file against the signed manifest; every event hashed into the tree of RFC 9162, whose root must
be the signed one at every checkpoint; the consistency proofs between checkpoints; the chain of keys; that no number is
missing in a run; that no clock was moved back; that artefacts.json names what the events name, and nothing else.

What it cannot tell without --witness: whether somebody who holds the key wrote the whole ledger anew before this bundle
was made. Ask a witness, or compare with a checkpoint that you kept from an earlier day. A stamp of an authority
that you trust says that a checkpoint existed by then; OpenSSL reads it, from the unpacked bundle:

    openssl ts -verify -in stamps/000000001234.tsr -data checkpoints/000000001234.note -CAfile authority.pem
"""

import argparse
import base64
import hashlib
import json
import os
import sys
import zipfile
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise

TOLERANCE = timedelta(minutes=5)  # by which clocks are set right without an alarm


class Bad(Exception):
    """What is wrong with the bundle, in one line."""


class Usage(Exception):
    """What is wrong with the question."""


# ---- Ed25519 (RFC 8032, section 6), used where the package `cryptography` is not installed ------------------------

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)  # of -1


def point_add(a, b):
    """Points as (X, Y, Z, T): x = X/Z, y = Y/Z, x*y = T/Z."""
    m, n = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    t, z = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = n - m, z - t, z + t, n + m
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point_multiply(s, a):
    total = (0, 1, 1, 0)
    while s:
        if s & 1:
            total = point_add(total, a)
        a, s = point_add(a, a), s >> 1
    return total


def point_read(raw):
    """A point from its 32 bytes. Raises Bad where there is none."""
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * ROOT % P
    if y >= P or (x * x - x2) % P or (x == 0 and sign):
        raise Bad("a key or signature is no point of the curve")
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)


BASE = point_read(bytes([0x58] + [0x66] * 31))


def ed25519_here(public, signature, message):
    if len(public) != 32 or len(signature) != 64:
        return False
    try:
        a, r = point_read(public), point_read(signature[:32])
    except Bad:
        return False
    s = int.from_bytes(signature[32:], "little")
    if s >= Q:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % Q
    left, right = point_multiply(s, BASE), point_add(r, point_multiply(h, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


def ed25519_package(public, signature, message):
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


try:
    import cryptography

    ed25519, MADE_BY = ed25519_package, "the package cryptography " + cryptography.__version__
except ImportError:
    ed25519, MADE_BY = ed25519_here, "the Ed25519 in this file (the package cryptography is not installed)"


# ---- The tree (RFC 9162, section 2.1) ------------------------------------------------------------------------------


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def tree_add(frontier, size, hashed):
    """Add a leaf hash to the roots of the complete subtrees (left to right) of a tree of `size` leaves."""
    while size & 1:
        hashed, size = node_hash(frontier.pop(), hashed), size >> 1
    frontier.append(hashed)


def tree_root(frontier):
    node = frontier[-1]
    for left in reversed(frontier[:-1]):
        node = node_hash(left, node)
    return node


def consistent(first, second, old_root, new_root, proof):
    """Section 2.1.4.2: is the tree of `second` leaves the tree of `first` leaves (0 < first < second), grown?"""
    path = list(proof) if first & (first - 1) else [old_root, *proof]
    if not proof:
        return False
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and (old, new) == (old_root, new_root)


def inclusion(hashes, index):
    """PATH(index, hashes), and the root that it leads to."""
    path, node, level, found = [], index, hashes, hashes[index]
    while len(level) > 1:
        if node ^ 1 < len(level):
            path.append(level[node ^ 1])
            found = node_hash(level[node ^ 1], found) if node & 1 else node_hash(found, level[node ^ 1])
        odd = [level[-1]] if len(level) & 1 else []  # a last node without a sibling rises as it is
        level = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)] + odd
        node >>= 1
    return path, found


def included(index, size, hashed, path, root):
    """Section 2.1.3.2: does `path` lead from the leaf hash at `index` to the root of `size` leaves?"""
    node, last = index, size - 1
    for sibling in path:
        if last == 0:
            return False
        if node & 1 or node == last:
            hashed = node_hash(sibling, hashed)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            hashed = node_hash(hashed, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and hashed == root


# ---- Signed notes (C2SP signed-note, tlog-checkpoint) --------------------------------------------------------------


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


# ---- The bundle ----------------------------------------------------------------------------------------------------


def manifest_read(bundle, pinned):
    """The signed manifest; its key is the last of keys.txt, and the one given, where one was."""
    keys = [key_read(line) for line in bundle.read("keys.txt").decode().splitlines()]
    if not keys:
        raise Bad("keys.txt names no key")
    text, signatures = note_read(bundle.read("manifest.note"), "manifest.note")
    note_signed(text, signatures, keys[-1], "manifest.note")
    if pinned is not None and key_read(pinned) != keys[-1]:
        raise Bad("the bundle is signed by another key than the one given")
    manifest = json.loads(text)
    if manifest["schema"] != "ssl-workbench/bundle/1":
        raise Bad("a bundle of an unknown schema: " + str(manifest["schema"])[:80])
    return manifest, keys


def members_check(bundle, manifest):
    """Every file is the one in the manifest, and there is no other. Events are hashed where they are read."""
    names = bundle.namelist()
    listed = set(manifest["files"]) | {"manifest.note"}
    for name in sorted(set(names) ^ listed):
        raise Bad(name + (" is not in the manifest" if name in names else " is missing"))
    if len(names) != len(listed):
        raise Bad("a file is in the bundle twice")
    for name, digest in manifest["files"].items():
        if not name.startswith("events/"):
            hashed = hashlib.sha256()
            with bundle.open(name) as file:
                for block in iter(lambda file=file: file.read(1 << 20), b""):
                    hashed.update(block)
            if hashed.hexdigest() != digest:
                raise Bad(name + " was changed")


def part_read(path, name, digest, start, sizes, whole):
    """Hash and read one part of the events; a part but the last holds a power of two, so it is a subtree of its own.

    Returns (leaf hashes or None, frontier at its end, {size: frontier there}, events as tuples). Runs beside others.
    """
    with zipfile.ZipFile(path) as bundle:
        raw = bundle.read(name)
    if hashlib.sha256(raw).hexdigest() != digest:
        raise Bad(name + " was changed")
    lines = raw.split(b"\n")
    if lines.pop():
        raise Bad(name + " does not end in a newline")
    frontier, at, events, hashes = [], {}, [], []
    for i, line in enumerate(lines):
        hashed = hashlib.sha256(b"\x00" + line).digest()
        tree_add(frontier, i, hashed)
        if start + i + 1 in sizes:
            at[start + i + 1] = list(frontier)
        if whole:
            hashes.append(hashed)
        event = json.loads(line)
        if event["leaf"] != start + i:
            raise Bad(f"leaf {event['leaf']}, run {event['run']}: stands where leaf {start + i} belongs")
        told = event["body"] if event["kind"] in ("key.created", "key.rotated", "payload.redacted") else None
        events.append((event["run"], event["seq"], event["time"], event["kind"], told, event["subjects"] or None))
    return hashes, frontier, at, events


def parts_read(asked, processes):
    """The parts in their order, read by processes beside this one, a few parts ahead."""
    if len(asked) == 1:
        yield part_read(*asked[0])
        return
    with ProcessPoolExecutor(processes) as pool:
        waiting = deque()
        for one in asked:
            waiting.append(pool.submit(part_read, *one))
            if len(waiting) > 2 * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


class Record:
    """What is held from one event to the next."""

    def __init__(self):
        self.next_seq, self.run_time, self.server_time = {}, {}, ""
        self.keys, self.subjects, self.redacted = [], {}, set()

    def take(self, leaf, run, seq, time, kind, told, subjects):
        where = f"leaf {leaf}, run {run}: "
        if seq is None:
            latest, self.server_time = self.server_time, max(self.server_time, time)
            if run is not None:
                self.run_time.setdefault(run, time)
        else:
            expected = self.next_seq.get(run, 0)
            if run is not None and seq != expected:
                raise Bad(f"{where}gap: expected event {expected} of the run, found {seq}")
            self.next_seq[run] = seq + 1
            latest = self.run_time.get(run, "")
            self.run_time[run] = max(latest, time)
        if time < latest and datetime_read(latest) - datetime_read(time) > TOLERANCE:
            raise Bad(f"{where}clock: the time {time} comes after {latest}")
        if kind == "payload.redacted":
            self.redacted.add(told["leaf"])
        elif told is not None:
            self.keys.append((leaf, self.key(kind, told, where)))
        for subject in subjects or ():
            self.subjects.setdefault(subject["sha256"], (subject["type"], leaf))

    def key(self, kind, told, where):
        if (kind == "key.created") != (not self.keys):
            raise Bad(where + "a first key where there is one, or an exchange where there is none")
        new = key_read(told["key"])
        if kind == "key.rotated":
            old = self.keys[-1][1]
            text, signatures = note_read(told["note"].encode(), where + "the exchange of the key")
            note_signed(text, signatures, old, where + "the exchange of the key")
            if text.split("\n")[1:3] != [old[0], told["key"]] or new[0] != old[0]:
                raise Bad(where + "the old key signed another one than the new")
        return new

    def key_at(self, size):
        found = [key for leaf, key in self.keys if leaf < size]
        if not found:
            raise Bad(f"no key speaks for the first {size} events")
        return found[-1]


def datetime_read(time):
    try:
        return datetime.fromisoformat(time.replace("Z", "+00:00"))
    except ValueError:
        raise Bad("a time that is none: " + time[:40]) from None


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
    """artefacts.json is {digest: type} of what the events name; with a folder the files are hashed too."""
    told = json.loads(bundle.read("artefacts.json"))
    named = {digest: kind for digest, (kind, _) in record.subjects.items()}
    for digest in sorted(told.items() ^ named.items()):
        raise Bad(f"artefacts.json: {digest[0][:16]} is not what the events name")
    for digest, (kind, leaf) in record.subjects.items() if folder else ():
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


def check(path, pinned=None, leaf=None, artefacts=None, processes=2, witness=None, proof=None):
    """Check a bundle; returns what to say about it. Raises Bad with one line at the first damage."""
    watcher, of_proof = witness_read(witness), None
    with zipfile.ZipFile(path) as bundle:
        manifest, keys = manifest_read(bundle, pinned)
        members_check(bundle, manifest)
        checkpoints = checkpoints_read(bundle, manifest)
        record, frontier, size, good, hashes = Record(), [], 0, 0, []
        names, step = sorted(n for n in manifest["files"] if n.startswith("events/")), manifest["part"]
        starts = range(0, manifest["size"], step)
        if len(names) != len(starts):
            raise Bad(f"expected {len(starts)} parts of events, found {len(names)}")
        sizes = frozenset(checkpoints) | ({proof["size"]} if proof else set())
        if proof and proof["size"] > manifest["size"]:
            line = (
                f"--proof: expected one of at most the bundle's {manifest['size']} events, found one of {proof['size']}"
            )
            raise Usage(line + "; take a newer bundle")
        if leaf is not None and not 0 <= leaf < manifest["size"]:
            raise Usage(f"--leaf: expected one from 0 to {manifest['size'] - 1}, found {leaf}")
        parts = zip(names, starts, strict=True)
        asked = [(path, name, manifest["files"][name], start, sizes, leaf is not None) for name, start in parts]
        for more, ends, at, events in parts_read(asked, processes):
            for end in sorted(at):
                root = tree_root(frontier + at[end])
                if proof and end == proof["size"]:
                    of_proof = root
                if end not in checkpoints:
                    continue
                if root != checkpoints[end][3]:
                    raise Bad(f"a leaf from {good} to {end - 1} is not the one that {checkpoints[end][0]} signs")
                good = end
            for event in events:
                record.take(size, *event)
                size += 1
            if len(events) == step:
                tree_add(frontier, size // step - 1, ends[0])
            hashes += more
        if size != manifest["size"] or good != size:
            raise Bad(f"expected {manifest['size']} events, found {size}")
        for end, (name, text, signatures, _) in checkpoints.items():
            note_signed(text, signatures, record.key_at(end), name)
        if [key for _, key in record.keys] != keys:
            raise Bad("keys.txt: expected the keys that the events name")
        proofs_check(bundle, checkpoints)
        cosigned = cosigned_check(bundle, manifest, checkpoints, watcher)
        artefacts_check(bundle, record, artefacts)
        if proof:
            proof_fits(bundle, names, step, proof, of_proof)
        root = checkpoints[size][3]
        said = {"events": size, "root": root.hex(), "checkpoints": len(checkpoints), "artefacts": len(record.subjects)}
        said.update(redacted=len(record.redacted), key=key_text(keys[-1]), signatures=MADE_BY, cosigned=cosigned)
        if leaf is not None:
            said["leaf"] = leaf_proof(bundle, names[leaf // step], leaf, leaf % step, hashes, root)
        return said


def leaf_proof(bundle, name, leaf, row, hashes, root):
    path, found = inclusion(hashes, leaf)
    if found != root:
        raise Bad(f"leaf {leaf}: its proof does not lead to the root")
    event = bundle.read(name).split(b"\n")[row].decode()
    return {"event": event, "hash": hashes[leaf].hex(), "proof": [h.hex() for h in path]}


def utc(seconds):
    return (datetime(1970, 1, 1) + timedelta(seconds=min(seconds, 253402300799))).isoformat() + "Z"


def key_text(key):
    return f"{key[0]}+{key[1].hex()}+{base64.b64encode(bytes([1]) + key[2]).decode()}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("bundle", nargs="?")
    parser.add_argument("--key", help="the ledger's public key, name+hash+key")
    parser.add_argument("--witness", help="the public key of a witness, name+hash+key, that must have cosigned")
    parser.add_argument("--leaf", type=int, help="print this event and the proof that it is in the ledger")
    parser.add_argument("--artefacts", help="folder of the artefacts, to hash them again")
    parser.add_argument("--proof", help="a proof that the workbench handed out (JSON), to hold against the bundle")
    given = parser.parse_args()
    if given.bundle is None and given.proof is None:
        parser.error("expected a bundle or --proof FILE")
    try:
        proof = proof_read(given.proof) if given.proof else None
        if given.bundle is not None:
            said = check(given.bundle, given.key, given.leaf, given.artefacts, witness=given.witness, proof=proof)
            bundle_say(said, given)
        if proof:
            proof_say(proof, given.bundle is not None)
    except (FileNotFoundError, Usage) as wrong:
        print(f"verify.py: {wrong}", file=sys.stderr)
        return 2
    except Bad as damage:
        print(f"DAMAGED: {damage}")
        return 1
    except Exception as damage:  # a bundle that cannot even be read is damaged, whatever Python calls it
        print(f"DAMAGED: not a bundle that can be read ({type(damage).__name__}: {str(damage)[:200]})")
        return 1
    return 0


def bundle_say(said, given):
    line = (
        "clean: {events:,} events, {checkpoints} checkpoints, {artefacts:,} artefacts named, {redacted} payloads erased"
    )
    print(line.format(**said))
    print("root {root}\nsignatures checked by {signatures}\nsigned by {key}".format(**said))
    if given.key is None:
        print("(the bundle itself says that this is the key: compare it with what you were told, or give --key)")
    if said["cosigned"]:
        size, time = said["cosigned"]
        print(f"the witness cosigned the first {size:,} of {said['events']:,} events at {utc(time)}")
    if given.leaf is not None:
        found = said["leaf"]
        print(f"leaf {given.leaf}: {found['event']}")
        print(f"leaf hash {found['hash']}, proof of {len(found['proof'])} hashes:")
        print("\n".join("  " + hashed for hashed in found["proof"]))


def proof_say(proof, in_bundle):
    print(f"proof holds: event {proof['leaf']:,}, {len(proof['path'])} hashes, root {proof['root'].hex()}")
    print(proof["event"].decode())
    if in_bundle:
        print(f"the bundle holds this event there, and its first {proof['size']:,} events have this root")
    else:
        print("(nobody has signed for this root here: give a bundle as well, whose checkpoints are signed)")


if __name__ == "__main__":
    sys.exit(main())
