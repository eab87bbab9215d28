"""JSON Schema -> form: the parameters of a plug-in or of a recipe's section as Streamlit widgets.

`read` turns one property of a pydantic schema into a `Field` (pure), `widget` draws it. A property's description
is the help text, its bounds are the field's (fields.py); a rule over two fields is checked where it counts, when the
recipe is submitted. What is typed stays when the page is left and opened again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import streamlit as st

from backend import exports

from ..verdicts import labels
from .fields import KEPT, number, numbers
from .numbers import Range
from .safe import plain

ANY = Range()


@dataclass(frozen=True)
class Field:
    """One input: `kind` is integer, number, boolean, choice, choices, numbers or text."""

    name: str
    kind: str
    label: str
    help: str | None = None
    default: Any = None
    optional: bool = False
    taken: Range = ANY
    options: tuple[Any, ...] = ()
    names: dict[str, str] | None = None  # how options are called, where not by themselves


def read(name: str, schema: dict[str, Any], defs: dict[str, Any], options: tuple[Any, ...] = ()) -> Field:
    """The input for property `name`. `options`: the choices of a list, where its schema does not say or not all fit."""
    branches = schema.get("anyOf", [schema])
    optional = any(b.get("type") == "null" for b in branches)
    core = next((b for b in branches if b.get("type") != "null"), {})
    core = {**schema, **_resolved(core, defs)}
    items = _resolved(core.get("items", {}), defs)
    kind = core.get("type", "string")
    if kind == "array":
        options = options or tuple(items.get("enum", ()))
        kind = "choices" if options else "numbers"
    elif "enum" in core:
        kind, options = "choice", tuple(one for one in core["enum"] if not options or one in options)
    elif kind == "string":
        kind = "text"
    return Field(
        name=name,
        kind=kind,
        label=labels.field(name),
        help=schema.get("description"),
        default=schema.get("default"),
        optional=optional,
        taken=Range(
            core.get("minimum", core.get("exclusiveMinimum")),
            core.get("maximum", core.get("exclusiveMaximum")),
            above="exclusiveMinimum" in core,
            below="exclusiveMaximum" in core,
            whole=kind == "integer",
        ),
        options=options,
    )


def fields(
    schema: dict[str, Any], choices: dict[str, tuple[str, ...]] | None = None, only: tuple[str, ...] = ()
) -> list[Field]:
    """The inputs of an object schema, in its order; `only` keeps the named ones."""
    defs = schema.get("$defs", {})
    found = schema.get("properties", {})
    return [read(n, p, defs, (choices or {}).get(n, ())) for n, p in found.items() if not only or n in only]


def named(inputs: list[Field], names: dict[str, dict[str, str]]) -> list[Field]:
    """The inputs with names for their options: {input: {option: name}}."""
    return [replace(one, names=names.get(one.name)) for one in inputs]


def form(inputs: list[Field], prefix: str, values: dict[str, Any] | None = None, columns: int = 2) -> dict[str, Any]:
    """Draw the inputs in columns; returns {name: value}, without the optional ones left empty."""
    places = st.columns(columns)
    given: dict[str, Any] = {}
    for i, field in enumerate(inputs):
        with places[i % columns]:
            start = (values or {}).get(field.name, field.default)
            value = widget(field, f"{prefix}.{field.name}", start)
        if value is not None:
            given[field.name] = value
    return given


def plugin(
    label: str, found: dict[str, dict[str, Any]], prefix: str, chosen: dict[str, Any], help: str | None = None
) -> dict[str, Any]:
    """Choose a plug-in of a catalogue folder, then its parameters: {"name", **params}."""
    names = list(found)
    index = names.index(chosen["name"]) if chosen.get("name") in names else 0
    called = {one: exports.beginning(found[one].get("says", {}).get("title") or _title(one)) for one in names}
    name = st.selectbox(label, names, index=index, key=f"{prefix}.name", help=help, format_func=called.get, **KEPT)
    st.caption(plain(found[name]["summary"]))
    if reason := found[name].get("says", {}).get("experimental"):
        st.caption(f":material/science: Experimental: {plain(reason)}")
    inputs = fields(found[name]["schema"])
    if not inputs:
        return {"name": name}
    of_methods = (one for one in inputs if one.name in exports.NAMES and one.options)
    inputs = named(inputs, {f.name: {one: exports.headed(f.name, one) for one in f.options} for f in of_methods})
    kept = chosen if chosen.get("name") == name else {}
    with st.popover("Parameters", icon=":material/tune:"):
        return {"name": name, **form(inputs, f"{prefix}.{name}", kept, columns=1)}


def widget(field: Field, key: str, value: Any) -> Any:
    """Draw one input and return what it holds: None for an optional one left empty, Wrong where it cannot be read."""
    more = {"key": key, "help": field.help and plain(field.help), **KEPT}
    if field.kind == "boolean":
        return st.checkbox(field.label, value=bool(value), **more)
    if field.kind == "choice":
        index = field.options.index(value) if value in field.options else 0
        return st.selectbox(field.label, field.options, index=index, format_func=partial(_called, field.names), **more)
    if field.kind == "choices":
        start = [v for v in value or [] if v in field.options]
        return st.multiselect(
            field.label, field.options, default=start, format_func=partial(_called, field.names), **more
        )
    if field.kind == "numbers":
        return numbers(field.label, value or [], key, field.help)
    if field.kind in ("integer", "number"):
        return number(field.label, value, field.taken, key, help=field.help, optional=field.optional)
    return st.text_input(field.label, value or "", **more)


def _resolved(schema: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    return defs.get(schema["$ref"].rsplit("/", 1)[-1], {}) if "$ref" in schema else schema


def _called(names: dict[str, str] | None, option: Any) -> str:
    return (names or {}).get(option, _title(str(option)))


def _title(name: str) -> str:
    return name.replace("_", " ")
