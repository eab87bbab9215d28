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
        {"Split": SPLIT[s], "Darkest pixel": value(of["darkest"]), "Brightest pixel": value(of["brightest"])}
        for s, of in found.items()
    ]


def shell_lines(sheet: dict[str, Any]) -> list[str]:
    """Scale, ends and every warning of the sheet, for the shell."""
    said = [f"warning: {warning}" for warning in sheet["warnings"]]
    if (line := scale_line(sheet)) is None:
        return said
    found = (f"{s} {value(of['darkest'])} to {value(of['brightest'])}" for s, of in sheet["scale"]["splits"].items())
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
    """A pixel value: whole numbers with commas, others with four digits."""
    return f"{int(number):,}" if float(number).is_integer() and abs(number) < 1e15 else f"{number:.4g}"
