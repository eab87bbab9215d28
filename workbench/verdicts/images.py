"""What became of a data set's pixels, in words and table rows. Pure: the sheet in."""

from __future__ import annotations

from typing import Any

SPLIT = {"train": "Train", "val": "Validation", "test": "Test"}


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


def shell_lines(sheet: dict[str, Any]) -> list[str]:
    """Scale, ends and every warning of the sheet, for the shell."""
    said = [f"warning: {warning}" for warning in sheet["warnings"]]
    if (line := scale_line(sheet)) is None:
        return said
    ends = sheet["scale"]["splits"]
    found = (f"{s} {value(ends[s]['darkest'])} to {value(ends[s]['brightest'])}" for s in SPLIT if s in ends)
    return [f"pixels: {line}", f"darkest to brightest: {', '.join(found)}", *said]


def left_out_rows(sheet: dict[str, Any]) -> list[dict[str, Any]]:
    """One row for each kind of thing that was left out of the source."""
    return [
        {
            "What": f"{left['count']:,} {left['what']}",
            "For example": ", ".join(left["names"]),
        }
        for left in sheet.get("left_out", [])
    ]


def value(number: float) -> str:
    """A pixel value: whole and large numbers with commas, others with four digits."""
    plain = (float(number).is_integer() or abs(number) >= 1000) and abs(number) < 1e15
    return f"{round(number):,}" if plain else f"{number:.4g}"
