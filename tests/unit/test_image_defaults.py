"""What a new run on images starts from, by their size."""

from __future__ import annotations

import pytest

from backend.modality.image import MODALITY
from backend.recipe import resolve
from backend.registry import catalogue
from workbench import recipes

ENTRIES = catalogue()


def manifest(channels: int = 3, side: int = 32, count: int = 5_000) -> dict:
    shape = {"channels": channels, "height": side, "width": side, "count": count}
    return {**shape, "kind": "image", "target": {"type": "class"}, "classes": ["a", "b"], "sensitive": []}


@pytest.mark.parametrize(("channels", "side", "small"), [(3, 32, 0.85), (1, 28, 0.85), (1, 8, 0.0), (3, 16, 0.0)])
def test_images_with_room_begin_small_with_a_deeper_encoder(channels, side, small):
    told = MODALITY.suggest(manifest(channels, side), ENTRIES)
    recipe = resolve({"data": {"name": "x"}, **told}, ENTRIES)
    assert recipe.train.small_first == small
    assert recipe.encoder.params["depth"] == (1 if small else 0)
    assert (recipe.train.optimizer, recipe.pretext.params["temperature"]) == (
        ("muon", 0.1) if small else ("adamw", 0.2)
    )


@pytest.mark.parametrize(("count", "minutes"), [(300, 1), (4_200, 4), (36_000, 10)])
def test_minutes_come_from_the_amount_of_data_and_epochs_follow(count, minutes):
    train = recipes.suggest(manifest(count=count), {}, ENTRIES)["train"]
    assert train["minutes"] == minutes
    assert "epochs" not in train


def test_a_recipe_that_says_how_it_trains_is_not_mixed_with_what_is_suggested():
    own = {"train": {"epochs": 6}, "pretext": {"name": "simclr", "temperature": 0.2}}
    told = recipes.suggest(manifest(), own, ENTRIES)
    assert {section: told[section] for section in own} == own
    assert told["encoder"] == {"name": "convnet", "width": 48, "depth": 1}
