"""Rows of a data set as pages show them: pictures, texts or records, as their modality says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...modality import of
from ...workspace.layout import BadInput

if TYPE_CHECKING:
    from ...modality import Cell


class Rows:
    """A part of the service."""

    def cells(
        self, dataset: str, rows: list[int], size: int | None = None, characters: int | None = None
    ) -> list[Cell]:
        """These rows as their modality shows them (backend/modality/_base.py), in their order."""
        manifest = self.dataset(dataset)
        return of(manifest).cells(self._stored, manifest, rows, size, characters)

    def thumbnails(self, dataset: str, rows: list[int], size: int | None = None) -> list[bytes]:
        """PNG images of these rows, in their order; `size`: the longer side in pixels, None: as stored."""
        return self._bodies(dataset, rows, "png", "thumbnails", size=size)

    def texts(self, dataset: str, rows: list[int]) -> list[str]:
        """The texts of these rows (at most 256), in their order."""
        return self._bodies(dataset, rows, "text", "texts")

    def text_starts(self, dataset: str, rows: list[int], characters: int = 400) -> list[str]:
        """The first characters (at most 1,000) of the texts of many rows (at most 20,000), in their order."""
        return self._bodies(dataset, rows, "text", "texts", characters=characters)

    def _bodies(self, dataset: str, rows: list[int], kind: str, what: str, **how: int | None) -> list[Any]:
        """The bodies of `cells`, where they are of this kind."""
        manifest = self.dataset(dataset)
        if (shown := of(manifest)).cell != kind:
            raise BadInput(f"{what}: expected a data set that has them, found {manifest['name']}, of {shown.nouns}")
        return [cell.body for cell in shown.cells(self._stored, manifest, rows, **how)]
