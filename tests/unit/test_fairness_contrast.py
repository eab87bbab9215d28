"""Pretrained against supervised on made-up models: a wider gap is called, chance is not, the choice favours no arm."""

from __future__ import annotations

import numpy as np
import pytest

from backend.fairness._contrast import Pairs, amplification, contrast, contrasts, decide
from backend.fairness._reading import Settings
from backend.fairness._tables import Predictions

SETTINGS = Settings(min_group=30, resamples=800, permutations=200)
SEEDS = [(s, p) for s in range(2) for p in range(2)]
ROWS = 800


def models(rng: np.random.Generator, label: np.ndarray, right: np.ndarray) -> list[Predictions]:
    """One model a seed pair, right with the probability given for each row."""
    found = []
    for _ in SEEDS:
        hit = rng.random(len(label)) < right
        predicted = np.where(hit, label, 1 - label)
        found.append(Predictions(label, predicted, 0.8 * predicted + 0.2 * rng.random(len(label)), 2, 1))
    return found


def pairs_of(ssl: float, supervised: float) -> tuple[Pairs, np.ndarray]:
    """Both arms are right at 90 % for men; for women at `ssl` and `supervised`."""
    rng = np.random.default_rng(0)
    sex, label = rng.choice(["female", "male"], ROWS), rng.integers(0, 2, ROWS)
    arms = [models(rng, label, np.where(sex == "male", 0.9, women)) for women in (ssl, supervised)]
    return Pairs(SEEDS, arms[0], arms[1], np.arange(ROWS)), sex


def decided(ssl: float, supervised: float) -> dict:
    pairs, sex = pairs_of(ssl, supervised)
    found = contrast(pairs, sex, SETTINGS)
    decide([found])
    return found["accuracy"]


@pytest.mark.parametrize(
    ("ssl", "supervised", "decision"),
    [
        (0.6, 0.88, "ssl widens the gap"),
        (0.88, 0.6, "ssl narrows the gap"),
        (0.75, 0.75, "no significant difference"),
    ],
)
def test_calls_a_gap_that_pretraining_changes_and_no_other(ssl, supervised, decision):
    test = decided(ssl, supervised)
    assert test["decision"] == decision
    assert test["groups"] == ["male", "female"]
    assert test["difference"]["low"] <= supervised - ssl <= test["difference"]["high"]


def test_every_metric_is_compared_auroc_included():
    pairs, sex = pairs_of(0.6, 0.88)
    assert set(contrast(pairs, sex, SETTINGS)) == {"accuracy", "auroc", "fpr", "precision", "selection_rate", "tpr"}


def test_turning_the_arms_round_turns_the_sign():
    pairs, sex = pairs_of(0.65, 0.8)
    turned = Pairs(pairs.seeds, pairs.supervised, pairs.ssl, pairs.units)
    one, other = (contrast(p, sex, SETTINGS)["tpr"] for p in (pairs, turned))
    assert one["groups"] == other["groups"]
    assert one["difference"]["value"] == pytest.approx(-other["difference"]["value"])
    assert one["difference"]["low"] == pytest.approx(-other["difference"]["high"])


def test_several_pairs_at_once_are_each_as_they_are_alone():
    (one, sex), (other, _) = pairs_of(0.6, 0.88), pairs_of(0.75, 0.75)
    third = Pairs(SEEDS, one.ssl, other.ssl, one.units)  # shares its models with the others
    for together, alone in zip(
        contrasts([one, other, third], sex, SETTINGS),
        (contrast(p, sex, SETTINGS) for p in (one, other, third)),
        strict=True,
    ):
        for metric, found in together.items():
            assert found["groups"] == alone[metric]["groups"]
            for name in ("ssl_gap", "supervised_gap", "difference"):
                assert found[name]["value"] == alone[metric][name]["value"]
                width = alone[metric][name]["high"] - alone[metric][name]["low"]
                for end in ("low", "high"):
                    assert found[name][end] == pytest.approx(alone[metric][name][end], abs=0.15 * width)


def test_small_groups_are_not_compared():
    pairs, sex = pairs_of(0.6, 0.88)
    sex = np.where(np.arange(ROWS) < 20, sex, "other")
    found = contrast(pairs, sex, SETTINGS)
    decide([found])
    assert found["tpr"]["decision"] == "not enough data"
    assert found["tpr"]["difference"] is None


def leaning(strength: float, sex: np.ndarray, label: np.ndarray, rng: np.random.Generator) -> list[Predictions]:
    """Right but for a share `strength` of the rows, which get the class that goes with their sex."""
    found = []
    for _ in SEEDS:
        leans = rng.random(len(label)) < strength
        predicted = np.where(leans, (sex == "male").astype(int), label)
        found.append(Predictions(label, predicted, None, 2, 1))
    return found


def test_amplification_sees_the_arm_that_leans_on_the_attribute():
    rng = np.random.default_rng(0)
    sex = rng.choice(["female", "male"], ROWS)
    label = (rng.random(ROWS) < np.where(sex == "male", 0.7, 0.3)).astype(int)
    pairs = Pairs(SEEDS, leaning(0.5, sex, label, rng), leaning(0.1, sex, label, rng), np.arange(ROWS))
    found = amplification(pairs, sex, sex, label, SETTINGS)
    assert found["ssl"]["value"] == pytest.approx(0.15, abs=0.03)  # half the rows move by 0.3
    assert found["scratch_aug"]["value"] == pytest.approx(0.03, abs=0.02)
    assert found["difference"]["low"] > 0
    assert found["zhao_2017"]["difference"]["value"] > 0
    assert found["percent"] is not None


def test_no_percentage_of_an_amplification_that_may_be_zero():
    rng = np.random.default_rng(1)
    sex, label = rng.choice(["female", "male"], ROWS), rng.integers(0, 2, ROWS)
    arms = [models(rng, label, np.full(ROWS, 0.8)) for _ in range(2)]
    assert amplification(Pairs(SEEDS, *arms, np.arange(ROWS)), sex, sex, label, SETTINGS)["percent"] is None


def test_one_value_of_the_attribute_gives_no_amplification():
    pairs, _ = pairs_of(0.8, 0.8)
    alone = np.full(ROWS, "female")
    assert amplification(pairs, alone, alone, pairs.ssl[0].label, SETTINGS)["difference"] is None
