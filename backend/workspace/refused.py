"""What pydantic refuses, as one line of BadInput, in our own words: where, what was expected, what was found.

An exception keeps the one it interrupted (`__context__`, `from None` or not), and a ValidationError keeps what a
validator raised, with the frames it ran through. Python's collector does not see into a ValidationError: a circle
through it is never freed, and with the frames a database, a service or a whole model stays. So the line is raised after
the error is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from .formats import count
from .layout import BadInput

Model = TypeVar("Model", bound=BaseModel)
KINDS = {
    "int": "a whole number",
    "float": "a number",
    "finite_number": "a finite number",
    "bool": "true or false",
    "string": "text",
    "list": "a list",
    "tuple": "a list",
    "dict": "keys and values",
    "model": "a section of keys and values",
}
BOUNDS = {
    "greater_than": "above",
    "greater_than_equal": "of at least",
    "less_than": "below",
    "less_than_equal": "of at most",
}


def validated(kind: type[Model], told: Any, say: Callable[[ValidationError], str]) -> Model:
    """`told` as a `kind`; BadInput(say(error)) where it is none."""
    try:
        return kind.model_validate(told)
    except ValidationError as error:
        line = say(error)
    raise BadInput(line)


def line(error: ValidationError, where: str = "", under: tuple[str, ...] = (), whole: str = "it") -> str:
    """ "recipe: train.lr: expected a number above 0, found -1": the first thing that is wrong.

    where: begins the line. under: stands before the place. whole: what it is called where all of it is wrong.
    """
    first = error.errors()[0]
    said, seen = expected(first), "" if first["type"] == "value_error" and ", found " in first["msg"] else found(first)
    return f"{where}{place((*under, *first['loc'])) or whole}: {said}{seen}"[:400]


def place(steps: tuple[int | str, ...]) -> str:
    """("finetune", "fractions", 1) -> "finetune.fractions, entry 2"; ("a", 0, "b") -> "a, entry 1, b"."""
    told, named = "", False
    for step in steps:
        told += f", entry {step + 1}" if isinstance(step, int) else f"{'.' if named else ', ' if told else ''}{step}"
        named = not isinstance(step, int)
    return told


def expected(problem: Mapping[str, Any]) -> str:
    """ "expected a number above 0" of one of `ValidationError.errors()`; what our own validators say as they say it."""
    kind, told = problem["type"], problem.get("ctx") or {}
    if kind in ("value_error", "assertion_error"):
        return problem["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    if kind in BOUNDS:
        (bound,) = told.values()
        said = f"a number {BOUNDS[kind]} {bound:g}" if isinstance(bound, int | float) else f"{BOUNDS[kind]} {bound}"
    elif kind.endswith(("_short", "_long")):
        said = _size(kind, told)
    elif kind in ("literal_error", "enum"):
        said = f"one of {told['expected']}"
    elif kind == "missing":
        said = "a value"
    elif kind == "extra_forbidden":
        said = "a known key"
    elif kind == "string_pattern_mismatch":
        said = f"text of the form {told['pattern']}"
    else:
        said = KINDS.get(kind) or KINDS.get(kind.partition("_")[0]) or f"another value ({problem['msg']})"
    return f"expected {said}"


def _size(kind: str, told: Mapping[str, Any]) -> str:
    """ "at least 1 character", "at most 2 entries" """
    limit, side = (told["max_length"], "most") if kind.endswith("long") else (told["min_length"], "least")
    what = (
        count(limit, "character") if kind.startswith("string") else f"{limit:,} {'entry' if limit == 1 else 'entries'}"
    )
    return f"at {side} {what}"


def found(problem: Mapping[str, Any]) -> str:
    """ ", found -1" """
    words = {"missing": "none", "extra_forbidden": "an unknown one"}
    return f", found {words.get(problem['type']) or repr(problem['input'])[:80]}"


SCHEMA = {
    "minimum": "a number of at least {:g}",
    "maximum": "a number of at most {:g}",
    "exclusiveMinimum": "a number above {:g}",
    "exclusiveMaximum": "a number below {:g}",
    "pattern": "text of the form {}",
    "minLength": "text of at least {:,} characters",
    "maxLength": "text of at most {:,} characters",
    "minItems": "at least {:,} entries",
    "maxItems": "at most {:,} entries",
    "enum": "one of {}",
    "const": "{}",
}
TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "string": "text",
    "array": "a list",
    "object": "keys and values",
    "null": "nothing",
}


def of_schema(problem: Any, whole: str) -> str:
    """ "expected a number above 0, found -1" of a violation that jsonschema found; `whole`: what is expected where the
    schema says nothing that has words of ours."""
    return f"expected {_told(problem.validator, problem.validator_value) or whole}, found {problem.instance!r}"[:300]


def _told(rule: str, value: Any) -> str:
    if rule == "type":
        return " or ".join(TYPES[one] for one in ([value] if isinstance(value, str) else value))
    if rule == "anyOf":
        parts = [_told("type", one["type"]) for one in value if "type" in one]
        return " or ".join(parts) if len(parts) == len(value) else ""
    if rule == "enum":
        value = ", ".join(map(str, value))
    return SCHEMA[rule].format(value) if rule in SCHEMA else ""
