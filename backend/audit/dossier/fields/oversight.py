"""2(e): what a person who oversees the model can see of its reasons; the assessment itself is a person's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from backend import exports

from ..evidence import Evidence
from ..value import Event, Value, at

FIELD = "2.e"


def evidence(source: Evidence) -> Iterator[Value]:
    for event in source.of_arm("attribution.controls"):
        yield from explanations(event, source.recipe)


def explanations(event: Event, recipe: dict[str, Any]) -> Iterator[Value]:
    """Every method of explanation with the outcome of its tests; what the recipe did not ask for are the controls,
    which must fail."""
    asked = recipe["attribution"]["methods"]
    for method in event["body"].get("verdict", {}):
        what = "Explanation" if method in asked else "Control, which is to fail"
        yield from at(event, "verdict", method, label=f"{what}: {exports.title('attribution', method)}", say=_outcome)


def _outcome(verdict: dict) -> str:
    return f"{'passes' if verdict['passes'] else 'does not pass'} its tests: {verdict['why']}"
