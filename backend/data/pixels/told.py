"""What is said of encoded pictures as they were read: what was left out of them, and what was changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..conventions.left_out import LeftOut
from .opening import Header


def left_out(names: Sequence[str], headers: Sequence[Header]) -> list[LeftOut]:
    """Pages, frames and channels that were not read."""

    def those(wanted: Callable[[Header], bool]) -> list[str]:
        return [name for name, header in zip(names, headers, strict=True) if wanted(header)]

    pages, channels = "further pages or frames, which were left out", "further channels, which were left out"
    return [
        LeftOut(those(lambda h: h.more), f"image has {pages}", f"images have {pages}"),
        LeftOut(those(lambda h: h.channels), f"image has {channels}", f"images have {channels}"),
    ]


def changed(headers: Sequence[Header]) -> list[str]:
    """Sentences on changes that are neither scale nor ground."""
    cmyk, profile = sum(h.mode == "CMYK" for h in headers), sum(h.profile for h in headers)
    said = []
    if cmyk:
        are = "image is" if cmyk == 1 else "images are"
        said.append(f"{cmyk:,} {are} in printing colours (CMYK): turned into RGB without a colour profile.")
    if profile:
        have = "image has" if profile == 1 else "images have"
        said.append(f"{profile:,} {have} a colour profile other than sRGB, which was not applied.")
    return said


def depth(header: Header) -> str:
    """The kind of numbers of a picture."""
    if header.depth == "8":
        return "8 bits a channel"
    return f"{header.bits}-bit {'floating point numbers' if header.depth == 'float' else 'whole numbers'}"
