"""Word embedding association tests: effect sizes, permutation tests, intervals (Caliskan et al. 2017, Science 356:183).

For target words X, Y and attribute words A, B, a word's association is its mean cosine with A less that with B;
d is the mean association over X less that over Y, in standard deviations over X and Y together. d = 2 at most.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from math import comb
from pathlib import Path
from typing import Any

import numpy as np

from ._base import Context, Estimate, Result, Skip

EXACT = 20_000  # at most so many partitions are gone through one by one
RESAMPLES = 2_000
LEAST = 4  # words of a list that must be known

Embed = Callable[[list[str]], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Test:
    """cosines: float64 (|X| + |Y|) x (|A| + |B|); words: of rows, then of columns; x, a: how many of X and A."""

    name: str
    cosines: np.ndarray
    words: tuple[list[str], list[str]]
    x: int
    a: int


@cache
def word_lists() -> dict[str, Any]:
    return json.loads((Path(__file__).parent / "word_associations.json").read_text(encoding="utf-8"))


def all_tests(embed: Embed) -> tuple[list[Test], list[str]]:
    """(the tests whose lists are known well enough, a sentence on each that is not).

    embed: N words -> (float N x d, bool N: which of them the model knows).
    """
    lists, tests, notes = word_lists(), [], []
    distinct = sorted({w for words in lists["words"].values() for w in words})
    vectors, known = embed(distinct)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.where(lengths > 0, lengths, 1)
    at = {word: i for i, word in enumerate(distinct) if known[i] and lengths[i] > 0}
    for plan in lists["tests"]:
        x, y, a, b = ([w for w in lists["words"][plan[part]] if w in at] for part in "xyab")
        if min(map(len, (x, y, a, b))) < LEAST:
            notes.append(f"Test {plan['name']} is left out: the model knows fewer than {LEAST} words of a list.")
            continue
        rows, columns = [at[w] for w in x + y], [at[w] for w in a + b]
        tests.append(Test(plan["name"], unit[rows] @ unit[columns].T, (x + y, a + b), len(x), len(a)))
    return tests, notes


def whole(context: Context, words: list[str], alone: bool = False) -> np.ndarray:
    """bool N: which words are one known token, after a space and, where `alone`, at the start of a text too.

    Only they are compared. A network with random weights, too, embeds a word of several tokens otherwise than one of a
    single token, and rare names are cut more often: that would be measured as bias (tests/benchmarks/bias_probes.md).
    """
    unk = context.tokenizer.vocabulary.unk
    forms = [[f" {word}" for word in words], *([words] if alone else [])]
    ids = [context.tokenizer.ids(form) for form in forms]
    return np.array([all(len(row) == 1 and row[0] != unk for row in rows) for rows in zip(*ids, strict=True)])


def associations(test: Test) -> np.ndarray:
    """s(w) of every target word, |X| + |Y|"""
    return test.cosines[:, : test.a].mean(1) - test.cosines[:, test.a :].mean(1)


def effect(test: Test) -> float:
    s = associations(test)
    spread = s.std(ddof=1)
    return float((s[: test.x].mean() - s[test.x :].mean()) / spread) if spread > 0 else 0.0


def permutation_p(test: Test, draws: int, seed: int) -> float:
    """Two-sided p of the difference of mean associations: target words are exchanged between X and Y.

    Exact over all partitions where there are few, else over `draws` random ones, the observed one counted as one of
    them. (Caliskan et al. test one side.)
    """
    s = associations(test)
    n, k = len(s), test.x
    if comb(n, k) <= EXACT:
        chosen = np.array(list(combinations(range(n), k)))
        sums, extra = s[chosen].sum(1), 0
    else:
        rng = np.random.default_rng(seed)
        sums, extra = rng.permuted(np.broadcast_to(s, (draws, n)), axis=1)[:, :k].sum(1), 1
    apart = np.abs(sums / k - (s.sum() - sums) / (n - k))
    observed = abs(s[:k].mean() - s[k:].mean())
    return float((extra + (apart >= observed - 1e-12).sum()) / (extra + len(apart)))


def resampled(tests: list[Test], seed: int) -> np.ndarray:
    """d of every test under random weights of the words, RESAMPLES x tests: the Bayesian bootstrap.

    Rubin (1981), Annals of Statistics 9:130. A word has one weight wherever it stands, so tests that share words vary
    together; no word is ever drawn twice, which would shrink the spread that d divides by.
    """
    distinct = sorted({w for test in tests for words in test.words for w in words})
    place = {word: i for i, word in enumerate(distinct)}
    weights = np.random.default_rng(seed).standard_exponential((RESAMPLES, len(distinct)))
    found = np.empty((RESAMPLES, len(tests)))
    for i, test in enumerate(tests):
        of_rows, of_columns = (weights[:, [place[w] for w in words]] for words in test.words)
        parts = (slice(None, test.a), slice(test.a, None))
        s_a, s_b = (_shares(of_columns[:, part]) @ test.cosines[:, part].T for part in parts)
        s, k = s_a - s_b, test.x
        means = [(s[:, part] * _shares(of_rows[:, part])).sum(1) for part in (slice(None, k), slice(k, None))]
        share = _shares(of_rows)
        centred = s - (s * share).sum(1, keepdims=True)
        spread = np.sqrt((share * centred**2).sum(1) * s.shape[1] / (s.shape[1] - 1))
        found[:, i] = (means[0] - means[1]) / np.where(spread > 0, spread, 1)
    return found


def _shares(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum(1, keepdims=True)


def associate(context: Context, embed: Embed, measure: str, notes: list[str]) -> Result:
    """All tests on one kind of embedding: d by test, and their mean, whose p is the smallest after Holm."""
    tests, left_out = all_tests(embed)
    if not tests:
        raise Skip("the model knows too few of the words of any test")
    draws = resampled(tests, context.seed)
    found = {}
    for i, test in enumerate(tests):
        context.tick(i, len(tests))
        low, high = np.quantile(draws[:, i], [0.025, 0.975])
        p = permutation_p(test, context.permutations, context.seed)
        found[test.name] = Estimate(effect(test), float(low), float(high), p, len(test.words[0]))
    low, high = np.quantile(draws.mean(1), [0.025, 0.975])
    value = float(np.mean([e.value for e in found.values()]))
    smallest = min(1.0, len(found) * min(e.p for e in found.values()))
    words = len({w for test in tests for part in test.words for w in part})
    listed = len({w for part in word_lists()["words"].values() for w in part})
    cut = [f"{listed - words} of the {listed} words are left out: the tokenizer cuts or lacks them."]
    return Result(
        measure=measure,
        unit="d",
        neutral=0.0,
        estimate=Estimate(value, float(low), float(high), smallest, words),
        of=listed,
        by="Test",
        categories=found,
        notes=[
            "Above 0 in the direction of the stereotype. Published for GloVe (Caliskan et al. 2017): d = 1.41, 1.50, "
            "1.28, 1.81, 1.06, 1.24 for tests 3 to 8. The p of the mean is that of the clearest test after Holm; "
            "intervals speak of other words of the same kind.",
            *notes,
            *(cut if words < listed else []),
            *left_out,
        ],
    )
