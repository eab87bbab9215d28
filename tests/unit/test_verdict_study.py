"""The study's sentences: what each decision says, and that a quick or thin study says so."""

import pytest

from workbench import modality
from workbench.verdicts import study as words
from workbench.verdicts import study_efficiency

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
    assert expected in study_efficiency.sentence(verdict(contrast(), efficiency=found), IMAGE)


def test_efficiency_names_the_rival_and_says_where_it_is_not_reached():
    rival = {"against": "classical", "against_method": "tfidf", "target": 0.9, "note": ""}
    own = {"fraction": {"value": 0.12, "low": 0.08, "high": 0.19}, "reached": True}
    assert study_efficiency.sentence(verdict(contrast(), efficiency=rival | own), TEXT) == (
        "With 12.0 % [8.0, 19.0] of the labels pretraining matches what TF-IDF + logistic regression, the strongest "
        "model without pretraining, reaches with all labels (accuracy 90.0 %)."
    )
    never = {"fraction": None, "reached": False}
    assert study_efficiency.sentence(verdict(contrast(), efficiency=rival | never), TEXT).startswith(
        "Label efficiency: not reached. At no share of the labels studied does pretraining match what TF-IDF"
    )
    first = {**own, "fraction": {"value": 0.01, "low": 0.01, "high": 0.02}, "note": "already reached at the smallest"}
    said = study_efficiency.sentence(verdict(contrast(), efficiency=rival | first), TEXT)
    assert said.startswith("With 1.0 % [1.0, 2.0] of the labels")
    assert said.endswith("(accuracy 90.0 %); already reached at the smallest.")


def test_the_evidence_says_that_all_labels_are_one_subset():
    some, all_ = (verdict(contrast(), table=[entry(0.8, f)]) for f in (0.5, 1.0))
    assert "one subset" not in words.evidence(some, None, IMAGE)
    assert "All labels are one subset: at 100 % its place is taken by training seeds" in words.evidence(
        all_, None, IMAGE
    )


def test_the_rivals_that_a_recipe_left_out_are_named():
    said = words.evidence(verdict(contrast(), table=[entry(0.8), entry(0.7, arm="random")]), None, TEXT)
    assert said.endswith("The recipe left out TF-IDF with logistic regression, so the strongest rival may be missing.")
    whole = verdict(contrast(), table=[entry(0.8, arm=arm) for arm in ("scratch_aug", "random", "classical")])
    assert words.left_out(whole, TEXT) == [], "a reference was pretrained by others"
    assert "left out" not in words.evidence(whole, None, TEXT)


def test_nothing_is_called_not_measured_while_a_rival_was_measured():
    body = verdict(contrast("gain", against="random", against_method="linear"), table=[entry(0.7, arm="random")])
    said = words.sentence(body | {"headline": None}, IMAGE)
    assert said.startswith("At 10 % labels pretraining adds +3.1 points [1.2, 5.0] over a probe on a random encoder. ")
    named = "supervised training with the same augmentation, supervised training without augmentation, a classical "
    assert f"But the recipe left out {named}model on pixels, so the strongest rival may be missing" in said
    assert "Not measured" not in said


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
        "TF-IDF with logistic regression beats pretraining by 7.0 points [3.8, 10.3] at 10 % labels, "
        "by 8.2 points [6.2, 10.2] at 100 % labels.",
        "A probe on the frozen reference model beats pretraining by 3.0 points at 100 % labels.",
    ]
    assert words.beaten(verdict(contrast()), TEXT) == []
    assert words.beaten(verdict(contrast("loss", -0.02, -0.03, -0.01)), TEXT) == [], "the headline says that one"


def test_the_record_says_whether_losses_weighed_classes_alike():
    plan = {"fractions": [0.1], "subset_seeds": 2, "pretrain_seeds": 1, "metric": "balanced_accuracy", "margin": 0.01}
    plan["budget"] = {}
    said = [words.record(verdict(contrast()), plan | more, None, IMAGE) for more in ({}, {"class_weights": True})]
    assert len(said[0]) == 1, "older records say nothing of it"
    assert said[1][1].startswith("Classes were weighted equally")


def test_the_record_says_which_loss_was_chosen():
    plan = {
        "fractions": [1.0],
        "subset_seeds": 5,
        "pretrain_seeds": 3,
        "metric": "accuracy",
        "margin": 0.01,
        "budget": {},
    }
    for loss, said in ((None, []), ("cross_entropy", []), ("focal", ["focal loss"]), ("balanced", ["weigh alike"])):
        lines = words.record(verdict(contrast()), plan | ({"loss": loss} if loss else {}), None, IMAGE)
        found = [line for line in lines if "as the recipe chose" in line]
        assert len(found) == len(said)
        assert all(part in line for part, line in zip(said, found, strict=True))


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
    said = study_efficiency.sentence(verdict(contrast(), table=[entry(0.5, 1.0)], efficiency=reached, chance=0.5), TEXT)
    assert said == (
        "Label efficiency: no answer, since supervised training from scratch learns next to nothing from 100 % of the "
        "labels (accuracy 50.0 %, guessing 50.0 %)."
    )
    reached["target"] = 0.8
    learned = study_efficiency.sentence(
        verdict(contrast(), table=[entry(0.8, 1.0)], efficiency=reached, chance=0.5), TEXT
    )
    assert learned.startswith("With 1.0 % [1.0, 1.0] of the labels")


# Numbers


def of_number(headline, metric="mae", unit="days", **more):
    target = {"type": "number", "column": "life", "unit": unit}
    return verdict(headline, **{"metric": metric, "margin": 0.17, "target": target, **more})


def test_a_lower_error_is_a_gain_in_words_and_in_the_unit():
    said = words.sentence(of_number(contrast("gain", -0.12, -0.19, -0.05)), IMAGE)
    assert said.startswith(
        "At 10 % labels pretraining lowers the mean absolute error by 0.120 days [0.050, 0.190] over supervised"
    )


def test_a_higher_error_is_a_loss():
    said = words.sentence(of_number(contrast("loss", 3.2, 0.8, 5.6)), IMAGE)
    assert "pretraining hurts: it raises the mean absolute error by 3.2 days [0.8, 5.6] against supervised" in said


def test_a_higher_correlation_is_a_gain_without_a_unit():
    said = words.sentence(of_number(contrast("gain", 0.2, 0.1, 0.3), metric="r2"), IMAGE)
    assert "pretraining raises the R² by 0.20 [0.10, 0.30] over" in said


def test_undecided_says_which_side_is_better():
    said = words.sentence(of_number(contrast("no significant difference", -3.26, -14.2, 5.8, p_holm=0.12)), IMAGE)
    assert "No significant gain at 10 % labels: mean absolute error −3 days [−14, 6] (below zero, pretraining" in said
    same = words.sentence(of_number(contrast("equivalent", 0.01, -0.1, 0.12, equivalent=True)), IMAGE)
    assert "is as good as supervised training with the same augmentation, within 0.17 days" in same


def test_a_better_simple_model_of_a_number_is_told_by_how_much():
    ridge = contrast("loss", 2.5, 1.5, 3.5, against="classical", against_method="ridge")
    assert words.beaten(of_number(ridge), IMAGE) == [
        "A classical model on pixels beats pretraining by 2.5 days [1.5, 3.5] at 10 % labels."
    ]
    row = words.contrast_table(of_number(ridge), "classical")[0]
    assert row["Difference (days; below zero, pretraining is better)"] == "+2.5 [1.5, 3.5]"
    assert row["Baseline by"] == "ridge regression"
    assert "Within 0.17 days" in row


def test_a_baseline_that_says_a_constant_has_learned_nothing():
    mean = {"value": 15.2, "low": 14.0, "high": 16.0}
    entry = {"arm": "scratch_aug", "method": "end_to_end", "fraction": 0.1, "n_labels": 180, "best": True, "mean": mean}
    told = of_number(contrast("gain", -3.0, -4.0, -2.0), table=[entry], chance=15.3)
    said = words.sentence(told, IMAGE)
    assert "learns next to nothing from 10 % of the labels (mean absolute error 15.2 days, always the same" in said
    learned = of_number(contrast("gain", -3.0, -4.0, -2.0), table=[entry | {"mean": mean | {"value": 8}}], chance=15.3)
    assert "next to nothing" not in words.sentence(learned, IMAGE)


def test_the_evidence_and_the_record_are_in_the_unit():
    started = {"budget": {}, "fractions": [0.1, 1.0], "subset_seeds": 2, "pretrain_seeds": 1, "metric": "mae"}
    started |= {"margin": 0.17, "target": {"type": "number", "column": "life", "unit": "days"}}
    assert "metric mean absolute error; equivalence margin 0.17 days." in words.record({}, started, None, IMAGE)[0]
    assert words.evidence(of_number(contrast()), None, IMAGE).startswith("Mean absolute error on test; LP-FT")
    assert words.table_title(of_number(contrast())) == (
        "All models: mean absolute error (days) on test, mean with 95 % interval"
    )
