"""Register images: read, check, split, describe, store."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from ...data import column_roles as role
from ...data import decode_images, duplicates, readers, sheet, split, storing
from ...data.conventions.left_out import sentences
from ...data.decode_images import Progress
from ...data.source import Source
from ...data.spec import Spec
from ...workspace.artefacts import Artefact, Artefacts
from . import describe


def register(asked: Spec, artefacts: Artefacts, progress: Progress) -> tuple[dict[str, Any], list[Artefact]]:
    """As `backend.data.register.register`; the roles of the columns are checked before any image is decoded."""
    source = readers.read(asked)
    roles = role.read(asked, source, len(source.frame), "image")
    made = decode_images.stack(source.images, asked.size, source.name, progress)
    digests = duplicates.pixel_digests(made.images)
    belongs = [digests] if roles["unit"] is None else [digests, roles["unit"].to_numpy()]
    parts, splits_made = split.complete(roles["split"], roles["strata"], belongs, asked.seed)
    role.check_parts(parts, roles, source.name, "image")
    progress(0, 1, "looking for duplicates")
    others, comma = storing.others(storing.as_table(source.frame), roles, source.words_only)
    facts = storing.facts(source, roles, parts, splits_made, comma) | describe.facts(source, made, digests, parts)
    conflicts = duplicates.conflicts(digests, roles["conflicting"])
    said = sheet.warnings(facts, parts, roles["groups"], conflicts, "image", "pixels") + describe.warnings(facts)
    facts["warnings"] = said + sentences([*source.left_out, *made.left_out]) + [*source.notes, *made.notes]
    progress(0, 1, "storing")
    table = storing.table({}, others, roles, parts)
    return _store(asked, source, roles, made, table, facts, artefacts)


def _store(
    asked: Spec,
    source: Source,
    roles: dict[str, Any],
    made: decode_images.Stack,
    table: pa.Table,
    facts: dict[str, Any],
    artefacts: Artefacts,
) -> tuple[dict[str, Any], list[Artefact]]:
    stored = [artefacts.put_arrays("images", {"images": made.images}), artefacts.put_table("table", table)]
    planted, images, resized = None, made.images, made.resized
    if source.masks:
        masks = {k: decode_images.fit_masks(m, resized[0]) if resized else m for k, m in source.masks.items()}
        stored.append(artefacts.put_arrays("planted", masks))
        planted = {"sha256": stored[-1].sha256, "keys": {k: k for k in masks}, "truth": source.truth}
    mean, std = _moments(images, np.flatnonzero(table.column("split").to_numpy() == "train"))
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
    if changed := describe.pixels(source, made):
        core["pixels"] = changed
    return storing.seal(asked.name, core, facts, stored, artefacts)


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
