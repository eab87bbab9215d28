"""None: texts, rows of tables and series are left as they are; dropout is the only noise."""

from __future__ import annotations

from ..registry import Strict

TITLE = "none"
KINDS = ("text", "table", "series")


class Params(Strict):
    pass


def build(params: Params, *_: object) -> None:
    return None
