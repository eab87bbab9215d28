"""None: texts are left as they are; dropout is the only noise."""

from __future__ import annotations

from ..registry import Strict

KINDS = ("text",)


class Params(Strict):
    pass


def build(params: Params, image_size: int, channels: int) -> None:
    return None
