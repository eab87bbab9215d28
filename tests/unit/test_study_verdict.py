"""From contributions to decisions: planted gains, losses, nulls and designs too small to tell."""

import numpy as np
import pytest

from backend.stages._study_verdict import best_methods, best_without, judge, strongest_rivals, verdict
from backend.statistics.paired import Estimate

FRACTIONS = (0.01, 0.1, 1.0)
ALL = ("scratch_aug", "random", "classical")
COUNTS = {"0.01": 18, "0.1": 180, "1": 1800}


def study(gain, shape=(5, 3, 400), arms=("scratch_aug", "random"), margin=0.01, noise=0.02, lead=None, **more):
    """A verdict where the pretrained arm is better by `gain` at every fraction, with crossed noise; lead: {arm: gain}
    of others."""
    rng = np.random.default_rng(0)
    curve = {0.01: 0.6, 0.1: 0.7, 1.0: 0.8}
    subsets, seeds, examples = shape
    example = rng.normal(0, 0.3, (1, 1, examples))
    drawn = {}

    def contributions(arm, method, fraction):
        key = arm, method, fraction
        if key not in drawn:
            cells = noise * (rng.normal(size=(subsets, 1, 1)) + rng.normal(size=(1, seeds, 1))) / 2
            drawn[key] = curve[fraction] + {"ssl": gain, **(lead or {})}.get(arm, 0) + example + cells
            drawn[key] = drawn[key] + rng.normal(0, 0.05, shape)
        return drawn[key]

    named = {"ssl": ("linear",), **dict.fromkeys(arms, ("end_to_end",))}
    best = {(a, f): methods[0] for a, methods in named.items() for f in FRACTIONS}
    settings = {"metric": "accuracy", "margin": margin, "quick": False, "headline": 0.1, **more}
    return verdict(contributions, named, COUNTS, best, **settings)


@pytest.mark.parametrize(("gain", "decision"), [(0.15, "gain"), (-0.15, "loss"), (0.0, "no significant difference")])
def test_planted_differences_are_decided(gain, decision):
    body = study(gain)
    assert {c["decision"] for c in body["contrasts"]} == {decision}
    assert body["headline"]["against"] == "scratch_aug"
    assert body["headline"]["fraction"] == 0.1
    for contrast in body["contrasts"]:
        assert contrast["difference"]["low"] <= gain <= contrast["difference"]["high"]


def test_a_wide_margin_shows_equivalence():
    body = study(0.0, margin=0.1)
    assert {c["decision"] for c in body["contrasts"]} == {"equivalent"}


@pytest.mark.parametrize(("seeds", "scope"), [(1, "these pretrainings"), (2, "these pretrainings"), (3, "pretraining")])
def test_the_scope_of_a_contrast_is_said(seeds, scope):
    assert {c["scope"] for c in study(0.5, shape=(5, seeds, 50))["contrasts"]} == {scope}


def test_one_subset_is_not_enough():
    body = study(0.5, shape=(1, 3, 50))
    assert {c["decision"] for c in body["contrasts"]} == {"not enough data"}
    assert body["headline"]["difference"]["low"] is None
    assert body["efficiency"]["fraction"] is None
    assert "at least two" in body["efficiency"]["note"]


def test_without_the_strong_baseline_no_headline():
    body = study(0.1, arms=("random",))
    assert body["headline"] is None
    assert body["efficiency"]["target"] is None


def test_label_efficiency_of_a_known_curve():
    """Ten points better everywhere: 80 % is reached at a tenth of the labels, where the curve says 70 % + 10."""
    found = study(0.1, noise=0.002)["efficiency"]
    assert found["target"] == pytest.approx(0.8, abs=0.02)
    assert 0.05 < found["fraction"]["low"] <= found["fraction"]["value"] <= found["fraction"]["high"] < 0.2


def test_label_efficiency_is_held_against_the_strongest_rival_at_all_labels():
    """A rival that is five points better than scratch there takes half the way from a tenth to all labels more."""
    rivals = dict.fromkeys(FRACTIONS, ("scratch_aug", "end_to_end")) | {1.0: ("classical", "end_to_end")}
    found = study(0.1, noise=0.002, arms=ALL, rivals=rivals, lead={"classical": 0.05})["efficiency"]
    assert (found["against"], found["against_method"], found["reached"]) == ("classical", "end_to_end", True)
    assert found["target"] == pytest.approx(0.85, abs=0.02)
    assert found["fraction"]["low"] <= 10**-0.5 <= found["fraction"]["high"]
    assert found["fraction"]["low"] > 0.1


def test_label_efficiency_is_measured_without_the_strong_baseline():
    rivals = dict.fromkeys(FRACTIONS, ("random", "end_to_end"))
    found = study(0.1, arms=("random",), rivals=rivals)["efficiency"]
    assert (found["against"], found["reached"]) == ("random", True)
    assert found["fraction"]["value"] == pytest.approx(0.1, rel=0.3)


def test_what_the_fewest_labels_reach_is_said():
    found = study(0.4)["efficiency"]
    assert found["fraction"]["value"] == found["fraction"]["low"] == 0.01
    assert found["note"] == "already reached at the smallest fraction studied"


def test_never_reached_is_said():
    found = study(-0.3)["efficiency"]
    assert found["fraction"] is None
    assert found["reached"] is False
    assert "does not reach" in found["note"]


def test_groups_of_test_rows_widen_the_interval():
    alone, grouped = (study(0.0, groups=g) for g in (None, np.repeat(np.arange(20), 20)))
    assert grouped["headline"]["difference"]["value"] == pytest.approx(alone["headline"]["difference"]["value"])
    assert grouped["table"][0]["mean"]["high"] - grouped["table"][0]["mean"]["low"] > 0


def test_means_lie_between_zero_and_one():
    for entry in study(0.19)["table"]:
        assert 0 <= entry["mean"]["low"] <= entry["mean"]["high"] <= 1


def test_best_method_is_the_first_of_equals():
    validation = {("ssl", "knn", 0.1): 0.7, ("ssl", "linear", 0.1): 0.8, ("ssl", "lpft", 0.1): 0.8}
    assert best_methods(validation) == {("ssl", 0.1): "linear"}


def test_holm_stands_between_an_interval_and_a_claim():
    """One of three fractions with p = 0.03: its interval excludes 0, the family does not carry the claim."""
    weak = Estimate(0.02, 0.001, 0.039, 0.009, 0.03, 15, True, ((1.0, 12),))
    none = Estimate(0.0, -0.02, 0.02, 0.009, 0.9, 15, True, ((1.0, 12),))
    assert judge([weak], 0.01)[0]["decision"] == "gain"
    assert judge([weak, none, none], 0.01)[0]["decision"] == "no significant difference"


VALIDATION = {
    ("ssl", "linear", 0.1): 0.95,
    ("scratch_aug", "end_to_end", 0.1): 0.7,
    ("scratch_aug", "end_to_end", 1.0): 0.9,
    ("reference", "linear", 0.1): 0.99,
    ("classical", "trees", 0.1): 0.8,
    ("classical", "forest", 0.1): 0.8,
    ("classical", "trees", 1.0): 0.85,
    ("classical", "forest", 1.0): 0.87,
}


def test_the_strongest_rival_saw_no_pretraining_and_is_chosen_at_each_fraction():
    found = strongest_rivals(VALIDATION)
    assert found == {0.1: ("classical", "trees"), 1.0: ("scratch_aug", "end_to_end")}
    assert strongest_rivals({place: v for place, v in VALIDATION.items() if place[0] in ("ssl", "reference")}) == {}


def test_a_readout_is_held_against_the_best_of_what_it_names():
    both = {**VALIDATION, ("ssl", "both", 0.1): 0.9, ("ssl", "both", 1.0): 0.9}
    assert best_without(both, {"both": ("trees", "forest", "gone")}) == {"both": {0.1: "trees", 1.0: "forest"}}
    assert best_without(both, {"both": ("gone",), "linear": ()}) == {}
    assert best_without(VALIDATION, {"both": ("trees",)}) == {}, "it was not studied"


@pytest.mark.parametrize(("gain", "decision"), [(0.15, "gain"), (-0.15, "loss"), (0.0, "no significant difference")])
def test_the_strongest_rival_is_contrasted_as_the_others_are(gain, decision):
    rivals = {0.01: ("random", "end_to_end"), 0.1: ("scratch_aug", "end_to_end"), 1.0: ("random", "end_to_end")}
    body = study(gain, rivals=rivals, without={"linear": dict.fromkeys(FRACTIONS, "end_to_end")}, arms=ALL)
    assert [(c["fraction"], c["against"]) for c in body["strongest"]] == [(f, rivals[f][0]) for f in FRACTIONS]
    assert {c["decision"] for c in body["strongest"]} == {decision}
    assert [c["against"] for c in body["beside"]] == ["classical"] * 3
    assert {c["decision"] for c in body["beside"]} == {decision}
    both = study(gain, untrained=("linear",))["beside"]
    assert [(c["against"], c["method"], c["against_method"]) for c in both] == [("random", "linear", "linear")] * 3
    assert {c["decision"] for c in both} == {decision}
    assert body["headline_fraction"] == 0.1
    for f, one in zip(FRACTIONS, body["strongest"], strict=True):
        same = next(c for c in body["contrasts"] if (c["fraction"], c["against"]) == (f, rivals[f][0]))
        assert one["difference"] == same["difference"]
        assert one["p_holm"] >= one["p"], "corrected over its own fractions"


def test_without_a_rival_there_is_no_strongest():
    body = study(0.1)
    assert body["strongest"] == []
    assert body["beside"] == []
