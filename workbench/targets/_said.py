"""What every type of target says of a study in its own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend.targets.figures import Figures, turned

LEARNED = 0.1  # of the way from a constant answer to a perfect one; below, a model has learned next to nothing


class Said:
    """The words of one record of a study.

    figures: how values are written; sign: 1 where a higher metric is better, else -1.
    """

    guessing = "guessing"
    beside = "over"  # an undecided difference lies "over" or "against" a baseline
    reworded: Mapping[str, str] = {}

    def __init__(self, body: Mapping[str, Any]):
        self.target = body.get("target") or {}
        self.figures = Figures.of(body["metric"], self.target)
        self.sign = self.figures.is_of.sign

    @property
    def title(self) -> str:
        return self.figures.title

    def words(self, text: str) -> str:
        """Words that were written for classes, as they are said of this target."""
        for of_classes, own in self.reworded.items():
            text = text.replace(of_classes, own)
        return text

    def difference(self, found: Mapping[str, Any]) -> str:
        """ "+3.1 points of AUROC [1.2, 5.0]", "−3.3 days [−5.7, −0.8]" """
        said = self.figures.difference(found)
        if not self.figures.share or self.figures.metric == "accuracy":
            return said
        return said.replace("points", f"points of {self.title}", 1)

    def gain(self, found: Mapping[str, Any]) -> str:
        """What pretraining does that is better, as a verb: "adds +3.1 points [1.2, 5.0]"."""
        return self._moves(found) if self.sign < 0 or not self.figures.share else f"adds {self.difference(found)}"

    def loss(self, found: Mapping[str, Any]) -> str:
        """What it does that is worse, behind "pretraining hurts: "."""
        if self.sign < 0 or not self.figures.share:
            return f"it {self._moves(found)}"
        return self.difference(found)

    def undecided(self, found: Mapping[str, Any]) -> str:
        """A difference of which neither is said; where lower is better, that has to be told."""
        if self.sign > 0 and self.figures.share:
            return self.difference(found)
        better = "" if self.sign > 0 else " (below zero, pretraining is better)"
        return f"{self.title} {self.difference(found)}{better}"

    def ahead(self, found: Mapping[str, Any]) -> str:
        """By how much the other one is better: the size of a difference that is a loss."""
        size = turned(found) if self.sign > 0 else found
        return self.difference(size).removeprefix("+")

    def learned(self, own: float, chance: float | None) -> bool:
        """Whether a model is further from the best constant answer than next to nothing; True where none is known."""
        if chance is None:
            return True
        best = self.figures.is_of.high if self.sign > 0 else self.figures.is_of.low
        return (own - chance) / (best - chance) >= LEARNED if best != chance else True

    def column(self) -> str:
        """Heading of a column of differences."""
        unit = self.figures.of_difference
        better = [] if self.sign > 0 else ["below zero, pretraining is better"]
        told = "; ".join([*([unit] if unit else []), *better])
        return f"Difference ({told})" if told else "Difference"

    def axis_of_differences(self) -> str:
        """Of the chart of differences: "difference in accuracy (points)", "difference (days)"."""
        unit = f" ({self.figures.of_difference})" if self.figures.of_difference else ""
        return f"difference in {self.title}{unit}" if self.sign > 0 else f"difference{unit}"

    def titled_differences(self) -> str:
        """Over the chart of differences."""
        if self.sign > 0:
            return "What pretraining adds, paired difference and 95 % interval"
        return f"{self.title[0].upper()}{self.title[1:]}: pretrained less baseline; below zero is better"

    def _moves(self, found: Mapping[str, Any]) -> str:
        """ "lowers the mean absolute error by 3.3 days [0.8, 5.7]" """
        up = found["value"] > 0
        size = self.figures.difference(found if up else turned(found)).removeprefix("+")
        return f"{'raises' if up else 'lowers'} the {self.title} by {size}"
