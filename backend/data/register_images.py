"""Register images: read, check, split, describe, store."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from ..workspace.artefacts import Artefact, Artefacts
from . import duplicates, pictures, readers, sheet, split
from . import roles as role
from .pictures import Progress
from .source import Source
from .spec import Spec


def register(asked: Spec, artefacts: Artefacts, progress: Progress) -> tuple[dict[str, Any], list[Artefact]]:
    """As `backend.data.register.register`; the roles of the columns are checked before any image is decoded."""
    source = readers.read(asked)
    roles = role.read(asked, source, len(source.frame), "image")
    images, sizes, resized = pictures.stack(source.images, asked.size, source.name, progress)
    digests = duplicates.pixel_digests(images)
    belongs = [digests] if roles["unit"] is None else [digests, roles["unit"].to_numpy()]
    parts, made = split.complete(roles["split"], roles["codes"], belongs, asked.seed)
    role.check_parts(parts, roles["codes"], source.name, "image")
    progress(0, 1, "looking for duplicates")
    facts = role.facts(source, roles, parts, made) | _pictures(images, digests, parts, sizes, resized)
    conflicts = duplicates.conflicts(digests, roles["codes"])
    facts["warnings"] = sheet.warnings(facts, parts, roles["groups"], conflicts) + list(source.notes)
    progress(0, 1, "storing")
    return _store(asked, source, roles, images, parts, facts, artefacts)


def _pictures(
    images: np.ndarray, digests: np.ndarray, parts: np.ndarray, sizes: Counter, resized: tuple[int, int] | None
) -> dict[str, Any]:
    """What the sheet says of images alone."""
    within, across = duplicates.exact(digests, parts)
    alike, complete = duplicates.near(images, digests, parts)
    return {
        "sizes": [[h, w, n] for (h, w), n in sizes.most_common(20)],
        "resized_to": list(resized) if resized else None,
        "duplicates": {
            "exact_within": within,
            "exact_across": across,
            "near_across": alike,
            "near_complete": complete,
        },
    }


def _store(
    asked: Spec,
    source: Source,
    roles: dict[str, Any],
    images: np.ndarray,
    parts: np.ndarray,
    facts: dict[str, Any],
    artefacts: Artefacts,
) -> tuple[dict[str, Any], list[Artefact]]:
    table = role.table({}, source.frame.items(), roles, parts)
    stored = [artefacts.put_arrays("images", {"images": images}), artefacts.put_table("table", table)]
    planted, resized = None, facts["resized_to"]
    if source.masks:
        masks = {k: pictures.fit_masks(m, resized[0]) if resized else m for k, m in source.masks.items()}
        stored.append(artefacts.put_arrays("planted", masks))
        planted = {"sha256": stored[-1].sha256, "keys": {k: k for k in masks}, "truth": source.truth}
    mean, std = _moments(images, np.flatnonzero(parts == "train"))
    core = {
        "kind": "image",
        "images": {"sha256": stored[0].sha256, "key": "images"},
        "table": {"sha256": stored[1].sha256},
        "count": len(images),
        "channels": images.shape[1],
        "height": images.shape[2],
        "width": images.shape[3],
        **role.meaning(roles),
        "pixel_mean": mean,
        "pixel_std": std,
        "planted": planted,
    }
    return role.seal(asked.name, core, facts, stored, artefacts)


def _moments(images: np.ndarray, rows: np.ndarray) -> tuple[list[float], list[float]]:
    """(mean, standard deviation) of each channel in [0, 1], exact, from how often each grey level occurs."""
    counts = np.zeros((images.shape[1], 256))
    for start in range(0, len(rows), 4096):
        block = images[rows[start : start + 4096]]
        for channel in range(images.shape[1]):
            counts[channel] += np.bincount(block[:, channel].ravel(), minlength=256)
    levels, share = np.arange(256) / 255, counts / counts.sum(axis=1, keepdims=True)
    mean = share @ levels
    std = np.sqrt((share * (levels - mean[:, None]) ** 2).sum(axis=1))
    return [round(m, 6) for m in mean.tolist()], [round(s, 6) for s in std.tolist()]
