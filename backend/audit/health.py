"""When the readings of a pretraining are enough to call its representation healthy.

Each reading carries the monitor's own verdict (backend/collapse/_verdict.py): "healthy" there means that no rule has
raised an alarm so far, which it also says where the rules could not speak yet.
"""

from __future__ import annotations

from ..collapse._verdict import ALL_CLEAR

__all__ = ["ALL_CLEAR", "doubt"]


def doubt(readings: int, live: bool, whole: bool) -> str | None:
    """Why there is no all-clear though no rule raised an alarm: "cut" (pretraining ended before its end), "few"
    readings; None where there is one. whole: pretraining came to its end, and left an encoder."""
    if not live and not whole:
        return "cut"
    return "few" if readings < ALL_CLEAR else None
