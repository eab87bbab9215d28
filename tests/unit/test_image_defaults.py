"""What a new run on images starts from, by their size."""

from __future__ import annotations

import pytest

from backend.modality.image import MODALITY
from backend.recipe import resolve
from backend.registry import catalogue

ENTRIES = catalogue()


@pytest.mark.parametrize(("channels", "side", "small"), [(3, 32, 0.85), (1, 28, 0.85), (1, 8, 0.0), (3, 16, 0.0)])
def test_images_with_room_begin_small_with_a_deeper_encoder(channels, side, small):
    told = MODALITY.suggest({"channels": channels, "height": side, "width": side}, ENTRIES)
    recipe = resolve({"data": {"name": "x"}, **told}, ENTRIES)
    assert recipe.train.small_first == small
    assert recipe.encoder.params["depth"] == (1 if small else 0)
    assert (recipe.train.optimizer, recipe.pretext.params["temperature"]) == (
        ("muon", 0.1) if small else ("adamw", 0.2)
    )
