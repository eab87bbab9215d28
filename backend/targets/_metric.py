"""What is said of a metric wherever one is shown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """unit: "share" (0 to 1, shown in percent), "target" (that of the target) or "plain" (a number without a unit);
    low, high: the values that it cannot pass, None where there is no such end."""

    title: str
    unit: str = "share"
    higher_is_better: bool = True
    low: float | None = 0.0
    high: float | None = 1.0

    @property
    def sign(self) -> int:
        """1 where higher is better, else -1."""
        return 1 if self.higher_is_better else -1

    def cut(self, value: float | None) -> float | None:
        """An end of an interval within what the metric can be."""
        if value is None:
            return None
        value = value if self.low is None else max(value, self.low)
        return value if self.high is None else min(value, self.high)
