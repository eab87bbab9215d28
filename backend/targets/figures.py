"""How values of a metric are written: a share in percent, its differences in points, an error in the target's unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..workspace import formats
from . import metrics
from ._metric import Metric


@dataclass(frozen=True)
class Figures:
    """metric: its name; unit: of the target, None where it has none or is no number."""

    metric: str
    unit: str | None = None

    @classmethod
    def of(cls, metric: str, told: Mapping[str, Any] | None = None) -> Figures:
        """told: `target` of a manifest or of a record, None of classes."""
        return cls(metric, (told or {}).get("unit") if (told or {}).get("type") == "number" else None)

    @property
    def is_of(self) -> Metric:
        return metrics()[self.metric]

    @property
    def title(self) -> str:
        return self.is_of.title

    @property
    def share(self) -> bool:
        return self.is_of.unit == "share"

    @property
    def in_unit(self) -> str | None:
        """The unit of the metric's values, None where they have none."""
        return self.unit if self.is_of.unit == "target" else None

    @property
    def scale(self) -> int:
        """What values are multiplied by where they are drawn."""
        return 100 if self.share else 1

    @property
    def axis(self) -> str:
        """ "accuracy (%)", "mean absolute error (days)" """
        unit = "%" if self.share else self.in_unit
        return f"{self.title} ({unit})" if unit else self.title

    @property
    def of_difference(self) -> str:
        """What differences are counted in: "points", "days", or nothing."""
        return "points" if self.share else self.in_unit or ""

    def amount(self, value: float | None) -> str:
        """ "91.0 %", "3.26 days" """
        return formats.percent(value) if self.share else formats.quantity(value, self.in_unit)

    def interval(self, found: Mapping[str, Any], bare: str = "") -> str:
        """ "91.0 % [90.0, 92.0]", "3.3 days [2.4, 4.1]" """
        if self.share:
            return formats.percent_interval(found, bare)
        return formats.quantity_interval(found, self.in_unit, bare=bare)

    def difference(self, found: Mapping[str, Any], sign: bool = True, bare: str = "") -> str:
        """ "+3.1 points [1.2, 5.0]", "−3.3 days [−5.7, −0.8]" """
        if self.share:
            return formats.points(found, sign, bare=bare)
        return formats.quantity_interval(found, self.in_unit, sign, bare)

    def plain(self, found: Mapping[str, Any], sign: bool = False) -> str:
        """As in a column that names the unit: "91.0 [90.0, 92.0]", "3.3 [2.4, 4.1]"."""
        if self.share:
            return formats.interval(found, scale=100, digits=1, sign=sign)
        return formats.quantity_interval(found, sign=sign)

    def margin(self, limit: float) -> str:
        """ "1 point", "0.17 days" """
        if self.share:
            return formats.margin(limit)
        return formats.compact(limit) + (f" {self.in_unit}" if self.in_unit else "")

    def size(self, found: float) -> str:
        """A size that was measured: "3.1 points", "0.17 days" """
        return formats.size_in_points(found) if self.share else formats.quantity(abs(found), self.in_unit)


def turned(found: Mapping[str, Any]) -> dict[str, Any]:
    """An estimate with the opposite sign."""
    return {
        "value": -found["value"],
        "low": None if found["high"] is None else -found["high"],
        "high": None if found["low"] is None else -found["low"],
    }


def unsigned(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """An estimate of how far two things lie apart: turned where it is below zero."""
    return found if found["value"] >= 0 else turned(found)
