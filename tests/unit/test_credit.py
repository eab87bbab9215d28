"""The planted truths of credit, counted: who decides, leak, proxy, gap, noise, traits; and what the guards find."""

from __future__ import annotations

import numpy as np
import pytest

import sample_data
from sample_data import _credit
from tests.guarded import found_in, told_apart_in


@pytest.fixture(scope="module")
def sample():
    return sample_data.make("credit", {"n": 6000, "seed": 3})


def test_the_label_follows_the_score(sample):
    c = sample.columns
    known = np.array([v is not None for v in c["default"]]) & ~sample.truth["hidden"]
    men = known & (c["sex"] == "male")
    chance = 1 / (1 + np.exp(-_credit.score({k: v[men] for k, v in c.items()}) - _credit.SHIFT))
    default = c["default"][men] == "yes"
    for low, high in ((0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.0)):
        rows = (chance >= low) & (chance < high)
        error = np.sqrt(0.25 / rows.sum())
        assert abs(default[rows].mean() - chance[rows].mean()) < 4 * error


def test_utilisation_says_nothing_without_a_missed_payment(sample):
    c = sample.columns
    used = np.linspace(0, 1, 5)
    assert np.ptp(_credit.payments(np.zeros(5), used)) == 0
    assert (np.diff(_credit.payments(np.ones(5), used)) > 0).all()
    assert (sample.truth["causal"]["utilisation"] == (c["missed_payments"] > 0)).all()
    assert sample.truth["causal"]["debt_ratio"].all()


def test_effects_are_shapley_values(sample):
    """They add up to the score's distance from its mean, and agree with their definition on one row."""
    c, effects = sample.columns, sample.truth["effects"]
    total = np.sum(list(effects.values()), axis=0)
    score = _credit.score(c)
    mixed = {k: np.random.default_rng(0).permutation(c[k]) for k in effects}
    assert total == pytest.approx(score - score.mean(), abs=0.2)  # the columns are independent but for chance
    row = int(np.flatnonzero(c["missed_payments"] > 0)[0])
    one = {k: np.full(6000, c[k][row]) for k in effects}
    alone = _credit.score(mixed | {"utilisation": one["utilisation"]}).mean() - _credit.score(mixed).mean()
    last = _credit.score(one)[0] - _credit.score(one | {"utilisation": mixed["utilisation"]}).mean()
    joined = (alone + last) / 2  # the other two columns only add to it
    assert effects["utilisation"][row] == pytest.approx(joined, abs=0.1)


def test_the_hidden_defaults_are_an_exact_share_of_the_women_s_in_every_split():
    c = sample_data.make("credit", {"n": 6000, "labelled": 1.0, "gap": 0.4})
    hidden = c.truth["hidden"]
    for split in ("train", "val", "test"):
        rows = (c.columns["split"] == split) & (c.columns["sex"] == "female") & (c.columns["default"] == "yes")
        assert abs(hidden[rows].sum() - 0.4 * rows.sum()) <= 0.5
    assert not hidden[(c.columns["sex"] == "male") | (c.columns["default"] == "no")].any()


def test_what_the_best_model_gets_is_what_it_gets():
    """The posterior is calibrated on fresh rows, and its AUROC is the one that is told."""
    sample = sample_data.make("credit", {"n": 40_000, "labelled": 1.0, "seed": 11})
    drawn = _credit.Drawn(
        {k: sample.columns[k] for k in ("debt_ratio", "employment", "missed_payments", "utilisation")},
        None,
        sample.columns["sex"] == "female",
        np.searchsorted(_credit.CARDS, sample.columns["store_card"]),
    )
    chance = _credit.posterior(sample_data.credit.Params(), drawn)
    default = sample.columns["default"] == "yes"
    for low in np.arange(0, 1, 0.2):
        rows = (chance >= low) & (chance < low + 0.2)
        assert abs(default[rows].mean() - chance[rows].mean()) < 4 * np.sqrt(0.25 / rows.sum())
    assert _credit._auroc(chance, default) == pytest.approx(sample.truth["auroc"], abs=0.006)
    chosen, women = chance > 0.5, drawn.women
    gap = chosen[default & ~women].mean() - chosen[default & women].mean()
    assert gap == pytest.approx(sample.truth["gap"]["value"], abs=0.03)


def test_the_number_has_its_noise_floor():
    sample = sample_data.make("credit", {"n": 8000, "target": "loss", "labelled": 1.0, "gap": 0.0, "proxy": False})
    rest = sample.columns["loss"].astype(float) - 12 - _credit.score(sample.columns)
    assert rest.std() == pytest.approx(sample.truth["noise"], rel=0.03)
    assert sample.truth["rmse"] == sample.truth["noise"]
    assert (sample.target, sample.unit) == ("number", "thousand")


def test_the_gap_of_the_number_is_that_of_the_best_model():
    sample = sample_data.make("credit", {"n": 20_000, "target": "loss", "labelled": 1.0, "proxy": False})
    error = 12 + _credit.score(sample.columns) - sample.columns["loss"].astype(float)
    men = sample.columns["sex"] == "male"
    assert error[men].mean() - error[~men].mean() == pytest.approx(sample.truth["gap"]["value"], abs=0.09)


def test_few_labels_do_not_show_the_traits_and_all_columns_do():
    """Which of the eight kinds a row is can be read from its columns; no column says anything of the label."""
    sample = sample_data.make("credit", {"n": 4000, "latent": True, "labelled": 1.0, "gap": 0.0})
    habits = np.stack([sample.columns[f"habit_{i + 1:02d}"] for i in range(18)], axis=1)
    default, bits = sample.columns["default"] == "yes", sample.truth["latent"]
    assert max(abs(np.corrcoef(habits[:, i], default)[0, 1]) for i in range(18)) < 0.06
    read = habits.reshape(-1, 3, 6).sum(2) > 0
    assert (read == bits).mean() > 0.97
    odd = read.sum(1) % 2 == 1
    assert default[odd].mean() - default[~odd].mean() > 0.4


def test_what_the_traits_are_worth_is_known():
    """Who ignores them is as good as the score of the causal columns alone."""
    told = {"n": 40_000, "latent": True, "labelled": 1.0, "gap": 0.0, "proxy": False, "seed": 5}
    sample = sample_data.make("credit", told)
    default, truth = sample.columns["default"] == "yes", sample.truth
    assert _credit._auroc(_credit.score(sample.columns), default) == pytest.approx(
        truth["auroc_without_traits"], abs=0.01
    )
    assert truth["auroc"] - truth["auroc_without_traits"] > 0.2
    assert "auroc_without_traits" not in sample_data.make("credit", told | {"n": 400, "latent": False}).truth


@pytest.mark.parametrize("seed", range(2))
def test_the_leak_and_the_proxy_are_flagged_and_nothing_else(seed):
    """20 sets each: tests/benchmarks/credit_guards.md."""
    with_both = sample_data.make("credit", {"seed": seed, "leak": True})
    assert {one["column"] for one in found_in(with_both)} == {"collection_fee"}
    assert [one["column"] for one in told_apart_in(with_both) if one["proxy"]] == ["store_card"]
    without = sample_data.make("credit", {"seed": seed, "proxy": False})
    assert found_in(without) == []
    assert not any(one["proxy"] for one in told_apart_in(without))


def test_the_leak_of_the_number_is_flagged():
    sample = sample_data.make("credit", {"target": "loss", "leak": True})
    assert {one["column"] for one in found_in(sample)} == {"collection_fee"}
