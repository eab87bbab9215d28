"""What the server's side knows of a modality, with defaults that serve one of which nothing special is known."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .. import plugins
from ..workspace.extras import missing
from ..workspace.layout import BadInput

if TYPE_CHECKING:
    from ..data.conventions.told import Told
    from ..data.source import Glimpse
    from ..data.spec import Spec
    from ..workspace.artefacts import Artefact, Artefacts

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Third:
    """The section that a recipe form asks for beside pretext task and encoder: its name, title and help."""

    section: str
    title: str
    help: str


@dataclass(frozen=True)
class Cell:
    """A row as it is shown: a picture (PNG bytes), the beginning of a text, or a record {column: value}."""

    kind: Literal["png", "text", "record"]
    body: Any


def check_rows(rows: list[int], manifest: dict[str, Any]) -> None:
    """Raises BadInput for a row that the data set does not have."""
    wrong = next((row for row in rows if not 0 <= int(row) < manifest["count"]), None)
    if wrong is not None:
        raise BadInput(f"rows: expected 0 to {manifest['count'] - 1}, found {wrong}")


class Modality(ABC):
    """One kind of data.

    cell: how a row is shown; noun, nouns: what an example is called; title: of a choice
    extra: of the distribution, where runs on it need one
    recipe: what a recipe leaves open; third: the section of its own
    mark: a key of the specs of its encoders that those of no other modality have (backend/engine/weights.py), of files
    which do not name their modality
    spec_fields: fields of a Spec (backend/data/spec.py) that it takes and others do not
    baselines: of the label-fraction study, those that make sense
    classical: of backend/finetune, what reads the raw data without a network; classical_of_numbers: the same where the
    target is a number
    """

    name: str
    cell: Literal["png", "text", "record"] = "record"
    noun: str = "example"
    nouns: str = "examples"
    title: str = "Examples"
    extra: str | None = None
    recipe: Mapping[str, Any]
    third: Third | None = None
    mark: str = ""
    spec_fields: tuple[str, ...] = ()
    baselines: tuple[str, ...] = ("scratch_aug", "random", "classical")
    classical: tuple[str, ...] = ("logistic", "boosting")
    classical_of_numbers: tuple[str, ...] = ("ridge", "boosting")

    def register(self, asked: Spec, artefacts: Artefacts, progress: Progress) -> tuple[dict[str, Any], list[Artefact]]:
        """(manifest as in backend/data/dataset.py, the artefacts that it names), by `register` of the room's
        register.py. Raises BadInput with one line."""
        return plugins.module("modality", f"{self.name}.register").register(asked, artefacts, progress)

    def stands_apart(self, file: str) -> bool:
        """Whether a file of this name is an example by itself: a folder that holds one is the source, and not the
        single table in it."""
        return False

    @abstractmethod
    def cells(
        self,
        stored: Any,
        manifest: dict[str, Any],
        rows: list[int],
        size: int | None = None,
        characters: int | None = None,
    ) -> list[Cell]:
        """How these rows are shown, in their order: pictures whose longer side has `size` pixels (none: as stored), the
        first `characters` of texts (none: whole texts, of fewer rows).

        stored: backend/control/content/stored.py. Raises BadInput for rows out of bounds, NotFound for what was
        deleted.
        """

    def claim(self, reader: str, glimpse: Glimpse) -> float:
        """How surely a source that a reader of this modality can read is one of it; the largest claim is believed."""
        return 1.0

    def columns(self, glimpse: Glimpse, name: str, told: Told) -> dict[str, dict[str, Any]]:
        """{column: what a preview says of it beside its values}. name: of the source; told: how its files are
        written."""
        return {}

    def lacking(self) -> str | None:
        """One line where what a run on it needs is not installed."""
        return missing(self.extra, f"A run on {self.nouns}") if self.extra else None

    def suggest(self, manifest: dict[str, Any], catalogue: dict[str, Any]) -> dict[str, Any]:
        """What a new recipe starts from beside `recipe`, by what the data set is like."""
        return {}

    def thirds(self, encoder: str, entries: dict[str, Any]) -> dict[str, Any]:
        """The plug-ins of the section `third` that go with an encoder."""
        return entries
