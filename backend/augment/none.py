"""None: texts and rows of tables are left as they are; dropout is the only noise."""

from __future__ import annotations

from ..registry import Strict

KINDS = ("text", "table")


class Params(Strict):
    pass


def build(params: Params, *_: object) -> None:
    return None
