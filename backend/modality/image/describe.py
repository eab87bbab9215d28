"""What the data sheet says of images alone: sizes, scale, ground, duplicates, what was left out and changed."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...data import duplicates
from ...data.conventions import left_out
from ...data.dataset import SPLITS
from ...data.decode_images import Stack
from ...data.pixels import scale
from ...data.pixels.scale import Scaled
from ...data.sheet import number
from ...data.source import Source

DIM = 64  # of 255: where nothing in a data set is brighter, the sheet says so
APART = 0.25  # of the scale: how far the brightest or the darkest pixels of two splits may lie apart unsaid
DIFFER = "The splits differ in brightness"  # the page's headline looks for it
NAMES = {"train": "train", "val": "validation", "test": "test"}


def facts(source: Source, made: Stack, digests: np.ndarray, parts: np.ndarray) -> dict[str, Any]:
    """The entries of docs/events.md that only a data set of images has, and `duplicates`."""
    within, across = duplicates.exact(digests, parts)
    alike, complete = duplicates.near(made.images, digests, parts)
    scaled = source.scaled or made.scaled
    return {
        "sizes": [[h, w, n] for (h, w), n in made.sizes.most_common(20)],
        "resized_to": list(made.resized) if made.resized else None,
        "scale": _scale(scaled, parts),
        "ground": {"colour": made.ground, "images": made.on_ground} if made.ground else None,
        "plain": _plain(made.images),
        "left_out": left_out.facts([*source.left_out, *made.left_out]),
        "duplicates": {
            "exact_within": within,
            "exact_across": across,
            "near_across": alike,
            "near_complete": complete,
        },
    }


def pixels(source: Source, made: Stack) -> dict[str, Any]:
    """What the manifest keeps, to read a single picture as the data set was read; {} where nothing was changed."""
    used = (source.scaled or made.scaled).scale
    told = {} if used.plain else {"low": used.low, "high": used.high, "kind": used.kind}
    return told | ({"deep": True} if made.deep else {}) | ({"ground": made.ground} if made.ground else {})


def warnings(sheet: dict[str, Any]) -> list[str]:
    """Sentences on size, scale and ground; those on duplicates come from sheet.py."""
    said, resized = [], sheet["resized_to"]
    if resized:
        smaller = sum(n for h, w, n in sheet["sizes"] if min(h, w) < min(resized))
        said.append(f"Images were resized to {resized[1]} x {resized[0]} pixels (short side, then the centre).")
        if smaller:
            were = "was" if smaller == 1 else "were"
            said.append(f"{number(smaller, 'image')} {were} smaller than that and had to be enlarged.")
    said = _apart(sheet["scale"]) + said + _scaled(sheet["scale"])
    if ground := sheet["ground"]:
        n, are = ground["images"], "is" if ground["images"] == 1 else "are"
        said.append(f"{number(n, 'image')} {are} transparent in places and {are} shown on {ground['colour']}.")
    if n := sheet["plain"]:
        said.append(f"{number(n, 'image')} {'is' if n == 1 else 'are'} of one colour: nothing can be seen there.")
    return said


def _scale(scaled: Scaled, parts: np.ndarray) -> dict[str, Any]:
    ends = {s: scaled.ends[parts == s] for s in SPLITS if (parts == s).any()}
    return {
        "low": scaled.scale.low,
        "high": scaled.scale.high,
        "kind": scaled.scale.kind,
        "cut": scaled.cut,
        "values": scaled.values,
        "splits": {s: _ends(e) for s, e in ends.items()},
    }


def _ends(ends: np.ndarray) -> dict[str, float]:
    """The darkest and the brightest pixel of a split, and those of its typical image (medians)."""
    low, high = np.median(ends, axis=0)
    found = {"darkest": ends[:, 0].min(), "brightest": ends[:, 1].max()}
    return {name: float(value) for name, value in (found | {"usual_darkest": low, "usual_brightest": high}).items()}


def _plain(images: np.ndarray) -> int:
    """How many images are of one colour throughout."""
    flat = images.reshape(*images.shape[:2], -1)
    return int((flat.min(axis=2) == flat.max(axis=2)).all(axis=1).sum())


def _apart(told: dict[str, Any]) -> list[str]:
    """Whether darkest or brightest pixels lie so far apart that the splits may have been scaled apart."""
    for end, what in (
        ("usual_brightest", "brightest pixel of a typical image"), ("brightest", "brightest pixel"),
        ("usual_darkest", "darkest pixel of a typical image"), ("darkest", "darkest pixel"),
    ):  # fmt: skip
        found = {s: ends[end] for s, ends in told["splits"].items()}
        least, most = min(found, key=found.get), max(found, key=found.get)
        if found[most] - found[least] > APART * (told["high"] - told["low"]):
            return [
                f"{DIFFER} ({what}: {scale.shown(found[least])} in {NAMES[least]}, "
                f"{scale.shown(found[most])} in {NAMES[most]}): if they were scaled apart, a score on them misleads."
            ]
    return []


def _scaled(told: dict[str, Any]) -> list[str]:
    said, ends = [], f"{scale.shown(told['low'])} became black and {scale.shown(told['high'])} white"
    if told["kind"] not in (scale.BYTES, scale.FRACTIONS) or (told["kind"] == scale.BYTES and told["high"] != 255):
        bits = f" ({told['kind']} bits)" if told["kind"].isdigit() else ""
        said.append(f"Pixel values were scaled: {ends}{bits}, the same for every split.")
    if told["cut"]:
        share = 100 * told["cut"] / told["values"]
        shown = f"{share:.2g} %" if share >= 0.01 else "under 0.01 %"
        said.append(
            f"{number(told['cut'], 'pixel value')} ({shown}) lay outside {scale.shown(told['low'])} to "
            f"{scale.shown(told['high'])} and became black or white."
        )
    brightest = max(ends["brightest"] for ends in told["splits"].values())
    if (brightest - told["low"]) / (told["high"] - told["low"]) * 255 < DIM:
        said.append(
            f"The images are dark: the brightest pixel is {scale.shown(brightest)} of {scale.shown(told['high'])}."
        )
    return said
