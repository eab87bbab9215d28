"""What the data sheet says of texts alone: lengths, scripts, duplicates, who is mentioned."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...data import duplicates, writing_systems
from ...data.sheet import number
from . import near_texts
from .ingest import OFFENSIVE, Intake

QUANTILES = (0, 0.05, 0.25, 0.5, 0.75, 0.95, 1)
BINS = 20
FOREIGN = 0.01  # a script that dominates at least this share of the texts is named


def facts(intake: Intake, parts: np.ndarray, codes: np.ndarray, classes: list[str]) -> dict[str, Any]:
    """The entries of docs/events.md that only a data set of texts has, and `duplicates`."""
    within, across = duplicates.exact(intake.digests, parts)
    alike, nearly, complete = near_texts.near(intake.signed, intake.digests, parts)
    return {
        "lengths": {"characters": lengths(intake.characters), "words": lengths(intake.words)},
        "scripts": _scripts(intake),
        "empty": intake.empty,
        "mentions": mentions(intake, codes, classes),
        "offensive": int((intake.named >> np.uint64(OFFENSIVE)).sum()),
        "duplicates": {
            "exact_within": within,
            "exact_across": across,
            "near_within": nearly,
            "near_across": alike,
            "near_complete": complete,
            "near_texts": len(intake.signed),
        },
    }


def lengths(found: np.ndarray) -> dict[str, Any]:
    """{"quantiles": {"0.05": n}, "mean", "total", "edges", "counts"}: a histogram of bins that widen with the length.

    Bin i holds the lengths from edges[i] up to, not including, edges[i + 1].
    """
    low, high = max(1, int(found.min())), int(found.max()) + 1
    edges = np.unique(np.geomspace(low, max(high, low + 1), BINS + 1).round().astype(int))
    edges = np.concatenate([[0], edges]) if found.min() < 1 else edges
    counts = np.histogram(found, edges)[0]
    return {
        "quantiles": {f"{q:g}": int(np.quantile(found, q, method="nearest")) for q in QUANTILES},
        "mean": round(float(found.mean()), 2),
        "total": int(found.sum()),
        "edges": edges.tolist(),
        "counts": counts.tolist(),
    }


def _scripts(intake: Intake) -> dict[str, dict[str, float]]:
    """{script: {"letters": share of all letters, "texts": how many it dominates}} of the scripts that occur."""
    total = max(1, int(intake.letters.sum()))
    first = np.bincount(intake.script, minlength=len(writing_systems.SCRIPTS) + 1)
    order = np.argsort(-intake.letters, kind="stable").tolist()
    return {
        writing_systems.SCRIPTS[i]: {"letters": round(int(intake.letters[i]) / total, 6), "texts": int(first[i])}
        for i in order
        if intake.letters[i]
    }


def mentions(intake: Intake, codes: np.ndarray, classes: list[str]) -> dict[str, Any]:
    """{attribute: {group: {"texts": n, "classes": {class: n}}}}: texts that name a group, and their classes."""
    found: dict[str, Any] = {}
    for bit, (attribute, group) in enumerate(intake.mentions.groups):
        named = (intake.named >> np.uint64(bit)) & np.uint64(1) == 1
        of = np.bincount(codes[named & (codes >= 0)], minlength=len(classes))
        counted = dict(zip(classes, of.tolist(), strict=True)) if classes else {}
        found.setdefault(attribute, {})[group] = {"texts": int(named.sum()), "classes": counted}
    return found


def warnings(sheet: dict[str, Any]) -> list[str]:
    """Sentences on what was kept out, on scripts and on offensive words; those on duplicates come from sheet.py."""
    said, count = [], sum(sheet["counts"].values())
    if n := sheet["empty"]:
        said.append(f"{number(n, 'empty text')} {'was' if n == 1 else 'were'} kept out.")
    if sheet["duplicates"]["near_texts"] < count:
        said.append(f"Only the first {sheet['duplicates']['near_texts']:,} texts were searched for near duplicates.")
    ranked = sorted(sheet["scripts"].items(), key=lambda item: -item[1]["texts"])
    said += [
        f"{100 * found['texts'] / count:.1f} % of the texts are mostly {script}, the others {ranked[0][0]}."
        for script, found in ranked[1:]
        if found["texts"] >= FOREIGN * count
    ]
    if n := sheet["offensive"]:
        said.append(f"{number(n, 'text')} {'holds' if n == 1 else 'hold'} a slur: pages hide such texts until asked.")
    return said
