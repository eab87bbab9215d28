"""What a run will take: models counted from its recipe, minutes from what earlier runs took; what is left of it."""

from __future__ import annotations

import pytest

from workbench.recipes import sized
from workbench.verdicts import cost as words

MANIFEST = {"name": "scans", "kind": "image", "count": 300, "classes": ["a", "b"], "label": "x", "target": None}
STUDY = {"fractions": [0.1, 1.0], "subset_seeds": 5, "pretrain_seeds": 3, "methods": ["linear"]}
STUDY |= {"baselines": ["scratch_aug", "classical"]}
RECIPE = {
    "stages": ["pretrain", "study", "project"],
    "pretext": {"name": "simclr"},
    "encoder": {"name": "convnet"},
    "train": {"epochs": 30, "batch_size": 32},
    "finetune": STUDY,
}
COUNTS = {
    **{("ssl", "linear", f): 15 for f in (0.1, 1.0)},
    **{("scratch_aug", "end_to_end", f): 15 for f in (0.1, 1.0)},
    **{("classical", m, f): 5 for m in ("logistic", "boosting") for f in (0.1, 1.0)},
}
TOOK = {at: 2.0 if at[0] == "scratch_aug" else 0.5 for at in COUNTS}


def pace(**more) -> words.Pace:
    told = {"run": "run-1", "title": "First", "dataset": "scans", "rows": 300, "networks": ("simclr", "convnet")}
    told |= {"pretrainings": 3, "passes": 30 * 210, "stages": {"pretrain": 60.0, "study": 90.0, "project": 8.0}}
    return words.Pace(**{**told, "models": TOOK, **more})


def forecast(recipe=RECIPE, manifest=MANIFEST, paces=()):
    return words.forecast(recipe, manifest, 210, paces)


def said(*args, **more) -> str:
    recipe = args[0] if args else RECIPE
    return " ".join(words.lines(recipe, more.get("manifest", MANIFEST), forecast(*args, **more), "images"))


def test_the_models_are_counted_from_the_recipe():
    assert dict(forecast().counts) == COUNTS
    line = "Models: three pretrainings, then 80 models on ten label subsets (two label fractions), 30 of them networks"
    assert line in said()
    assert "study" not in forecast({**RECIPE, "stages": ["pretrain"]}).seconds
    assert forecast({**RECIPE, "stages": ["pretrain"]}).models == 0


def test_the_same_run_again_takes_what_it_took():
    found = forecast(paces=[pace()])
    study = 30 * 0.5 + 30 * 2.0 + 20 * 0.5
    assert found.seconds == {"pretrain": 60.0, "study": study, "project": 8.0}
    line = "Time: about 2 min 33 s (pretraining 1 min, label-fraction study 1 min 25 s, maps of the embeddings 8 s)."
    assert line in said(paces=[pace()])
    assert "Speed measured in First (run-1) on this machine, same data and networks." in said(paces=[pace()])


def test_what_differs_stretches_it_and_is_said_to_be_rough():
    twice = forecast({**RECIPE, "train": {"epochs": 60, "batch_size": 32}}, paces=[pace()])
    assert twice.seconds["pretrain"] == 120.0
    assert twice.each["scratch_aug", "end_to_end", 1.0] == 4.0, "a network from scratch may see as much"
    other = {**MANIFEST, "name": "others", "count": 600}
    found = forecast(manifest=other, paces=[pace()])
    assert (found.seconds["project"], found.each["ssl", "linear", 0.1]) == (16.0, 1.0)
    assert "a rough figure: its data had 300 rows, this has 600." in said(manifest=other, paces=[pace()])
    mine, theirs = pace(run="run-2", networks=("byol", "convnet")), pace(run="run-3", dataset="others")
    assert words.closest(RECIPE, MANIFEST, [mine, theirs]).run == "run-3", "the same networks count first"


def test_minutes_that_were_asked_for_are_the_time():
    recipe = {**RECIPE, "train": {"minutes": 6}, "finetune": {**STUDY, "precision": 0.02, "minutes": 10}}
    assert forecast(recipe, paces=[pace()]).seconds == {"pretrain": 360.0, "study": 600.0, "project": 8.0}
    assert "then at least 80 models" in said(recipe, paces=[pace()])


def test_what_is_not_known_is_said():
    assert "no run on images has finished in this workspace" in said()
    told = said({**RECIPE, "train": {"minutes": 3}})
    assert "Time: pretraining 3 min, as asked; the rest is not known" in told
    assert "at most 1 min, all 30 at most 30 min" in told
    few = pace(stages={"pretrain": 60.0, "study": 9.0}, models={("ssl", "linear", 0.1): 0.5})
    told = "Not counted, since that run had none: maps of the embeddings, 50 models of other kinds."
    assert told in said(paces=[few])
    assert "Time: at least 1 min 15 s" in said(paces=[few])
    assert words.closest(RECIPE, MANIFEST, [pace(stages={"pretrain": 60.0})]) is None, "it had no study"


def running(stage: str, eta: float | None = None) -> dict:
    return {"state": "running", "stage": stage, "recipe": RECIPE, "progress": {"eta_s": eta}}


def test_time_left_shrinks_as_models_are_fitted():
    found = forecast(paces=[pace()])
    assert words.left(running("pretrain", 40.0), found, {}) == 40.0 + 85.0 + 8.0
    left, done = [], {}
    for at in COUNTS:
        for n in range(COUNTS[at] + 1):
            done[at] = n
            left.append(words.left(running("study", 999.0), found, done))
    assert left[0] == 85.0 + 8.0
    assert left[-1] == pytest.approx(8.0)
    assert left == sorted(left, reverse=True)
    assert words.left_line(left[0]) == "About 1 min 33 s left in all."
    assert words.left_line(words.left(running("pretrain"), forecast(), {})) == ""
    assert words.left({**running("project"), "state": "succeeded"}, found, {}) is None


@pytest.mark.parametrize(
    ("count", "classes", "fractions"),
    [(300, 2, [0.1, 0.5, 1.0]), (5_000, 2, [0.01, 0.05, 0.1, 0.2, 0.5, 1.0]), (2_000, 10, [0.1, 0.2, 0.5, 1.0])],
)
def test_a_study_starts_with_fractions_that_hold_labels(count, classes, fractions):
    told = sized({}, {"count": count, "classes": [str(c) for c in range(classes)]})
    assert told["fractions"] == fractions
    assert ("baselines" in told) == (count < 1_000)
    assert sized({}, {"count": 40, "classes": ["a", "b"]})["fractions"] == [1.0]


def test_three_hundred_pictures_lead_to_half_the_models():
    recipe = {**RECIPE, "finetune": sized({}, MANIFEST)}
    assert forecast(recipe).models < 540 / 2
