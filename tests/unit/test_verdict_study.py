"""The study's sentences: what each decision says, and that a quick or thin study says so."""

import pytest

from workbench import modality
from workbench.verdicts import study as words

IMAGE, TEXT = modality.shown("image").words, modality.shown("text").words


def contrast(decision="gain", value=0.031, low=0.012, high=0.05, **more):
    return {
        "fraction": 0.1,
        "n_labels": 180,
        "against": "scratch_aug",
        "method": "lpft",
        "against_method": "end_to_end",
        "difference": {"value": value, "low": low, "high": high},
        "p": 0.004,
        "p_holm": 0.012,
        "p_equivalent": 0.9,
        "equivalent": False,
        "decision": decision,
        "cells": 15,
        **more,
    }


def verdict(headline, **more):
    return {
        "metric": "accuracy",
        "margin": 0.01,
        "quick": False,
        "best_method": "lpft",
        "table": [],
        "contrasts": [] if headline is None else [headline],
        "efficiency": {"target": None, "fraction": None, "note": "needs a second fraction"},
        "headline": headline,
        "subset_seeds": 5,
        "pretrain_seeds": 3,
        "test_rows": 600,
        **more,
    }


def test_gain():
    assert words.sentence(verdict(contrast()), IMAGE) == (
        "At 10 % labels pretraining adds +3.1 points [1.2, 5.0] over supervised training with the same augmentation "
        "(five subsets × three pretrainings)."
    )


def test_loss():
    said = words.sentence(verdict(contrast("loss", -0.02, -0.03, -0.01)), IMAGE)
    assert said.startswith("At 10 % labels pretraining hurts: −2.0 points [−3.0, −1.0] against supervised")


def test_equivalent_names_the_margin():
    said = words.sentence(verdict(contrast("equivalent", 0.001, -0.004, 0.006, equivalent=True)), IMAGE)
    assert "is as good as supervised training with the same augmentation, within 1 point: +0.1 points" in said


def test_no_significant_difference_gives_the_corrected_p():
    said = words.sentence(verdict(contrast("no significant difference", 0.02, 0.001, 0.039, p_holm=0.124)), IMAGE)
    assert said.startswith("No significant gain at 10 % labels: +2.0 points [0.1, 3.9]")
    assert "p = 0.12 after Holm's correction" in said


def test_not_enough_data_has_no_interval():
    thin = contrast("not enough data", 0.02, None, None, p=None, p_holm=None)
    said = words.sentence(verdict(thin, subset_seeds=1, pretrain_seeds=1), IMAGE)
    assert said.startswith("Not enough data to say")
    assert "[" not in said
    assert "(one subset × one pretraining)" in said


def test_a_quick_study_says_so():
    assert words.sentence(verdict(contrast(), quick=True), IMAGE).endswith("This is a quick study.")
    narrow = words.sentence(verdict(contrast(scope="these pretrainings"), quick=True, pretrain_seeds=2), IMAGE)
    assert narrow.endswith("This is a quick study, of these pretrainings only.")


def test_without_the_strong_baseline_there_is_no_headline():
    assert words.sentence(verdict(None), IMAGE).startswith("Not measured")


def test_a_significant_gain_within_the_margin_says_both():
    assert "within the equivalence margin" in words.sentence(verdict(contrast(equivalent=True)), IMAGE)


@pytest.mark.parametrize(
    ("fraction", "expected"),
    [
        ({"value": 0.12, "low": 0.05, "high": 0.31}, "With 12.0 % [5.0, 31.0] of the labels pretraining matches"),
        ({"value": 0.12, "low": 0.05, "high": None}, "[5.0 %, more than all]"),
        (None, "no answer"),
    ],
)
def test_efficiency(fraction, expected):
    found = {"target": 0.9, "fraction": fraction, "note": "" if fraction else "not reached"}
    assert expected in words.efficiency(verdict(contrast(), efficiency=found), IMAGE)


def test_other_metrics_are_named():
    assert "points of AUROC" in words.sentence(verdict(contrast(), metric="auroc"), IMAGE)


def test_tables_have_a_row_a_fraction_and_round():
    row = words.contrast_table(verdict(contrast()), "scratch_aug")[0]
    assert row["Labels"] == "10 % (180)"
    assert row["Difference (points)"] == "+3.1 [1.2, 5.0]"
    assert row["p (Holm)"] == "0.012"


def test_a_simpler_model_that_is_better_is_named_with_every_share_of_the_labels():
    by = {"against": "classical", "against_method": "tfidf"}
    told = [
        contrast(),
        contrast("no significant difference", -0.005, -0.048, 0.039, fraction=0.01, **by),
        contrast("loss", -0.07, -0.103, -0.038, **by),
        contrast("loss", -0.082, -0.102, -0.062, fraction=1.0, **by),
        contrast("gain", against="random"),
        contrast("loss", -0.03, None, None, against="reference", fraction=1.0),
    ]
    assert words.beaten(verdict(contrast(), contrasts=told), TEXT) == [
        "Better than pretraining is TF-IDF with logistic regression, by 7.0 points [3.8, 10.3] at 10 % labels, "
        "by 8.2 points [6.2, 10.2] at 100 % labels.",
        "Better than pretraining is a probe on the frozen reference model, by 3.0 points at 100 % labels.",
    ]
    assert words.beaten(verdict(contrast()), TEXT) == []
    assert words.beaten(verdict(contrast("loss", -0.02, -0.03, -0.01)), TEXT) == [], "the headline says that one"


def test_the_record_says_whether_losses_weighed_classes_alike():
    plan = {"fractions": [0.1], "subset_seeds": 2, "pretrain_seeds": 1, "metric": "balanced_accuracy", "margin": 0.01}
    plan["budget"] = {}
    said = [words.record(verdict(contrast()), plan | more, None, IMAGE) for more in ({}, {"class_weights": True})]
    assert len(said[0]) == 1, "older records say nothing of it"
    assert said[1][1].startswith("Every model could weigh classes alike")


def entry(value: float, fraction: float = 0.1, arm: str = "scratch_aug") -> dict:
    mean = {"value": value, "low": value - 0.1, "high": value + 0.1}
    return {"arm": arm, "method": "end_to_end", "fraction": fraction, "n_labels": 9, "best": True, "mean": mean}


def test_a_gain_over_a_baseline_that_did_not_learn_says_so():
    told = {"chance": 1 / 3, "metric": "balanced_accuracy"}
    said = words.sentence(verdict(contrast(), table=[entry(0.387)], **told), TEXT)
    assert " But supervised training from scratch learns next to nothing from 10 % of the labels " in said
    assert "(balanced accuracy 38.7 %, guessing 33.3 %): look at the other baselines." in said
    assert "But" not in words.sentence(verdict(contrast(), table=[entry(0.41)], **told), TEXT)
    assert "But" not in words.sentence(verdict(contrast(), table=[entry(0.387, arm="random")], **told), TEXT)
    older = verdict(contrast(), table=[entry(0.387)])
    assert "But" not in words.sentence(older, TEXT)


def test_there_is_no_label_efficiency_against_a_baseline_that_did_not_learn():
    reached = {"target": 0.5, "fraction": {"value": 0.01, "low": 0.01, "high": 0.01}, "note": ""}
    said = words.efficiency(verdict(contrast(), table=[entry(0.5, 1.0)], efficiency=reached, chance=0.5), TEXT)
    assert said == (
        "Label efficiency: no answer, since supervised training from scratch learns next to nothing from 100 % of the "
        "labels (accuracy 50.0 %, guessing 50.0 %)."
    )
    learned = words.efficiency(verdict(contrast(), table=[entry(0.8, 1.0)], efficiency=reached, chance=0.5), TEXT)
    assert learned.startswith("With 1.0 % [1.0, 1.0] of the labels")
