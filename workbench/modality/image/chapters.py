"""What images add to the report: some explained ones, with their maps."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from ...documents.chapters import Chapter
from ...verdicts import explain as words
from .._chapters import Chapters
from . import charts

EXAMPLES = 4  # explained images that are printed


class ImageChapters(Chapters):
    def explanations(
        self, out: Chapter, arm: str, methods: dict[str, dict[str, Any]], controls: dict[str, Any] | None,
        dataset: str, service: Any,
    ) -> None:  # fmt: skip
        out.figures.append(lambda: maps(methods, dataset, service).update_layout(title_subtitle_text=arm))


def maps(methods: dict[str, dict[str, Any]], dataset: str, service: Any) -> go.Figure:
    first = next(iter(methods.values()))
    rows, manifest = first["rows"][:EXAMPLES], service.dataset(dataset)
    drawn = {m: service.array(b["sha256"], "maps", slice(0, len(rows))) for m, b in methods.items()}
    told = zip(first["label"], first["predicted"], first["probability"], strict=True)
    titles = [words.caption(*numbers, manifest["classes"], words.unit_of(manifest)) for numbers in told]
    examples = [
        {"title": titles[i], "png": png, "panels": [(words.panel(m), maps[i]) for m, maps in drawn.items()]}
        for i, png in enumerate(service.thumbnails(dataset, rows))
    ]
    return charts.maps(examples, words.of_number(first))


CHAPTERS = ImageChapters()
