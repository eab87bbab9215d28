"""The text that a dossier follows, as data: one file a date in statutes/, so that an amendment is a further file.

The newest file whose date is not after the dossier's counts. A file that is not whole is refused when it is read.
"""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime
from functools import cache
from importlib import resources
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ...workspace.layout import BadInput


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Duty(_Strict):
    """One leaf field of Annex IV. `class_`: A filled from runs, P prefilled for a person, H a person's alone."""

    id: str = Field(pattern=r"^[1-9](\.[a-z]+)?$")
    title: str = Field(min_length=1)
    asks: str = Field(min_length=1)
    class_: Literal["A", "P", "H"] = Field(alias="class")
    articles: tuple[str, ...] = Field(min_length=1)
    nist_ai_rmf: tuple[str, ...]
    iso_42001: tuple[str, ...]

    @property
    def point(self) -> str:
        return self.id.split(".")[0]


class Statute(_Strict):
    name: str
    as_of: date
    consolidated: tuple[str, ...] = Field(min_length=1)
    notes: tuple[str, ...]
    applies_from: dict[str, date]
    points: dict[str, str]
    field: tuple[Duty, ...]

    @model_validator(mode="after")
    def _whole(self) -> Statute:
        ids = [duty.id for duty in self.field]
        if twice := [i for i in ids if ids.count(i) > 1]:
            raise ValueError(f"expected every field once, found {twice[0]} twice")
        if [point for point in self.points if point not in {duty.point for duty in self.field}]:
            raise ValueError("expected a field for every point")
        if unknown := {duty.point for duty in self.field} - self.points.keys():
            raise ValueError(f"expected a title for every point, found none for {min(unknown)}")
        return self

    def head(self) -> dict[str, Any]:
        """What a dossier prints of the text that it follows."""
        return {
            "name": self.name,
            "as_of": self.as_of.isoformat(),
            "consolidated": list(self.consolidated),
            "applies_from": {what: day.isoformat() for what, day in self.applies_from.items()},
            "notes": list(self.notes),
        }

    def crosswalk(self) -> list[dict[str, Any]]:
        """Every field beside subcategories of NIST AI RMF 1.0 and clauses and controls of ISO/IEC 42001:2023."""
        return [{"field": d.id, "nist_ai_rmf": list(d.nist_ai_rmf), "iso_42001": list(d.iso_42001)} for d in self.field]


@cache
def statutes() -> tuple[Statute, ...]:
    """Every version there is, oldest first. Raises ValueError for a file that is not whole."""
    files = resources.files(__package__).joinpath("statutes").iterdir()
    found = [Statute.model_validate(tomllib.loads(f.read_text("utf-8"))) for f in files if f.name.endswith(".toml")]
    return tuple(sorted(found, key=lambda statute: statute.as_of))


def statute_on(day: date | None = None) -> Statute:
    """The text in force on `day` (today when None). Raises BadInput for a day before the first."""
    day = day or datetime.now(UTC).date()
    found = [statute for statute in statutes() if statute.as_of <= day]
    if not found:
        raise BadInput(f"statute: expected a day from {statutes()[0].as_of} on, found {day}")
    return found[-1]
