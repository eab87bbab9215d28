"""How each kind of data (its modality) is shown: one folder a modality, the front-end room of that name.

    words(name) -> Words         what it is called, in sentences and tables; imports no Streamlit
    chapters(name) -> Chapters   what it adds to the report

A room `workbench/modality/NAME/` holds `words.py` with `WORDS` and `chapters.py` with `CHAPTERS`. What a room leaves
out has a default (`_words.py`, `_chapters.py`), so a modality without a room is shown too. Folders that
WORKBENCH_PLUGINS names may hold `workbench/modality/NAME/` as well.
No other file knows a modality by name: all ask here.
"""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.registry import places

from ._chapters import Chapters
from ._words import Words

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["Chapters", "Words", "chapters", "names", "words", "words_of", "words_of_run"]

ANY = Words()  # of which nothing is known
_OWN = Path(__file__).parent


def names() -> tuple[str, ...]:
    """The modalities that have a room, sorted."""
    rooms = (room for folder in _folders() for room in folder.iterdir() if room.is_dir() and any(room.glob("*.py")))
    return tuple(sorted({room.name for room in rooms if not room.name.startswith(("_", "."))}))


def words(name: str) -> Words:
    """What a modality is called, and what is particular to it in sentences and tables."""
    room = _part(name, "words")
    return room.WORDS if room else ANY


def words_of(manifest: dict[str, Any]) -> Words:
    """The words of a data set; manifest: as the service lists it, whose `kind` is the modality."""
    return words(manifest["kind"])


def words_of_run(service: Any, run: dict[str, Any]) -> Words:
    """The words of a run's data set."""
    return words(run["modality"]) if "modality" in run else words_of(service.dataset(run["dataset"]))


def chapters(name: str) -> Chapters:
    """What a modality adds to the report."""
    room = _part(name, "chapters")
    return room.CHAPTERS if room else Chapters()


def _folders() -> list[Path]:
    """Where rooms lie: here, then in the folders of plug-ins, which become importable."""
    more = places("workbench/modality")[1:]
    __path__.extend(str(place) for place in more if str(place) not in __path__)
    return [_OWN, *more]


def _part(name: str, part: str) -> ModuleType | None:
    """The file `part` of a modality's room; None where the room or the file is missing."""
    if name not in names() or importlib.util.find_spec(f"{__name__}.{name}.{part}") is None:
        return None
    return importlib.import_module(f"{__name__}.{name}.{part}")
