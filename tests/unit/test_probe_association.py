"""WEAT: effect sizes and permutation tests in closed form; intervals that shrink with what is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from backend.probes import _association as association
from backend.probes._association import Test as AssociationTest


def made(x: list[float], y: list[float]) -> AssociationTest:
    """A test whose target words have these associations: their cosine with A is theirs, with B it is 0."""
    s = np.array(x + y)
    words = [f"{side}{i}" for side, n in (("x", len(x)), ("y", len(y))) for i in range(n)]
    cosines = np.column_stack([s, s, 0 * s, 0 * s])
    return AssociationTest("made", cosines, (words, ["a0", "a1", "b0", "b1"]), len(x), 2)


def test_the_effect_is_the_difference_in_standard_deviations():
    test = made([0.5, 0.3], [0.1, -0.1])
    assert association.effect(test) == pytest.approx(0.4 / np.std([0.5, 0.3, 0.1, -0.1], ddof=1))


def test_the_exact_p_of_a_perfect_split_is_two_partitions_of_all():
    test = made([0.4, 0.5, 0.6, 0.7], [0.0, 0.1, 0.2, 0.3])
    assert association.permutation_p(test, 100, 0) == pytest.approx(2 / 70)


def test_random_partitions_agree_with_all_of_them(monkeypatch):
    rng = np.random.default_rng(3)
    test = made(list(rng.normal(0.6, 1, 8)), list(rng.normal(0, 1, 8)))
    exact = association.permutation_p(test, 100, 0)
    monkeypatch.setattr(association, "EXACT", 0)
    assert association.permutation_p(test, 20_000, 0) == pytest.approx(exact, abs=0.015)


def test_without_association_p_is_uniform():
    found = []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        found.append(association.permutation_p(made(list(rng.normal(size=6)), list(rng.normal(size=6))), 100, 0))
    assert stats.kstest(found, "uniform").pvalue > 0.01
    assert 0.02 < np.mean(np.array(found) < 0.05) < 0.09


def test_words_shared_by_two_tests_are_resampled_together():
    rng = np.random.default_rng(0)
    test = made(list(rng.normal(1, 1, 8)), list(rng.normal(0, 1, 8)))
    draws = association.resampled([test, test], 0)
    assert (draws[:, 0] == draws[:, 1]).all()
    low, high = np.quantile(draws[:, 0], [0.025, 0.975])
    assert low < association.effect(test) < high


def test_lists_are_whole_and_every_test_finds_its_words():
    lists = association.word_lists()
    assert [len(lists["words"][plan["x"]]) for plan in lists["tests"]] == [32, 16, 16, 8, 8, 8]
    for plan in lists["tests"]:
        x, y, a, b = (lists["words"][plan[part]] for part in "xyab")
        assert len(x) == len(y)
        assert len(a) == len(b)
        assert not set(x) & set(y)
        assert not set(a) & set(b)


def test_a_planted_association_is_found_in_its_direction():
    def embed(words: list[str]) -> tuple[np.ndarray, np.ndarray]:
        """Men, career, mathematics, science, Europeans and what is pleasant lie on one side, the rest on the other."""
        lists = association.word_lists()
        side = {}
        for plan in lists["tests"]:
            for part, sign in zip("xyab", (1, -1, 1, -1), strict=True):
                side |= dict.fromkeys(lists["words"][plan[part]], sign)
        noise = np.random.default_rng(0).normal(size=(len(words), 20))
        noise[:, 0] += [2 * side[w] for w in words]
        return noise, np.ones(len(words), dtype=bool)

    tests, notes = association.all_tests(embed)
    assert len(tests) == 6
    assert not notes
    for test in tests:
        assert association.effect(test) > 0.8
        assert association.permutation_p(test, 1000, 0) < 0.05
