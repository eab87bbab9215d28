"""How each kind of data (its modality) is shown: one folder a modality, the front-end room of that name.

    shown(name) -> Shown         all that pages, charts and reports ask of it; `of(manifest)`, `of_run(run)`
    shown(name).words            what it is called, in sentences and tables (words.py)
    shown(name).chapters         what it adds to the report (chapters.py)
    shown(name).form             the fields of its own when a data set is registered (form.py)
    shown(name).sheet            its parts of the data page (sheet.py)
    shown(name).items            examples beside the map: a gallery, a table, a search (items.py)
    shown(name).explain          its examples on the explain page (explain.py)
    shown(name).run              its part of the run page (run.py)

A room `workbench/modality/NAME/` holds some of these files; each defines its part under the file's name in capitals
(`WORDS`, `ITEMS`): an object of a class that derives from the default in `_words.py`, `_items.py`. What a room leaves
out is the default, so a modality of which only the back end knows (backend/modality/NAME/) is shown too. Words and
chapters import no Streamlit. A folder that WORKBENCH_PLUGINS names may hold `workbench/modality/NAME/` as well.
No other file of workbench/ or pages/ knows a modality by name.
"""

from __future__ import annotations

import importlib
import importlib.util
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from backend import plugins
from backend.modality import names

if TYPE_CHECKING:
    from types import ModuleType

    from ._chapters import Chapters
    from ._explain import Explain
    from ._form import Form
    from ._items import Items
    from ._run import Run
    from ._sheet import Sheet
    from ._words import Words

__all__ = ["Shown", "names", "of", "of_run", "shown"]


class Shown:
    """How one modality is shown, part by part; a part is loaded when it is first asked for."""

    def __init__(self, name: str):
        self.name = name

    @cached_property
    def words(self) -> Words:
        if room := self._room("words"):
            return room.WORDS
        from ._words import Words

        return Words(self.name)

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
        module = self._room(part) or importlib.import_module(f"{__name__}._{part}")
        return getattr(module, part.upper())

    def _room(self, part: str) -> ModuleType | None:
        """The file of a part in the modality's room; None where there is none."""
        plugins.extended(__name__, [root / "workbench" / "modality" for root in plugins.roots()])
        own = f"{__name__}.{self.name}"
        known = importlib.util.find_spec(own) and importlib.util.find_spec(f"{own}.{part}")
        return importlib.import_module(f"{own}.{part}") if known else None


@cache
def shown(name: str) -> Shown:
    """How a modality is shown."""
    return Shown(name)


def of(manifest: dict[str, Any]) -> Shown:
    """How the modality of a data set is shown; manifest: as the service lists it, whose `kind` is the modality."""
    return shown(manifest["kind"])


def of_run(run: dict[str, Any]) -> Shown:
    """How the modality of a run's data set is shown; run: as the service lists it."""
    return shown(run["modality"])
