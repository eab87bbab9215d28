"""What a study will be able to see: which pilot speaks for it, and the sentences."""

from __future__ import annotations

import pytest

from backend.recipe import Finetune
from workbench import modality
from workbench.verdicts import study_forecast as words

IMAGE = modality.shown("image").words
FRACTIONS = (0.01, 0.1)
RECIPE = {"data": {"name": "bars"}, "encoder": {"name": "convnet"}}
ASKED = {"fractions": list(FRACTIONS), "methods": ["linear", "lpft"], "baselines": ["scratch_aug"], "pretrain_seeds": 1}


def asked(**more) -> Finetune:
    return Finetune.model_validate({**ASKED, **more})


def pilot(run: str = "run-1", of_subset: float = 0.0009, methods=("linear", "lpft"), **more) -> dict:
    """A study with a precision of 0.02, whose pilot found this spread at each fraction."""
    pairs = [(f"ssl/{m}/{f:g}", f"scratch_aug/end_to_end/{f:g}", f) for m in methods for f in FRACTIONS]
    plan = {
        "precision": 0.02,
        "spreads": [
            {"first": a, "second": b, "of_subset": of_subset * (1 if f == 0.1 else 4), "fixed": [[1e-5, 900]]}
            for a, b, f in pairs
        ],
        "cost": {place: 2.0 if "linear" in place else 20.0 for a, b, _ in pairs for place in (a, b)},
    }
    started = {"metric": "accuracy", "pretrain_seeds": 1}
    recipe = {**RECIPE, "finetune": {"precision": 0.02}}
    return {"run": run, "title": "Bars, planned", "recipe": recipe, "started": started, "plan": plan} | more


def said(finetune: Finetune, *pilots: dict, recipe: dict = RECIPE) -> str:
    return " ".join(words.lines(recipe, finetune, pilots, None, IMAGE))


def test_with_minutes_it_says_from_which_difference_on():
    text = said(asked(precision=0.02, minutes=10), pilot())
    assert text.startswith("With 10 minutes: differences from ")
    assert "points on at 1 %, from " in text
    assert "points on at 10 % of the labels (6 to 8 label subsets, about " in text
    assert "From the pilot of Bars, planned (run-1), on validation rows alone." in text
    assert "10 minutes should not be enough for the precision wanted: all intervals would be as narrow after" in text


def test_more_minutes_see_smaller_differences():
    seen = [float(said(asked(precision=0.02, minutes=m), pilot()).split("from ")[1].split()[0]) for m in (6, 10, 25)]
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 3


def test_subsets_by_hand_say_what_they_can_see():
    text = said(asked(subset_seeds=7), pilot())
    assert text.startswith("With seven label subsets: differences from ")
    assert "(about 9 min 48 s for all models)" in text  # 7 x 2 fractions x (20 + 20 + 2) s
    assert "not be enough" not in text
    assert said(asked(subset_seeds=1), pilot()).startswith("With one label subset no interval can be given")


def test_a_pilot_that_takes_longer_than_the_minutes_is_named():
    assert "The pilot alone" not in said(asked(precision=0.02, minutes=8), pilot())
    assert "The pilot alone should take 7 min, more than that" in said(asked(precision=0.02, minutes=2), pilot())


def test_what_more_subsets_cannot_narrow_is_said():
    few = pilot()
    few["plan"]["spreads"] = [{**one, "fixed": [[0.001, 60]]} for one in few["plan"]["spreads"]]
    assert "any number of subsets: that takes more test rows" in said(asked(precision=0.02), few)


@pytest.mark.parametrize(
    ("finetune", "expected"),
    [
        ({"precision": 0.02, "minutes": 10}, "±2 points take, within the 10 minutes, before any test label is read."),
        ({"precision": 0.02}, "A pilot of five label subsets decides: from the spread on validation rows"),
        ({"subset_seeds": 3}, "It fits every model on three label subsets and says afterwards what it could have seen"),
    ],
)
def test_without_a_pilot_it_says_so_and_what_happens(finetune, expected):
    text = said(asked(**finetune))
    assert text.startswith("What this study will be able to see is not known yet: no earlier study on this data")
    assert expected in text


@pytest.mark.parametrize(
    "other",
    [
        pilot(started={"metric": "auroc", "pretrain_seeds": 1}),
        pilot(started={"metric": "accuracy", "pretrain_seeds": 3}),
        pilot(recipe={"data": {"max_train": 64}, "finetune": {"precision": 0.02}}),
        pilot(plan={"precision": 0.02}),
        pilot(methods=("knn",)),
    ],
    ids=["metric", "pretrainings", "rows", "older record", "methods"],
)
def test_a_pilot_of_another_study_does_not_speak(other):
    assert "not known yet" in said(asked(), other)


def test_the_pilot_that_knows_most_speaks_then_the_newest():
    part, old = pilot("run-3", methods=("linear",)), pilot("run-1")
    assert "(run-2)" in said(asked(), part, pilot("run-2"), old)
    other = pilot("run-4", recipe={"encoder": {"name": "vit"}, "finetune": {"precision": 0.02}})
    assert "(run-1)" in said(asked(), other, old)
    assert "Its encoder was another one" in said(asked(), other)


def test_what_the_pilot_cannot_know_is_named():
    text = said(asked(methods=["linear", "knn"], baselines=["scratch_aug", "classical"], fractions=[0.1, 1.0]), pilot())
    assert "It knows nothing of: 100 % of the labels, " in text
    assert text.endswith(f", {IMAGE.arms['classical']}.")
    assert "at 1 %" not in text


def test_the_precision_of_a_number_counts_in_standard_deviations():
    """Asked as 0.1 standard deviations of 5 days: 0.5 days."""
    target = {"type": "number", "column": "life", "unit": "days"}
    own = pilot(of_subset=0.5, started={"metric": "mae", "pretrain_seeds": 1, "target": target})
    own["recipe"] = {**RECIPE, "finetune": {"precision": 0.2}}
    own["plan"]["precision"] = 1.0
    text = " ".join(words.lines(RECIPE, asked(metric="mae", precision=0.1), [own], target, IMAGE))
    assert text.startswith("With intervals of ±0.1 standard deviations: differences from 0.")
    assert "days on at 10 % of the labels" in text
    lone = words.lines(RECIPE, asked(metric="mae", precision=0.1), [], target, IMAGE)[0]
    assert "±0.1 standard deviations" in lone
