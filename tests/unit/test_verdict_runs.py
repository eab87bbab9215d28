"""The list of runs: what stands in a line, what filters leave, in what recipes differ."""

import pytest

from workbench.verdicts import labels
from workbench.verdicts import runs as words

RECIPE = {
    "title": "Crops",
    "data": {"name": "bars", "max_train": None},
    "pretext": {"name": "simclr", "temperature": 0.2},
    "encoder": {"name": "small_convnet", "width": 64},
    "train": {"epochs": 30, "lr": 0.002, "compile": False},
    "finetune": {"fractions": [0.01, 0.1]},
}


def run(name, **changes):
    base = {"run": name, "kind": "run", "title": "Crops", "state": "succeeded", "dataset": "bars", "recipe": RECIPE}
    base |= {"created": f"2026-01-01T10:00:0{name[-1]}Z", "started": "2026-01-01T10:00:05Z", "ended": None, "why": None}
    return base | {"seconds": 200.0, "tags": [], "archived": False, "sweep": None, "reason": None} | changes


def estimate(value, half):
    return {"value": value, "low": value - half, "high": value + half}


def result(mean, difference, decision="gain", metric="accuracy", **more):
    headline = {"fraction": 0.1, "difference": difference, "decision": decision}
    reached = {"fraction": 0.1, "method": "linear", "mean": mean}
    return {"metric": metric, "target": None, "headline": headline, "reached": reached, **more}


def test_a_line_says_what_a_run_came_to():
    (line,) = words.lines([run("r1", tags=["a"])], {"r1": result(estimate(0.942, 0.02), estimate(0.031, 0.019))}, {})
    assert line.method == "SimCLR · small convnet"
    assert line.figure == (pytest.approx(94.2), "94.2 % [92.2, 96.2]")
    assert line.gain == (pytest.approx(3.1), "+3.1 points [1.2, 5.0]")
    assert (line.measured, line.finding) == ("accuracy at 10 % labels", "Gain")
    assert words.row(line) == (
        "r1  Finished    bars               3 min 20 s  Crops  94.2 % [92.2, 96.2] +3.1 points [1.2, 5.0] (gain)  [a]"
    )


def test_where_lower_is_better_the_list_is_still_sorted_from_worst_to_best():
    target = {"type": "number", "column": "life", "unit": "days"}
    told = result(estimate(3.0, 0.5), estimate(-1.5, 0.5), metric="mae", target=target)
    (line,) = words.lines([run("r1")], {"r1": told}, {})
    assert line.gain == (1.5, "−1.50 days [−2.00, −1.00]")
    assert line.figure == (3.0, "3.00 days [2.50, 3.50]")


def test_what_was_not_measured_is_empty():
    nothing = result(estimate(0.9, 0.1), {"value": None, "low": None, "high": None}, "not enough data")
    left_out = {**nothing, "headline": None, "reached": None}
    first, second, third = words.lines([run("r3"), run("r2"), run("r1")], {"r3": nothing, "r2": left_out}, {})
    assert (first.gain, first.finding) == (None, "Not enough data")
    assert (second.figure, second.gain, second.measured, second.finding) == (None, None, "", "")
    assert third.figure is None


def test_trials_stand_as_their_sweep():
    sweep = {"sweep": "s1", "title": "Search", "dataset": "bars", "state": "running", "done": 1, "spent": 90.0}
    sweep["created"] = "2026-01-01T10:00:02Z"
    trial = run("r4", sweep={"sweep": "s1", "number": 0})
    found = words.lines([trial, run("r3"), run("r1")], {}, {}, [sweep])
    assert [line.key for line in found] == ["r3", "s1", "r1"]
    assert found[1].title == "Sweep: Search (1 trial)"
    assert words.took(found[1]) == "1 min 30 s"


def test_filters():
    found = words.lines(
        [
            run("r3", tags=["draft"]),
            run("r2", state="failed", archived=True),
            run("r1", dataset="clinic", tags=["draft", "crops"]),
        ],
        {},
        {"r3": "look AGAIN"},
    )

    def keys(*asked, **more):
        return [line.key for line in words.matching(found, *asked, **more)]

    assert keys() == ["r3", "r1"]
    assert keys(archived=True) == ["r3", "r2", "r1"]
    assert keys("again look") == ["r3"]
    assert keys("again clinic") == []
    assert keys("", ["Failed"], archived=True) == ["r2"]
    assert keys("", (), ["clinic"]) == ["r1"]
    assert keys("", (), (), ["crops", "other"]) == ["r1"]
    assert words.sentence(found, words.matching(found, "again")) == (
        "3 runs; 2 finished, 0 with an answer to whether pretraining helped. Shown: 1."
    )


def test_differences_are_told_in_words():
    other = {**RECIPE, "title": "Other", "pretext": {"name": "vicreg", "variance": 25.0}, "finetune": {"fractions": []}}
    other["train"] = {"epochs": 1200, "lr": 0.002, "compile": True}
    assert words.differences([run("r1"), run("r2", recipe=other)]) == [
        {"Setting": "Pretext task", "r1": "SimCLR", "r2": "VICReg"},
        {"Setting": "Pretext task: temperature", "r1": "0.2", "r2": "–"},
        {"Setting": "Pretext task: variance", "r1": "–", "r2": "25.0"},
        {"Setting": "Training: epochs", "r1": "30", "r2": "1,200"},
        {"Setting": "Training: compile", "r1": "no", "r2": "yes"},
        {"Setting": "Study: fractions", "r1": "0.01, 0.1", "r2": "–"},
    ]
    assert words.differences([run("r1"), run("r2")]) == []


@pytest.mark.parametrize(
    ("path", "called"),
    [
        ("train.lr", "Training: learning rate"),
        ("pretext.name", "Pretext task"),
        ("seed", "Seed"),
        ("data.max_train", "Data: training examples at most"),
        ("own_stage.some_key", "Own stage: some key"),
    ],
)
def test_settings_have_names(path, called):
    assert labels.setting(path) == called
