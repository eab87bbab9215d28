"""What is particular to images in sentences and tables: pixels, augmentation, maps over the image. Pure."""

from __future__ import annotations

from typing import Any, ClassVar

from ...verdicts import arms as shared
from ...verdicts.data import SPLIT
from .._words import Words

APART = "The splits differ in brightness"  # what the sheet says of splits that may have been scaled apart


class ImageWords(Words):
    looked_at = "pictures"
    hint = "Images: a folder of class folders, a zip of one, .npz, .parquet, .csv."

    arms = shared.ARM | {
        "scratch_aug": "supervised training with the same augmentation",
        "classical": "a classical model on pixels",
    }
    arm_names = shared.ARM_NAME | {"scratch_aug": "Supervised, same augmentation"}
    baselines: ClassVar = {
        "scratch_aug": (
            "The same network from fresh weights, the same augmentation, and as many image passes as pretraining and "
            "fine-tuning together; stopped early on validation.",
            shared.HEADLINE,
        ),
        "scratch_plain": (
            "The same, on plain images; one model a label subset.",
            "Little: augmentation alone explains much of it.",
        ),
        "random": shared.RANDOM,
        "classical": (
            "Logistic regression or boosted trees on pixels, whichever is better on validation.",
            "The task needs more than pixels.",
        ),
    }
    rule = (
        f"{shared.PAIRED}the baseline with the same augmentation starts from the weights that pretraining started from."
        f"{shared.TESTED}"
    )

    part = "pixels"
    makes, made = "maps", "drawn their maps"
    judged, certified = "map", "map"
    controls = ("random_map", "input_copy")
    noise = "the random map"
    passes = (
        "A map passes when it beats both controls. It must depend on the model: its rank correlation with the map of a "
        "re-initialised model stays below 0.5, where a copy of the image scores 1. And it must be faithful: pixels "
        "that it ranks high move the class's probability more than pixels in random order, the 95 % interval of the "
        "difference excluding 0, where a random map scores 0."
    )

    colours = (
        "Colours compare places within a map, not strength between maps. Saliency and the input copy have no sign: "
        "their orange says where, not for or against."
    )

    repeated = "same pixels"

    def size(self, manifest: dict[str, Any]) -> str:
        return f"{manifest['count']:,} images of {manifest['height']} × {manifest['width']}"

    def extent(self, manifest: dict[str, Any], sheet: dict[str, Any]) -> list[str]:
        colour = "grey" if manifest["channels"] == 1 else "colour"
        return [f"{manifest['width']} x {manifest['height']} px, {colour}"]

    def grave(self, warnings: list[str]) -> str:
        return "the splits differ in brightness" if any(line.startswith(APART) for line in warnings) else ""

    def shell_lines(self, sheet: dict[str, Any]) -> list[str]:
        """Scale and ends."""
        if (line := scale_line(sheet)) is None:
            return []
        ends = sheet["scale"]["splits"]
        found = (f"{s} {value(ends[s]['darkest'])} to {value(ends[s]['brightest'])}" for s in SPLIT if s in ends)
        return [f"pixels: {line}", f"darkest to brightest: {', '.join(found)}"]


WORDS = ImageWords("image")


def size_line(sheet: dict[str, Any]) -> str:
    """The sizes found and what became of them."""
    shown = ", ".join(f"{w} x {h} ({n:,})" for h, w, n in sheet["sizes"][:5])
    more = f" and {len(sheet['sizes']) - 5} more sizes" if len(sheet["sizes"]) > 5 else ""
    to = sheet["resized_to"]
    return f"Found: {shown}{more}. " + (f"Stored at {to[1]} x {to[0]} px." if to else "Stored as they were.")


def scale_line(sheet: dict[str, Any]) -> str | None:
    """Which value is black, which white, and what transparent images are shown on; None of sheets without it."""
    told = sheet.get("scale")
    if told is None:
        return None
    bits = f" ({told['kind']} bits)" if told["kind"].isdigit() else ""
    line = f"In every split {value(told['low'])} is black and {value(told['high'])}{bits} is white."
    ground = sheet.get("ground")
    return line + (f" Transparent images ({ground['images']:,}) are shown on {ground['colour']}." if ground else "")


def ends_rows(sheet: dict[str, Any]) -> list[dict[str, str]]:
    """One row a split: its darkest and its brightest pixel, as the source has them."""
    found = sheet.get("scale", {}).get("splits", {})
    return [
        {
            "Split": SPLIT[s],
            "Darkest pixel": value(of["darkest"]),
            "Brightest pixel": value(of["brightest"]),
            "Brightest of a typical image": value(of["usual_brightest"]),
        }
        for s in SPLIT
        if (of := found.get(s))
    ]


def value(number: float) -> str:
    """A pixel value: whole and large numbers with commas, others with four digits."""
    plain = (float(number).is_integer() or abs(number) >= 1000) and abs(number) < 1e15
    return f"{round(number):,}" if plain else f"{number:.4g}"
