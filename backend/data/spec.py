"""What a person asks for when a data set is registered; unknown keys are refused."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    PlainValidator,
    ValidationError,
    field_validator,
    model_validator,
)

from .. import modality
from ..workspace import plain
from ..workspace.layout import check_name
from ..workspace.refused import expected, found, place, validated
from .conventions.encodings import KNOWN, known
from .conventions.names import same
from .conventions.told import Told

LONGEST_NAME = 40  # characters of what a value is called
HUB = "hf:"  # a path that begins so is the name of a data set of the Hugging Face hub


def _column(value: Any) -> str | Literal[False] | None:
    if value is None or value is False or isinstance(value, str):
        return (same(value) or None) if isinstance(value, str) else value
    raise ValueError("expected the name of a column, or false for none")


def _modality(value: str) -> str:
    if value not in modality.names():
        raise ValueError(f"expected one of {', '.join(modality.names())}")
    return value


# False: not even the one that the source declares
Column = Annotated[Any, PlainValidator(_column, json_schema_input_type=str | bool | None)]


ColumnType = Literal[
    "number", "category", "date", "date day first", "date month first", "yes/no", "identifier", "text", "constant",
    "leave out",
]  # fmt: skip


class Sensitive(BaseModel):
    """A sensitive attribute: a column, and where its numbers are cut into bands (empty: its values are groups)."""

    model_config = ConfigDict(extra="forbid")
    column: str
    cuts: list[FiniteFloat] = []

    _same = field_validator("column")(same)

    @field_validator("cuts")
    @classmethod
    def _ascending(cls, value: list[float]) -> list[float]:
        if len(set(value)) != len(value):
            raise ValueError("expected different cuts")
        return sorted(value)


class Parent(BaseModel):
    """The registered table that another one is read like: names and digests of its manifest."""

    model_config = ConfigDict(extra="forbid")
    name: str
    digest: str
    features: str
    label: str | None
    classes: list[str]


class Spec(BaseModel):
    """One data set to register: where it lies, what its columns mean, how it is resized and split."""

    model_config = ConfigDict(extra="forbid")
    name: str
    path: str | None = Field(None, description="A file or folder on the worker's machine, or hf:owner/name")
    kind: Annotated[str, AfterValidator(_modality)] = Field(modality.FIRST, description="The modality")
    label: Column = Field(
        None, description="Column that is predicted; none: the source's own, if it has one; false: no label"
    )
    target: Literal["class", "number", "event"] = Field(
        "class", description="What the label is: a class, a number, or an event within a horizon"
    )
    unit: str | None = Field(None, max_length=40, description="Of a number, or of the time until an event")
    horizon: FiniteFloat | None = Field(None, gt=0, description="Time within which an event counts as class 1")
    observed: str | None = Field(
        None, description="Column that is 1 where the event was seen, 0 where the row was followed up to that time only"
    )
    positive: list[str] = Field([], description="Label values that make class 1")
    positive_name: str | None = Field(None, max_length=40, description="Name of class 1; none: made of the values")
    value_names: dict[str, dict[str, str]] = Field(
        {}, description="What values are called, of the label or a sensitive column: {column: {value: name}}"
    )
    sensitive: list[Sensitive] = []
    split_by: str | None = Field(None, description="Column whose rows belong together: person, lesion, engine")
    split_column: Column = Field(
        None, description="Column that says train, val or test; false: the source's is not used"
    )
    image_column: str | None = Field(None, description="Column of image bytes or relative paths")
    text_column: str | None = Field(None, description="Column of the text; none: the longest column of text")
    columns: dict[str, ColumnType] = Field({}, description="Types of columns, where they shall not be guessed")
    split_time: str | None = Field(None, description="Column of a time: train is earliest, then val, then test")
    schema_of: str | None = Field(None, description="A registered table: its columns are read and coded alike")
    parent: Parent | None = Field(None, description="What the service knows of schema_of; nobody gives it")
    time_column: str | None = Field(None, description="Of readings: when each was taken; none: found by name or type")
    window: int | None = Field(None, ge=2, le=8192, description="Steps of time that an example reaches back")
    stride: int | None = Field(None, ge=1, description="Steps of time between two examples of a unit")
    step: FiniteFloat | None = Field(None, gt=0, description="Length of a step; none: the usual one between readings")
    ahead: FiniteFloat | None = Field(None, gt=0, description="The number is the label's value so much later")
    cap: FiniteFloat | None = Field(None, gt=0, description="Of a number: larger values count as this")
    whole_lives: bool = Field(False, description="Pretraining reads units to their event; else up to a drawn age")
    size: int | None = Field(None, ge=8, le=512, description="Side in pixels; none: native up to 96 px, else 64")
    missing: list[str] | None = Field(None, description="Words that stand for a missing value; none: the usual ones")
    encoding: str | None = Field(None, description="Of text files; none: UTF-8, or as the byte-order mark says")
    separator: str | None = Field(None, min_length=1, max_length=1, description="Of values; none: found out")
    header: bool | None = Field(None, description="Whether the first row of a text table names its columns")
    seed: int = Field(0, ge=0, lt=2**31, description="Seed of the split, where one is made")
    builtin: str | None = Field(None, description="A data set of sample_data/ instead of a path")
    params: dict[str, Any] = Field({}, description="Parameters of the built-in data set")

    @field_validator("name")
    @classmethod
    def _named(cls, value: str) -> str:
        return check_name(value, "name")

    @field_validator("split_by", "split_time", "image_column", "text_column", "observed", "time_column")
    @classmethod
    def _same(cls, value: str | None) -> str | None:
        return None if value is None else same(value) or None

    @field_validator("columns")
    @classmethod
    def _same_names(cls, value: dict[str, str]) -> dict[str, str]:
        return {same(name): kind for name, kind in value.items()}

    @field_validator("value_names")
    @classmethod
    def _names(cls, value: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        made = {same(column): {same(v): same(name) for v, name in told.items()} for column, told in value.items()}
        if any(not name or len(name) > LONGEST_NAME for told in made.values() for name in told.values()):
            raise ValueError(f"expected names of 1 to {LONGEST_NAME} characters")
        return made

    @field_validator("schema_of")
    @classmethod
    def _registered(cls, value: str | None) -> str | None:
        return None if value is None else check_name(value, "schema_of")

    @field_validator("encoding")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if (name := known(value)) is None:
            raise ValueError(f"expected one of {', '.join(KNOWN)}")
        return name

    @field_validator("unit")
    @classmethod
    def _blank(cls, value: str | None) -> str | None:
        return None if value is None else value.strip() or None

    @field_validator("missing")
    @classmethod
    def _without_blanks(cls, value: list[str] | None) -> list[str] | None:
        return None if value is None else [word for word in map(str.strip, value) if word]

    @property
    def told(self) -> Told:
        """What was said of how the files are written."""
        return Told(self.encoding, self.separator, self.header, self.missing)

    @field_validator("sensitive", mode="before")
    @classmethod
    def _columns(cls, value: Any) -> Any:
        return [{"column": v} if isinstance(v, str) else v for v in value] if isinstance(value, list) else value

    @model_validator(mode="after")
    def _one_source(self) -> Spec:
        if (self.path is None) == (self.builtin is None):
            raise ValueError("expected either a path or a built-in data set")
        if self.params and self.builtin is None:
            raise ValueError("expected params only with a built-in data set")
        of = modality.modality(self.kind)
        for other in modality.names():
            fields = set(modality.modality(other).spec_fields) - set(of.spec_fields)
            if given := sorted(field for field in fields if getattr(self, field, None)):
                raise ValueError(f"expected no {given[0].replace('_', ' ')} with {of.nouns}")
        self._check_target()
        if self.split_time is not None and self.split_column:
            raise ValueError("expected either a split column or a split in the order of time")
        names = [s.column for s in self.sensitive]
        if len(set(names)) != len(names):
            raise ValueError("expected each sensitive column once")
        return self

    def _check_target(self) -> None:
        if self.target == "class" and self.unit is not None:
            raise ValueError("expected a unit only with target number or event")
        ends = ("event", "number") if "cap" in modality.modality(self.kind).spec_fields else ("event",)
        if (self.horizon is not None and self.target != "event") or (
            self.observed is not None and self.target not in ends
        ):
            raise ValueError("expected a horizon and a column of observed events only with target event")
        if self.target == "event" and self.horizon is None:
            raise ValueError("expected a horizon with target event")
        if self.target != "class" and self.positive:
            raise ValueError(f"expected no positive values with target {self.target}")
        if self.target != "number" and (self.ahead is not None or self.cap is not None):
            raise ValueError("expected a time ahead and a cap only with target number")
        if self.target != "class" and self.label is False:
            raise ValueError(f"expected a label column with target {self.target}")


def parse(raw: dict[str, Any]) -> Spec:
    """Check a spec. Raises BadInput with one line that names the field, what was expected and what was found."""
    spec = validated(Spec, raw, _one_line)
    for key, value in spec.model_dump(exclude={"path"}).items():
        plain.settings(value, key)
    return spec


def _one_line(error: ValidationError) -> str:
    first = error.errors()[0]
    if first["type"] == "extra_forbidden":
        return f"{place(first['loc'])}: expected one of {', '.join(Spec.model_fields)}, found an unknown key"
    said = expected(first)
    seen = "" if said.startswith("name: ") or not first["loc"] else found(first)
    return f"{place(first['loc']) or 'data'}: {said.removeprefix('name: ')}{seen}"[:400]
