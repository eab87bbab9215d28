"""A number in its unit."""

from . import _said


class Said(_said.Said):
    guessing = "always the same number"
    reworded = {  # noqa: RUF012
        "Logistic regression": "Ridge regression",
        "logistic regression": "ridge regression",
        "from guessing to always right": "from a constant to the true numbers",
    }
