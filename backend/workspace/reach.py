"""Which files of the server's machine are read for whom.

Where a workspace has accounts, whoever asks over the server has files read with the server's rights and not their own:
only what lies below the folders that [data] roots of the settings names, links followed, and what was uploaded into the
workspace. In single-user mode, and for who works with the command line on the workspace's own files, nothing is
forbidden that the system does not forbid.

    [data]
    roots = ["/srv/data", "/srv/models"]
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from .layout import BadInput, given_path
from .settings import Strict, settings_file, table

PACKAGE, HUB = "package:", "hf:"  # sources of models that are no paths
Places = Iterable[tuple[str, str]]  # (field, path) of what names a file or a folder


class DataSettings(Strict):
    """[data] of the settings."""

    roots: list[str] = Field([], max_length=64, description="Folders below which people with accounts may have read")


@dataclass(frozen=True)
class Reach:
    """`roots`, `workspace`: absolute, links followed."""

    roots: tuple[str, ...]
    workspace: str

    @classmethod
    def of(cls, workspace: Path) -> Reach:
        """As the settings of the workspace say now. Raises BadInput for a root that is no absolute path."""
        named = table(workspace, "data", DataSettings).roots
        wrong = next((root for root in named if not Path(root).is_absolute()), None)
        if wrong is not None:
            where = settings_file(workspace)
            raise BadInput(f"{where}: data.roots: expected absolute paths of folders, found {wrong!r}")
        return cls(tuple(str(given_path(root, "data.roots")) for root in named), str(workspace.resolve()))

    def check(self, given: str, what: str = "path") -> Path:
        """The file or folder that is meant, links followed; whether it is there is not asked. Raises BadInput."""
        path = given_path(given, what)
        if not self.holds(path):
            raise BadInput(f"{what}: expected {self._expected()}, found {str(given)[:120]!r}")
        return path

    def check_tree(self, given: str, what: str = "path") -> None:
        """Raises BadInput for a path outside, or for one below which a link leads outside."""
        path = self.check(given, what)
        for link in _links(path):
            if not self.holds(Path(os.path.realpath(link))):
                name = os.path.relpath(link, path)
                raise BadInput(f"{what}: expected {self._expected()}, found that {name[:120]!r} in it leads elsewhere")

    def holds(self, path: Path) -> bool:
        """May this file (absolute, links followed) be read? Of the workspace itself only its uploads."""
        workspace = Path(self.workspace)
        if path.is_relative_to(workspace) or workspace.is_relative_to(path):
            return path.is_relative_to(workspace / "uploads")
        return any(path.is_relative_to(root) for root in self.roots)

    def told(self, places: Places) -> dict[str, Any]:
        """The paths that a job may read by, checked: for its process, which looks again at what lies there then."""
        for what, given in places:
            self.check(given, what)
        return {"roots": list(self.roots), "places": [list(place) for place in places]}

    def _expected(self) -> str:
        named = ", ".join(self.roots) or "a folder that [data] roots of settings.toml names"
        return f"a path below {named}, or an upload"


def is_model_path(source: str) -> bool:
    """Does a source of a model name a folder of this machine?"""
    return bool(source) and not source.startswith((PACKAGE, HUB))


def _links(root: Path) -> Iterator[str]:
    """Every link below a folder, also through links to folders; none twice."""
    waiting, seen = [str(root)], set()
    while waiting:
        folder = waiting.pop()
        real = os.path.realpath(folder)
        if real in seen or not os.path.isdir(real):
            continue
        seen.add(real)
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_symlink():
                        yield entry.path
                    if entry.is_dir():
                        waiting.append(entry.path)
        except OSError as error:
            raise BadInput(f"path: expected a folder that can be read, found {folder}: {error.strerror}") from None


def check_again(told: dict[str, Any] | None, workspace: Path) -> None:
    """In a job's process: raises BadInput where a place of `Reach.told`, or a link in it, leads outside by now."""
    if told is not None:
        reach = Reach(tuple(told["roots"]), str(workspace.resolve()))
        for what, given in told["places"]:
            reach.check_tree(given, what)
