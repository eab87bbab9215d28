"""What pydantic refuses, as one line of BadInput.

An exception keeps the one it interrupted (`__context__`, `from None` or not), and a ValidationError keeps what a
validator raised, with the frames it ran through. Python's collector does not see into a ValidationError: a circle
through it is never freed, and with the frames a database, a service or a whole model stays. So the line is raised after
the error is gone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from .layout import BadInput

Model = TypeVar("Model", bound=BaseModel)


def validated(kind: type[Model], told: Any, say: Callable[[ValidationError], str]) -> Model:
    """`told` as a `kind`; BadInput(say(error)) where it is none."""
    try:
        return kind.model_validate(told)
    except ValidationError as error:
        line = say(error)
    raise BadInput(line)
