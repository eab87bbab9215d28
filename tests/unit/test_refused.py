"""What is refused holds on to nothing: neither its caller's frames nor what lies in them."""

from __future__ import annotations

import gc
import weakref

import pytest

from backend.data.spec import parse
from backend.recipe.check import checked_sections
from backend.workspace.layout import BadInput


class Held:
    pass


@pytest.mark.parametrize(
    ("refuse", "told"),
    [
        (checked_sections, {"data": {"name": "not/a name"}}),
        (checked_sections, {"data": {"name": "x"}, "finetune": {"fractions": [0.0]}}),
        (parse, {"name": "s", "path": "x", "sensitive": [{"column": "a"}, {"column": "a"}]}),
    ],
)
def test_what_is_refused_is_freed(refuse, told):
    def refused() -> weakref.ref:
        held = Held()
        with pytest.raises(BadInput) as caught:
            refuse(told)
        assert caught.value.__context__ is None
        return weakref.ref(held)

    seen = refused()
    gc.collect()
    assert seen() is None
