"""Register a data set: read, check, split, describe, store. It exists once the returned manifest is logged."""

from __future__ import annotations

from typing import Any

from ..workspace import memory
from ..workspace.artefacts import Artefact, Artefacts
from . import register_images, register_text
from .decode_images import Progress
from .spec import parse

KINDS = {"image": register_images.register, "text": register_text.register}


def register(
    spec: dict[str, Any], artefacts: Artefacts, progress: Progress = lambda *_: None
) -> tuple[dict[str, Any], list[Artefact]]:
    """(manifest as in backend/data/dataset.py, the artefacts it names).

    progress(done, total, unit) may raise to stop. Raises BadInput with one line for whatever cannot be used.
    """
    asked = parse(spec)
    progress(0, 1, "reading")
    try:
        return KINDS[asked.kind](asked, artefacts, progress)
    except MemoryError:
        raise memory.short(asked.path or asked.builtin) from None
