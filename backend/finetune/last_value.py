"""A linear model on the last reading of every channel; nothing is pretrained and no history is looked at.

Of the next value of a channel it is the naive forecast where that is best: the value stays as it is. The model and what
it tries are those of `table_linear`.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from . import table_linear
from ._raw import of_windows
from ._task import Prediction, Task
from ._window_statistics import carried

TITLE = "last value"
RIVAL = True
KINDS = ("series",)
TARGETS = ("class", "event", "number")


class Params(table_linear.Params):
    pass


def fit(task: Task, params: Params) -> Iterator[Prediction]:
    """One prediction for every wanted cell; `chosen` as of `table_linear`."""
    yield from table_linear.fitted(task, params, of_windows(task, "last value", last))


def last(x: Tensor) -> Tensor:
    """n x C x L -> n x C, the last reading that there is, NaN where there is none."""
    return carried(x)[:, :, -1].masked_fill(x.isnan().all(-1), float("nan"))
