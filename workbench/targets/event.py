"""An event within a horizon."""

from . import _said


class Said(_said.Said):
    guessing = "always the base rate"
