"""What people write into a dossier, checked before it is recorded: a field's text, a bias scenario."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from ... import exports
from ...workspace.layout import BadInput
from ...workspace.refused import line, validated
from .statute import Statute

FIELD_CHARACTERS = 20_000
Words = Annotated[str, Field(max_length=2_000)]
Limit = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    @field_validator("*")
    @classmethod
    def _readable(cls, value: Any) -> Any:
        """Texts without what a page or a print cannot show: control characters, halves of characters."""
        if isinstance(value, str) and (bad := [c for c in value if not (c.isprintable() or c in "\n\t")]):
            raise ValueError(f"expected characters that can be printed, found {bad[0]!a}")
        return value.strip() if isinstance(value, str) else value


class Answer(_Strict):
    """A person's text for one field; an empty one takes back what stood there. `scope`: this run, or every run."""

    field: str = Field(max_length=40)
    scope: Literal["run", "workspace"]
    text: str = Field(max_length=FIELD_CHARACTERS)


class Finding(_Strict):
    """Which gap of the run's audit by groups a scenario watches: the key of a `fairness` event and a metric in it."""

    key: str = Field(min_length=1, max_length=300)
    metric: str = Field(min_length=1, max_length=60)


SCENARIO_TEXTS = ("group", "hazard", "measure", "threshold", "mitigation", "review_trigger")  # what stays erasable


class Scenario(_Strict):
    """A bias scenario (the unit of prEN 18283). `threshold`: the largest difference allowed, 0 to 1 (of errors of a
    number: in its unit), or words."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")
    group: str = Field(min_length=1, max_length=300)
    hazard: str = Field(min_length=1, max_length=2_000)
    measure: str = Field(min_length=1, max_length=300)
    finding: Finding | None = None
    threshold: Limit | Annotated[str, Field(max_length=300)] | None = None
    mitigation: Words = ""
    review_trigger: Words = ""
    withdrawn: bool = False

    @field_validator("threshold")
    @classmethod
    def _within(cls, value: float | str | None, told: ValidationInfo) -> float | str | None:
        """Differences of rates are shares, those of errors are in the unit of the number."""
        finding = told.data.get("finding")
        of_number = finding is not None and exports.of_group_metric(finding.metric).get("number")
        if isinstance(value, float) and value > 1 and not of_number:
            raise ValueError("a difference of rates is at most 1")
        return value


def check_answer(statute: Statute, field: Any, text: Any, scope: Any) -> dict[str, Any]:
    """The body of `dossier.field`. Raises BadInput with one line."""
    body = _checked(Answer, {"field": field, "scope": scope, "text": text}, "dossier field")
    known = [duty.id for duty in statute.field]
    if body["field"] not in known:
        raise BadInput(f"dossier field: expected one of {', '.join(known)}, found {body['field']!r}")
    return body


def check_scenario(told: Any) -> dict[str, Any]:
    """The body of `dossier.scenario`. Raises BadInput with one line."""
    return _checked(Scenario, told, "bias scenario")


def _checked(model: type[BaseModel], told: Any, what: str) -> dict[str, Any]:
    return validated(model, told, lambda error: line(error, f"{what}: ")).model_dump(mode="json")
