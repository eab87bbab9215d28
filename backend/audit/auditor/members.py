"""The files of a bundle against its signed manifest, and the events read from them, part by part."""

import hashlib
import json
import zipfile
from collections import deque
from concurrent.futures import ProcessPoolExecutor

from .faults import Bad
from .notes import key_read, note_read, note_signed
from .tree import tree_add

TOLD = ("key.created", "key.rotated", "payload.redacted", "checkpoint.signed")  # events whose bodies are read


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
    if manifest["schema"] not in ("ssl-workbench/bundle/1", "ssl-workbench/bundle/2"):
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
        told = event["body"] if event["kind"] in TOLD else None
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
