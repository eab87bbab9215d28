"""One of several classes."""

from ._classes import final, learning, width

__all__ = ["final", "learning", "width"]
