"""Every recipe that comes with the workbench is one that it takes, for the data that the recipe's comment registers."""

from __future__ import annotations

import re
import tomllib

import pytest

from backend.modality import of_recipe
from backend.recipe import resolve
from backend.registry import catalogue
from backend.targets import CLASS
from workbench.recipes import COMMITTED

RECIPES = sorted(COMMITTED.glob("*.toml"))


@pytest.fixture(scope="module")
def known():
    return catalogue()


@pytest.mark.parametrize("file", RECIPES, ids=lambda file: file.stem)
def test_it_is_taken(file, known):
    text = file.read_text(encoding="utf-8")
    recipe = tomllib.loads(text)
    kind, target = (re.search(rf"^#.*--{option} (\w+)", text, re.MULTILINE) for option in ("kind", "target"))
    of = kind.group(1) if kind else of_recipe(recipe).name
    resolved = resolve(recipe, known, file.name, kind=of, target=target.group(1) if target else CLASS)
    assert resolved.data.name == recipe["data"]["name"]


def test_a_recipe_of_another_kind_of_data_is_not_taken(known):
    recipe = tomllib.loads((COMMITTED / "loans.toml").read_text(encoding="utf-8"))
    with pytest.raises(ValueError, match="expected"):
        resolve(recipe, known, "loans.toml", kind="image")
