"""LP-FT: a linear probe first, then the whole network fine-tuned from it, early-stopped on validation.

Starting from the probe instead of a random head keeps the first steps from distorting the pretrained features (Kumar et
al. 2022, arXiv 2202.10054). BatchNorm statistics are recalibrated on the labelled images. The probe itself is among
the candidates, so that fine-tuning that does harm on validation is left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from ..registry import Strict
from ._from_probe import fit_from_probe
from ._leaves import Left, trained
from ._task import Prediction, Task

TITLE = "LP-FT"
TARGETS = ("class", "event", "number")


class Params(Strict):
    learning_rates: tuple[float, ...] | None = Field(
        None, description="Learning rates tried, the best on validation is used; none: those that suit the data"
    )
    weight_decay: float = Field(1e-4, ge=0, le=1)
    steps: int | None = Field(
        None, ge=1, le=100_000, description="Fine-tuning steps at most; none: what suits the data"
    )
    patience: int = Field(3, ge=1, le=10, description="Readings of validation without a better one before it stops")


def fit(task: Task, params: Params) -> Iterator[Prediction]:
    """One prediction for every wanted cell; `chosen` holds penalty, rate and step (0: the probe was kept)."""
    yield from fit_from_probe(task, "lpft", params.steps, params)


def leaves(task: Task, params: Params) -> Left:
    return trained(fit(task, params))
