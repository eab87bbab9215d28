"""Nothing to predict: no record names a metric, so nothing is said."""

from ._said import Said

__all__ = ["Said"]
