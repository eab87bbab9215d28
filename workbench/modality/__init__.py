"""How each kind of data (its modality) is shown: one folder a modality, the front-end room of that name.

    shown(name) -> Shown         all that pages, charts and reports ask of it; `of(manifest)`, `of_run(service, run)`
    shown(name).words            what it is called, in sentences and tables (words.py)
    shown(name).chapters         what it adds to the report (chapters.py)
    shown(name).form             the fields of its own when a data set is registered (form.py)
    shown(name).sheet            its parts of the data page (sheet.py)
    shown(name).items            examples beside the map: a gallery, a table, a search (items.py)
    shown(name).explain          its examples on the explain page (explain.py)
    shown(name).run              its part of the run page (run.py)

A room `workbench/modality/NAME/` holds some of these files; each defines its part under the file's name in capitals
(`WORDS`, `ITEMS`), an object of a class that derives from the default in `_words.py`, `_items.py`. What a room leaves
out is the default, so a modality without a room is shown too. Words and chapters import no Streamlit. Folders that
WORKBENCH_PLUGINS names may hold `workbench/modality/NAME/` as well. No other file knows a modality by name.
"""

from __future__ import annotations

import importlib
import importlib.util
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.registry import places

if TYPE_CHECKING:
    from ._chapters import Chapters
    from ._explain import Explain
    from ._form import Form
    from ._items import Items
    from ._run import Run
    from ._sheet import Sheet
    from ._words import Words

__all__ = ["Shown", "names", "of", "of_run", "shown"]

_OWN = Path(__file__).parent


class Shown:
    """How one modality is shown, part by part; a part is loaded when it is first asked for."""

    def __init__(self, name: str):
        self.name = name

    @cached_property
    def words(self) -> Words:
        return self._part("words")

    @cached_property
    def chapters(self) -> Chapters:
        return self._part("chapters")

    @cached_property
    def form(self) -> Form:
        return self._part("form")

    @cached_property
    def sheet(self) -> Sheet:
        return self._part("sheet")

    @cached_property
    def items(self) -> Items:
        return self._part("items")

    @cached_property
    def explain(self) -> Explain:
        return self._part("explain")

    @cached_property
    def run(self) -> Run:
        return self._part("run")

    def _part(self, part: str) -> Any:
        """From the modality's room, else the default."""
        own = f"{__name__}.{self.name}.{part}"
        found = self.name in names() and importlib.util.find_spec(own)
        module = importlib.import_module(own if found else f"{__name__}._{part}")
        return getattr(module, part.upper())


def names() -> tuple[str, ...]:
    """The modalities that have a room, sorted."""
    rooms = (room for folder in _folders() for room in folder.iterdir() if room.is_dir() and any(room.glob("*.py")))
    return tuple(sorted({room.name for room in rooms if not room.name.startswith(("_", "."))}))


def shown(name: str) -> Shown:
    """How a modality is shown. Known by its room, or not: then by defaults."""
    return _KNOWN.setdefault(name, Shown(name))


def of(manifest: dict[str, Any]) -> Shown:
    """How the modality of a data set is shown; manifest: as the service lists it, whose `kind` is the modality."""
    return shown(manifest["kind"])


def of_run(service: Any, run: dict[str, Any]) -> Shown:
    """How the modality of a run's data set is shown; run: as the service lists it."""
    return shown(run["modality"]) if "modality" in run else of(service.dataset(run["dataset"]))


_KNOWN: dict[str, Shown] = {}


def _folders() -> list[Path]:
    """Where rooms lie: here, then in the folders of plug-ins, which become importable."""
    more = places("workbench/modality")[1:]
    __path__.extend(str(place) for place in more if str(place) not in __path__)
    return [_OWN, *more]
