"""Register a data set: read, check, split, describe, store. It exists once the returned manifest is logged."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ..workspace.artefacts import Artefact, Artefacts
from ..workspace.layout import BadInput
from . import columns, duplicates, pictures, readers, sheet, split
from .dataset import SPLITS
from .source import Source
from .spec import Sensitive, Spec, parse

MIN_EXAMPLES = 8


def register(
    spec: dict[str, Any], artefacts: Artefacts, progress: Callable[[float, float, str], None] = lambda *_: None
) -> tuple[dict[str, Any], list[Artefact]]:
    """(manifest as in backend/data/dataset.py, the artefacts it names).

    progress(done, total, unit) may raise to stop. Raises BadInput with one line for whatever cannot be used.
    """
    asked = parse(spec)
    progress(0, 1, "reading")
    source = readers.read(asked)
    roles = _roles(asked, source)
    images, sizes, resized = pictures.stack(source.images, asked.size, source.name, progress)
    digests = duplicates.pixel_digests(images)
    belongs = [digests] if roles["unit"] is None else [digests, roles["unit"].to_numpy()]
    parts, made = split.complete(roles["split"], roles["codes"], belongs, asked.seed)
    _check_parts(parts, roles["codes"], source.name)
    progress(0, 1, "looking for duplicates")
    facts = _sheet(source, roles, images, digests, parts, made, sizes, resized)
    progress(0, 1, "storing")
    return _store(asked, source, roles, images, parts, facts, resized, artefacts)


def _roles(asked: Spec, source: Source) -> dict[str, Any]:
    """What the columns mean: codes, classes, groups, units and the given split. Checked before any decoding."""
    frame, where = source.frame, source.name
    if len(frame) < MIN_EXAMPLES:
        raise BadInput(f"{where}: expected at least {MIN_EXAMPLES} images, found {len(frame)}")
    label = asked.label or source.label
    codes, classes, positive = np.full(len(frame), -1, dtype=np.int64), [], None
    if label is not None:
        values = source.column(label, "label")
        order = source.classes if label == source.label else ()
        codes, classes, positive = columns.labels(
            values, order, asked.positive, asked.positive_name, f"label {label!r} of {where}"
        )
        if (usable := int((codes >= 0).sum())) < MIN_EXAMPLES:
            raise BadInput(f"label {label!r} of {where}: expected at least {MIN_EXAMPLES} labels, found {usable}")
    elif asked.positive:
        raise BadInput(f"positive: expected a label to cut in two, found none in {where}; choose the label column")
    unit = asked.split_by or source.group
    given = asked.split_column or source.split
    sensitive = asked.sensitive or [Sensitive(**s) for s in source.sensitive]
    if label in [s.column for s in sensitive]:
        raise BadInput(f"sensitive: expected other columns than the label, found {label!r}")
    cut = {s.column: columns.groups(source.column(s.column, "sensitive"), s.cuts, f"sensitive {s.column!r} of {where}")
           for s in sensitive}  # fmt: skip
    return {
        "label": label,
        "codes": codes,
        "classes": classes,
        "positive": positive,
        "group": unit,
        "unit": None if unit is None else columns.units(source.column(unit, "split_by")),
        "given": given,
        "split": None if given is None else columns.splits(source.column(given, "split_column"), f"split of {where}"),
        "groups": {name: column for name, (column, _) in cut.items()},
        "orders": {name: order for name, (_, order) in cut.items()},
        "banded": [s.column for s in sensitive if s.cuts],
    }


def _check_parts(parts: np.ndarray, codes: np.ndarray, where: str) -> None:
    for name in SPLITS:
        if not (parts == name).any():
            raise BadInput(f"{where}: expected images in train, val and test, found none for {name}")
    if (codes >= 0).any() and len(np.unique(codes[(parts == "train") & (codes >= 0)])) < 2:
        raise BadInput(f"{where}: expected at least two classes in train, found fewer")


def _sheet(source: Source, roles, images, digests, parts, made, sizes, resized) -> dict[str, Any]:
    codes, classes = roles["codes"], roles["classes"]
    per_split, per_class = sheet.counts(parts, codes, classes)
    within, across = duplicates.exact(digests, parts)
    alike, complete = duplicates.near(images, digests, parts)
    labelled = pd.DataFrame({"pixels": digests, "code": codes})[codes >= 0]
    conflicts = int((labelled.groupby("pixels")["code"].transform("nunique") > 1).sum())
    missing = {str(c): int(source.frame[c].isna().sum()) for c in source.frame}
    facts = {
        "counts": per_split,
        "class_counts": per_class,
        "crosses": sheet.crosses(roles["groups"], codes, classes),
        "orders": roles["orders"],
        "missing": {c: n for c, n in missing.items() if n},
        "sizes": [[h, w, n] for (h, w), n in sizes.most_common(20)],
        "resized_to": list(resized) if resized else None,
        "duplicates": {
            "exact_within": within,
            "exact_across": across,
            "near_across": alike,
            "near_complete": complete,
        },
        "group_leaks": sheet.group_leaks(parts, roles["unit"]),
        "source": {"kind": source.kind, "name": source.name, "bytes": source.bytes, "sha256": source.sha256},
        "label": {
            "column": roles["label"],
            "classes": classes,
            "positive": roles["positive"],
            "missing": int((codes < 0).sum()) if classes else 0,
            "group": roles["group"],
            "split": roles["given"],
            "made": made,
        },
    }
    facts["warnings"] = sheet.warnings(facts, parts, roles["groups"], conflicts) + list(source.notes)
    return facts


def _store(asked, source, roles, images, parts, facts, resized, artefacts) -> tuple[dict[str, Any], list[Artefact]]:
    stored = [
        artefacts.put_arrays("images", {"images": images}),
        artefacts.put_table("table", _table(source.frame, roles, parts)),
    ]
    planted = None
    if source.masks:
        masks = {k: pictures.fit_masks(m, resized[0]) if resized else m for k, m in source.masks.items()}
        stored.append(artefacts.put_arrays("planted", masks))
        planted = {"sha256": stored[-1].sha256, "keys": {k: k for k in masks}, "truth": source.truth}
    mean, std = _moments(images, np.flatnonzero(parts == "train"))
    core = {
        "kind": asked.kind,
        "images": {"sha256": stored[0].sha256, "key": "images"},
        "table": {"sha256": stored[1].sha256},
        "count": len(images),
        "channels": images.shape[1],
        "height": images.shape[2],
        "width": images.shape[3],
        "label": roles["label"],
        "classes": roles["classes"],
        "positive": roles["positive"],
        "sensitive": list(roles["groups"]),
        "group": roles["group"],
        "pixel_mean": mean,
        "pixel_std": std,
        "planted": planted,
    }
    digest = hashlib.sha256(json.dumps(core, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    stored.append(artefacts.put_json("sheet", facts | {"digest": digest}))
    return {"name": asked.name, "digest": digest, **core, "sheet": {"sha256": stored[-1].sha256}}, stored


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


def _table(frame: pd.DataFrame, roles: dict[str, Any], parts: np.ndarray) -> pa.Table:
    """The table of a data set: our columns first, then the source's; a name that is taken gets `source_` before it."""
    ours = {"row": np.arange(len(frame)), "split": parts, "label": roles["codes"]}
    if roles["unit"] is not None:
        ours["group"] = roles["unit"]
    ours |= roles["groups"]
    told = {name for name in roles["groups"] if name not in roles["banded"]} | {roles["given"]}
    table = pa.table({name: pa.array(values, from_pandas=True) for name, values in ours.items()})
    for name in frame.columns:
        if name in told:
            continue
        title = str(name)
        while title in table.column_names:
            title = f"source_{title}"
        try:
            values = pa.array(frame[name], from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            values = pa.array([None if pd.isna(v) else str(v) for v in frame[name]])
        table = table.append_column(title, values)
    return table
