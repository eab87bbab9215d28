"""Register sets of points: an .npz with `points` (N x P x 2) and columns of N values."""

from __future__ import annotations

from typing import Any

import numpy as np

from backend.data import column_roles as role
from backend.data import duplicates, readers, sheet, split, storing
from backend.data.spec import Spec
from backend.modality import Progress
from backend.workspace.artefacts import Artefact, Artefacts


def register(asked: Spec, artefacts: Artefacts, progress: Progress) -> tuple[dict[str, Any], list[Artefact]]:
    """As backend/data/register.py asks for it."""
    reader, path = readers.find(asked.path, "points")
    source = reader.read(path, asked)
    points = source.images
    roles = role.read(asked, source, len(points), "point set")
    digests = np.array([hash(one.tobytes()) for one in points])
    belongs = [digests] if roles["unit"] is None else [digests, roles["unit"].to_numpy()]
    parts, made = split.complete(roles["split"], roles["strata"], belongs, asked.seed)
    role.check_parts(parts, roles, source.name, "point set")
    others, comma = storing.others(storing.as_table(source.frame), roles, source.words_only)
    within, across = duplicates.exact(digests, parts)
    facts = storing.facts(source, roles, parts, made, comma)
    facts["duplicates"] = {"exact_within": within, "exact_across": across, "near_across": [], "near_complete": True}
    conflicts = duplicates.conflicts(digests, roles["conflicting"])
    facts["warnings"] = sheet.warnings(facts, parts, roles["groups"], conflicts, "point set", "points")
    stored = [
        artefacts.put_arrays("points", {"points": points}),
        artefacts.put_table("table", storing.table({}, others, roles, parts)),
    ]
    core = {
        "kind": "points",
        "points": {"sha256": stored[0].sha256, "key": "points"},
        "table": {"sha256": stored[1].sha256},
        "count": len(points),
        **role.meaning(roles),
    }
    return storing.seal(asked.name, core, facts, stored, artefacts)
