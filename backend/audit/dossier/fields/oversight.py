"""2(e): what a person who oversees the model can see of its reasons; the assessment itself is a person's."""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence import Evidence
from ..value import Event, Value, at

FIELD = "2.e"
CONTROLS = ("random_map", "input_copy", "random_scores", "word_rarity")


def evidence(source: Evidence) -> Iterator[Value]:
    for event in source.of_arm("attribution.controls"):
        yield from explanations(event)


def explanations(event: Event) -> Iterator[Value]:
    """Every method of explanation with the outcome of its tests, controls that must fail among them."""
    for method in event["body"].get("verdict", {}):
        what = "Control, which is to fail" if method in CONTROLS else "Explanation"
        yield from at(event, "verdict", method, label=f"{what}: {method.replace('_', ' ')}", say=_outcome)


def _outcome(verdict: dict) -> str:
    return f"{'passes' if verdict['passes'] else 'does not pass'} its tests: {verdict['why']}"
