"""Where plug-ins lie: in the back end's own folders, and in those of WORKBENCH_PLUGINS, laid out as `backend/` is.

WORKBENCH_PLUGINS names folders (separated as in PATH): FOLDER/pretext/NAME.py stands beside
`backend/pretext/NAME.py`, FOLDER/modality/NAME/ beside `backend/modality/NAME/`. What a page needs of a modality lies
in FOLDER/workbench/modality/NAME/. Their code runs with the workbench's rights: name no folder that others can write.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from pathlib import Path
from types import ModuleType

VARIABLE = "WORKBENCH_PLUGINS"


def roots() -> list[Path]:
    """The folders that WORKBENCH_PLUGINS names, in its order."""
    return [Path(one).resolve() for one in os.environ.get(VARIABLE, "").split(os.pathsep) if one.strip()]


def places(folder: str) -> list[Path]:
    """Where plug-ins of a folder of `backend/` lie ("pretext", "stages.modality"): there, then in each of `roots`."""
    below = folder.replace(".", "/")
    return [Path(__file__).parent / below, *(root / below for root in roots() if (root / below).is_dir())]


def package(folder: str) -> ModuleType:
    """The package of a folder of `backend/`, which finds the modules of every place."""
    return extended(f"backend.{folder}", places(folder)[1:])


def module(folder: str, name: str) -> ModuleType:
    """One plug-in of a folder of `backend/`, imported."""
    return importlib.import_module(f"{package(folder).__name__}.{name}")


def extended(name: str, more: list[Path]) -> ModuleType:
    """The package of this name, whose modules may lie in the folders `more` as well, and nowhere else."""
    found = importlib.import_module(name)
    wanted = [str(Path(found.__file__).parent), *map(str, more)]
    if list(found.__path__) != wanted:
        found.__path__[:] = wanted
        importlib.invalidate_caches()
    return found


def files(folder: str) -> tuple[str, ...]:
    """Names of the plug-ins of a folder of `backend/` that are files, sorted. Imports none of them."""
    return _named(places(folder), packages=False)


def folders(folder: str) -> tuple[str, ...]:
    """Names of the plug-ins of a folder of `backend/` that are folders, sorted. Imports none of them."""
    return _named(places(folder), packages=True)


def _named(places: list[Path], packages: bool) -> tuple[str, ...]:
    found = pkgutil.iter_modules(map(str, places))
    return tuple(sorted(m.name for m in found if m.ispkg is packages and not m.name.startswith("_")))
