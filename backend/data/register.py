"""Register a data set: read, check, split, describe, store. It exists once the returned manifest is logged."""

from __future__ import annotations

from typing import Any

from ..modality import Progress, modality
from ..workspace import memory
from ..workspace.artefacts import Artefact, Artefacts
from .spec import parse


def register(
    spec: dict[str, Any], artefacts: Artefacts, progress: Progress = lambda *_: None
) -> tuple[dict[str, Any], list[Artefact]]:
    """(manifest as in backend/data/dataset.py, the artefacts it names).

    progress(done, total, unit) may raise to stop. Raises BadInput with one line for whatever cannot be used.
    """
    asked = parse(spec)
    progress(0, 1, "reading")
    try:
        return modality(asked.kind).register(asked, artefacts, progress)
    except MemoryError:
        raise memory.short(asked.path or asked.builtin) from None
