"""LightGBM on the raw columns, tuned on validation; nothing is pretrained.

Of windows of series the columns are statistics of each channel (_window_statistics.py).

Ke et al. 2017, "LightGBM: A Highly Efficient Gradient Boosting Decision Tree"; the settings that are tried are those of
`tuned_boosting` (_trees.py), so that neither library has the larger budget.
"""

from __future__ import annotations

from collections.abc import Iterator

from ._lightgbm import Gradient
from ._task import Prediction, Task
from ._trees import Search, boosted

TITLE = "LightGBM"
RIVAL = True
KINDS = ("table", "series")
TARGETS = ("class", "event", "number")


class Params(Search):
    pass


def fit(task: Task, params: Params) -> Iterator[Prediction]:
    """One prediction for every wanted cell; `chosen` holds the setting and the number of trees."""
    yield from boosted(task, params, Gradient, "LightGBM")
