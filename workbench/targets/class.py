"""One of several classes."""

from ._said import Said

__all__ = ["Said"]
