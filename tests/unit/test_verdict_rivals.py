"""What to use: the sentence for each decision, for images and for tables."""

import pytest

from tests.unit.test_verdict_study import contrast, of_number, verdict
from workbench import modality
from workbench.verdicts import rivals
from workbench.verdicts import study as words

IMAGE, TABLE = modality.shown("image").words, modality.shown("table").words
TREES = {"against": "classical", "against_method": "tuned_boosting", "method": "linear"}
MEANS = {("ssl", "linear"): 0.916, ("classical", "tuned_boosting"): 0.928, ("scratch_aug", "end_to_end"): 0.92}
MEANS[("classical", "table_linear")] = 0.9


def table(fractions=(0.1, 1.0), means=MEANS):
    return [
        {
            "arm": arm,
            "method": method,
            "fraction": fraction,
            "n_labels": 9,
            "best": True,
            "mean": {"value": value, "low": value - 0.007, "high": value + 0.006},
        }
        for (arm, method), value in means.items()
        for fraction in fractions
    ]


def told(*strongest, headline=None, **more):
    first = contrast() if headline is None else headline
    return verdict(
        first, **{"metric": "auroc", "strongest": list(strongest), "headline_fraction": 0.1, "table": table(), **more}
    )


def test_use_trees_is_said_aloud():
    one = contrast("loss", -0.012, -0.016, -0.008, **TREES)
    assert rivals.strongest(told(one), TABLE) == (
        "Use trees: at 10 % labels AUROC is 92.8 % [92.1, 93.4] with tuned boosted trees on the raw columns, 1.2 "
        "points [0.8, 1.6] more than with the best use of pretraining (linear probe)."
    )


def test_another_kind_of_data_says_that_pretraining_is_not_to_be_used():
    one = contrast("loss", -0.012, -0.016, -0.008, against="scratch_aug", method="linear")
    assert rivals.strongest(told(one), IMAGE).startswith(
        "Do without pretraining: at 10 % labels AUROC is 92.0 % [91.3, 92.6] with supervised training with the same "
        "augmentation, 1.2 points [0.8, 1.6] more"
    )


def test_a_linear_model_that_wins_is_no_tree():
    one = contrast("loss", -0.012, -0.016, -0.008, **TREES | {"against_method": "table_linear"})
    assert rivals.strongest(told(one), TABLE).startswith("Use a linear model: at 10 % labels AUROC is 90.0 %")


def test_pretraining_that_beats_the_strongest_rival_is_recommended():
    one = contrast("gain", 0.009, 0.004, 0.014, **TREES)
    assert rivals.strongest(told(one), TABLE) == (
        "Use pretraining: at 10 % labels AUROC is 91.6 % [90.9, 92.2] with linear probe, 0.9 points [0.4, 1.4] more "
        "than with tuned boosted trees on the raw columns, the strongest model without pretraining."
    )


def test_as_good_means_that_pretraining_is_not_needed():
    one = contrast("equivalent", 0.001, -0.004, 0.006, equivalent=True, **TREES)
    assert rivals.strongest(told(one), TABLE) == (
        "Pretraining is not needed at 10 % labels: AUROC is 92.8 % [92.1, 93.4] with tuned boosted trees on the raw "
        "columns, and the best use of pretraining (linear probe) is as good within 1 point: +0.1 points of AUROC "
        "[−0.4, 0.6]."
    )


def test_undecided_says_so_with_the_corrected_p():
    one = contrast("no significant difference", 0.002, -0.01, 0.014, p_holm=0.7, **TREES)
    assert rivals.strongest(told(one), TABLE) == (
        "Undecided at 10 % labels, the best use of pretraining (linear probe) against tuned boosted trees on the raw "
        "columns, the strongest model without it: +0.2 points of AUROC [−1.0, 1.4], p = 0.70 after Holm's correction."
    )


@pytest.mark.parametrize(
    ("needed", "fraction", "says"),
    [
        ({"subsets": 23, "rows": 1.0}, 0.1, " It would take about 23 label subsets (here 5) to decide"),
        ({"subsets": 50, "rows": 3.14}, 0.1, " (here 5) and about 3.1 times the test rows to decide"),
        ({"subsets": 5, "rows": 2.0}, 0.1, " It would take about 2 times the test rows to decide"),
        ({"subsets": 9, "rows": 1.0}, 1.0, " about 9 training seeds (here 5) to decide"),
        ({"subsets": 50, "rows": None}, 0.1, " would take more than 100 times the test rows or more pretrainings to "),
    ],
)
def test_undecided_says_what_would_decide(needed, fraction, says):
    one = contrast("no significant difference", 0.004, -0.006, 0.014, fraction=fraction, would_decide=needed, **TREES)
    one["scope"] = "pretraining"
    assert says in rivals.at(one, told(one), TABLE)


def test_too_little_data_has_no_interval():
    one = contrast("not enough data", 0.002, None, None, p_holm=None, **TREES)
    said = rivals.strongest(told(one), TABLE)
    assert said.startswith("Not enough data to decide at 10 % labels, the best use of pretraining (linear probe)")
    assert said.endswith(": +0.2 points of AUROC, without an interval.")


def test_the_other_shares_of_the_labels_follow():
    found = [
        contrast("loss", -0.012, -0.016, -0.008, **TREES),
        contrast("loss", -0.03, -0.04, -0.02, fraction=1.0, **TREES),
        contrast("gain", 0.02, 0.01, 0.03, fraction=0.01, **TREES),
        contrast("no significant difference", 0.001, -0.02, 0.02, fraction=0.05, **TREES),
    ]
    assert rivals.elsewhere(told(*found), TABLE) == (
        "At other shares of the labels: better with trees at 100 % by 3.0 points [2.0, 4.0]; better with pretraining "
        "at 1 % by 2.0 points [1.0, 3.0]; undecided: 5 %."
    )
    assert len(rivals.per_fraction(told(*found[:2]), TABLE)) == 2


def test_of_an_error_less_is_better():
    one = contrast("loss", 0.4, 0.2, 0.6, **TREES)
    means = {("classical", "tuned_boosting"): 3.2}
    body = of_number(contrast("loss", 0.4, 0.2, 0.6), strongest=[one], table=table(means=means))
    said = rivals.strongest(body, TABLE)
    assert said.startswith("Use trees: at 10 % labels mean absolute error is 3.2")
    assert "0.40 days [0.20, 0.60] less than with the best use of pretraining" in said


def test_whether_the_embedding_helps_trees_is_a_sentence_a_decision():
    own = {"method": "trees_on_both", "against": "classical", "against_method": "lightgbm_boosting"}
    found = [
        contrast("gain", 0.009, 0.004, 0.014, fraction=0.05, **own),
        contrast("loss", -0.02, -0.03, -0.01, fraction=0.1, **own),
        contrast("no significant difference", 0.001, -0.02, 0.02, fraction=0.5, **own),
        contrast("equivalent", 0.001, -0.002, 0.004, fraction=1.0, **own),
    ]
    assert rivals.beside(told(beside=found), TABLE) == [
        "The frozen embedding beside the raw columns helps trees: +0.9 points [0.4, 1.4] at 5 % labels (against "
        "LightGBM).",
        "The frozen embedding beside the raw columns harms trees: −2.0 points [−3.0, −1.0] at 10 % labels (against "
        "LightGBM).",
        "The frozen embedding beside the raw columns makes no difference to trees: +0.1 points [−0.2, 0.4] at 100 % "
        "labels (against LightGBM).",
        "Undecided whether the frozen embedding helps trees beside the raw columns: +0.1 points [−2.0, 2.0] at 50 % "
        "labels (against LightGBM).",
    ]
    assert rivals.beside(told(beside=found[:1]), IMAGE)[0].startswith("The frozen embedding beside the raw data helps:")


def test_whether_what_trees_gain_is_owed_to_pretraining_is_said_apart():
    own = {"method": "trees_on_both", "against_method": "trees_on_both", "against": "random"}
    found = [
        contrast("gain", 0.009, 0.004, 0.014, **{**own, "against": "classical", "against_method": "lightgbm_boosting"}),
        contrast("no significant difference", 0.001, -0.02, 0.02, **own),
        contrast("loss", -0.002, -0.003, -0.001, equivalent=True, fraction=1.0, **own),
    ]
    assert rivals.beside(told(beside=found), TABLE)[1:] == [
        "Beside the raw data the pretrained embedding is worse than an untrained one: −0.2 points [−0.3, −0.1] at 100 "
        "% labels (within the equivalence margin).",
        "Undecided whether the pretrained embedding beside the raw data is better than an untrained one: +0.1 points "
        "[−2.0, 2.0] at 10 % labels.",
    ]
    nearly = {**contrast("no significant difference", -0.024, -0.044, -0.003, **own), "p_holm": 0.098}
    assert rivals.beside(told(beside=[nearly]), TABLE)[0].endswith(
        "−2.4 points [−4.4, −0.3] at 10 % labels (p = 0.098 after Holm's correction)."
    )
    assert TABLE.rival("random", "trees_on_both") == "boosted trees on columns and embedding of an untrained encoder"
    assert TABLE.rival("random", "linear") == "a readout of an untrained encoder"


def test_an_older_record_says_nothing_of_it():
    assert rivals.strongest(verdict(contrast()), TABLE) == ""
    assert rivals.per_fraction(verdict(contrast()), TABLE) == []
    assert words.further(verdict(contrast()), TABLE) == []


def test_below_the_headline_nothing_is_said_twice():
    lost = contrast("loss", -0.012, -0.016, -0.008, **TREES)
    other = contrast("loss", -0.004, -0.006, -0.002, against="random", fraction=1.0)
    body = told(lost, contrasts=[contrast(), lost, other])
    assert words.sentence(body, TABLE) == (
        "Use trees: at 10 % labels 1.2 points [0.8, 1.6] more AUROC than with the best use of pretraining."
    )
    said = words.further(body, TABLE)
    assert len(said) == 3
    assert said[0].startswith("Use trees: at 10 % labels AUROC is 92.8 %")
    assert said[1].startswith("At 10 % labels pretraining adds +3.1 points")
    assert said[2].startswith("A readout of an untrained encoder beats pretraining by 0.4 points")


@pytest.mark.parametrize("known", [True, False])
def test_a_study_without_the_strong_baseline_says_what_it_measured_and_what_it_left_out(known):
    lost = contrast("loss", -0.012, -0.016, -0.008, **TREES)
    body = told(*[lost] * known, contrasts=[lost, {**lost, "fraction": 1.0}])
    body["headline"] = None
    said = words.sentence(body, TABLE)
    assert "Not measured" not in said
    assert said.startswith("Use trees: at 10 %" if known else "At 10 % labels pretraining hurts: −1.2 points of AUROC")
    left = "supervised training from scratch, a readout of an untrained encoder"
    assert f"But the recipe left out {left}, so the strongest rival may be missing" in said


def test_a_difference_within_the_margin_says_so_wherever_it_is_told():
    slight = contrast("loss", -0.002, -0.003, -0.001, equivalent=True, **TREES)
    assert rivals.strongest(told(slight), TABLE).endswith(
        "0.2 points [0.1, 0.3] more than with the best use of pretraining (linear probe), which is within the "
        "equivalence margin."
    )
    won = contrast("gain", 0.002, 0.001, 0.003, equivalent=True, **TREES)
    assert rivals.strongest(told(won), TABLE).endswith("without pretraining, which is within the equivalence margin.")
    first = contrast("no significant difference", 0.002, -0.01, 0.014, **TREES)
    assert rivals.elsewhere(told(first, {**slight, "fraction": 1.0}), TABLE).endswith(
        "better with trees at 100 % by 0.2 points [0.1, 0.3] (within the equivalence margin)."
    )
    own = {"method": "trees_on_both", "against": "classical", "against_method": "lightgbm_boosting"}
    harm = contrast("loss", -0.002, -0.003, -0.001, equivalent=True, **own)
    assert rivals.beside(told(beside=[harm]), TABLE) == [
        "The frozen embedding beside the raw columns harms trees: −0.2 points [−0.3, −0.1] at 10 % labels (against "
        "LightGBM; within the equivalence margin)."
    ]


@pytest.mark.parametrize(
    ("decision", "values", "says"),
    [
        ("gain", (0.012, 0.008, 0.016), "Use pretraining: at 10 % labels 1.2 points [0.8, 1.6] more AUROC than with "),
        ("equivalent", (0.002, -0.004, 0.008), "Pretraining is not needed at 10 % labels: as good as tuned boosted "),
        ("no significant difference", (0.002, -0.01, 0.014), "Undecided at 10 % labels: +0.2 points of AUROC [−1.0, 1"),
        ("not enough data", (0.002, None, None), "Not enough data to decide at 10 % labels: +0.2 points of AUROC "),
    ],
)
def test_the_headline_is_short(decision, values, says):
    said = rivals.short(told(contrast(decision, *values, **TREES)), TABLE)
    assert said.startswith(says)
    assert "tuned boosted trees on the raw columns, the strongest model without it" in said
    assert len(said) < 190
