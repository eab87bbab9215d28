"""The language model: how well it guesses held-out text, beside what counting words gives, and what it writes."""

from __future__ import annotations

from typing import Any

from ._source import Source, bodies, section

TITLE = "Language model"
ORDER = 35


def collect(source: Source) -> dict[str, Any] | None:
    """None for a run without a language model: images, or texts that are only contrasted."""
    readings, counted = source.events("lm"), source.events("lm.baselines")
    if not readings and not counted:
        return None
    layers, written = source.events("layers"), source.events("lm.samples")
    note = counted[-1]["body"].get("note") if counted else None
    gaps = [] if readings else [f"Language model: {note or 'no reading was taken'}."]
    facts = {
        "lm": bodies(readings),
        "baselines": counted[-1]["body"] if counted else None,
        "layers": bodies(layers),
        "samples": bodies(written),
        "metrics": bodies(source.events("metrics")),
    }
    return section(facts, [*readings, *counted, *layers, *written], gaps)
