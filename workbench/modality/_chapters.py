"""What a modality adds to chapters of the report; by default nothing. No Streamlit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..documents.chapters import Chapter


class Chapters:
    def data_sheet(self, out: Chapter, manifest: dict[str, Any], sheet: dict[str, Any]) -> None:
        """Add to the chapter on the data what only this modality's sheet holds."""

    def explanations(
        self, out: Chapter, arm: str, methods: dict[str, dict[str, Any]], controls: dict[str, Any] | None,
        dataset: str, service: Any,
    ) -> None:  # fmt: skip
        """Add some explained examples of one model. arm: as the report calls it; methods: {method: body of
        `attribution` with the `sha256` of its file}; controls: body of `attribution.controls`, None where missing."""


CHAPTERS = Chapters()
