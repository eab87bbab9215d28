"""What browsers handed over, seen from the server: what may come, and when it is removed (backend/data/uploads.py)."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path

from ...data.uploads import Incoming, gather, tidy
from ...workspace.layout import Workspace
from ..record.store import Store


class Handed:
    def __init__(self, store: Store, workspace: Workspace):
        self.store, self.workspace = store, workspace

    def incoming(self, name: str) -> Incoming:
        """An upload that begins to come. Raises BadInput for another kind of file."""
        return Incoming(self.workspace.root, name)

    def gather(self, files: Sequence[tuple[str, str]]) -> str:
        """Put uploads together that belong together: (name, where it lies); the path to register them by. Raises
        BadInput."""
        return str(gather(self.workspace.root, files))

    def tidy(self, open_pages: Collection[Path] = ()) -> None:
        """Remove what no open page sent and no data job has to read, an hour after it was last needed."""
        waiting = [run for run in self.store.board.runs("queued", "running", "lost") if run.kind == "data"]
        paths = (json.loads(run.job)["spec"].get("path") for run in waiting)
        tidy(self.workspace.root, {*open_pages, *(Path(path) for path in paths if path)})
