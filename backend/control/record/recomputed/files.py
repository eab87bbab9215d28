"""What a run left in its folder, against the digests that were noted when its worker was gone."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ....audit.ledger.findings import Finding
from ....audit.ledger.ledger import Leaf
from ....workspace.artefacts import digest_file
from ....workspace.layout import BadInput, Workspace
from ..board import AGAIN, ERASED, SEALED, own
from ..reading import Snapshot
from ._told import at

NAMES = ("job.json", "events.jsonl", "log.txt")


class Files:
    kinds = frozenset({SEALED, ERASED, AGAIN})

    def __init__(self, snapshot: Snapshot, workspace: Workspace):
        self._workspace = workspace
        self._sealed: dict[str, tuple[Leaf, dict[str, Any]]] = {}

    def take(self, leaf: Leaf, body: dict[str, Any]) -> None:
        if own(leaf) and leaf.kind == AGAIN:
            self._sealed.pop(leaf.run, None)  # its worker writes on
        elif own(leaf) and leaf.run is not None and isinstance(body.get("files"), dict):
            self._sealed[leaf.run] = (leaf, body["files"])  # an erasure notes anew what it left

    def findings(self) -> Iterable[Finding]:
        for run, (leaf, files) in self._sealed.items():
            with suppress(BadInput):
                folder = self._workspace.run(run).path
                for name in NAMES:
                    said = files.get(name)
                    if wrong := _wrong(folder / name, said["sha256"] if isinstance(said, dict) else None):
                        yield at(leaf, "log", f"{name} {wrong}")


def _wrong(path: Path, said: str | None) -> str | None:
    try:
        now = digest_file(path)[0]
    except OSError:
        now = None
    if now == said:
        return None
    if said is None:
        return "was put there after the run's end"
    return "is gone" if now is None else f"was changed after the run's end: it hashes to {now[:12]}…"
