"""Do the audit's intervals cover, and does it stay silent when there is nothing? Simulations with known truths.

    python -m tests.benchmarks.interval_coverage [--sets 400]      about 3 minutes on one core

Prints Markdown tables; tests/benchmarks/interval_coverage.md holds a run. Goals: 93 to 97 % for groups of 30 and more;
at most 5 % of null data sets with any gap after Holm.
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy.special import expit, ndtr
from scipy.stats import binom

from backend.fairness._audit import adjust_gaps, gap
from backend.fairness._contrast import Pairs, contrast
from backend.fairness._reading import Settings, metrics_for, read
from backend.fairness._tables import Groups, Predictions
from backend.statistics.proportions import auroc, newcombe, wilson

QUICK = Settings(min_group=30, resamples=400, permutations=1000)


def rates() -> None:
    """Exact coverage of Wilson's and Newcombe's intervals over true rates from 5 to 95 %."""
    print("| interval | group sizes | mean coverage | lowest | highest |\n|---|---|---|---|---|")
    grid = np.linspace(0.05, 0.95, 37)
    for n in (30, 60, 200):
        found, weight = wilson(np.arange(n + 1), n), binom.pmf(np.arange(n + 1), n, grid[:, None])
        covered = (weight * ((found.low <= grid[:, None]) & (grid[:, None] <= found.high))).sum(1)
        _row("Wilson", f"{n}", covered)
    for n, m in ((30, 30), (30, 200), (100, 100)):
        a, b = np.arange(n + 1)[:, None], np.arange(m + 1)
        found, covered = newcombe(a, n, b, m), []
        for p in grid:
            for q in grid:
                chance = binom.pmf(a, n, p) * binom.pmf(b, m, q)
                covered.append((chance * ((found.low <= p - q) & (p - q <= found.high))).sum())
        _row("Newcombe", f"{n}, {m}", np.array(covered))


def areas(sets: int) -> None:
    """Coverage of the AUROC interval for normal scores; spread: of the positives' scores, the negatives' is 1."""
    rng = np.random.default_rng(0)
    print("\n| positives, negatives | spread | coverage at AUROC 0.5 | 0.7 | 0.8 | 0.9 | 0.95 |\n" + "|---" * 7 + "|")
    for m, n in ((30, 30), (100, 100), (40, 260)):
        for width in (1, 2):
            shares = []
            for truth in (0.5, 0.7, 0.8, 0.9, 0.95):
                shift = np.hypot(1, width) * _quantile(truth)
                scores = np.concatenate(
                    [rng.normal(0, 1, (10 * sets, n)), rng.normal(shift, width, (10 * sets, m))], axis=1
                )
                positive = (np.argsort(scores, axis=1) >= n).astype(float)
                found = auroc(np.stack([1 - positive, positive], axis=1))
                shares.append(((found.low <= truth) & (truth <= found.high)).mean())
            print(f"| {m}, {n} | {width} | " + " | ".join(f"{s:.3f}" for s in shares) + " |")


def silence(sets: int) -> None:
    """Share of null data sets (two attributes, six rates each) in which a gap is called after Holm."""
    print("\n| null data | rows | sets | any gap after Holm | TPR test alone |\n|---|---|---|---|---|")
    for name, groups in (("2 and 4 groups", (2, 4)), ("6 and 12 groups", (6, 12))):
        rng, called, alone = np.random.default_rng(1), 0, 0
        for _ in range(sets):
            label = rng.integers(0, 2, 600)
            score = expit(rng.normal(2 * label - 1, 1.2))
            model = Predictions(label, (score > 0.5).astype(int), score, 2, 1)
            bodies = []
            for count in groups:
                whose = Groups.of(rng.integers(10, 10 + count, 600).astype(str), QUICK.min_group)
                readings = [read(metric, params, model, whose, QUICK) for metric, params in metrics_for(model)]
                bodies.append({"gaps": {r.plugin.name: gap(r, QUICK)[0] for r in readings}})
            adjust_gaps(bodies)
            called += any((g["p_holm"] or 1) < 0.05 for body in bodies for g in body["gaps"].values())
            alone += bodies[0]["gaps"]["tpr"]["p"] < 0.05
        print(f"| {name} | 600 | {sets} | {called / sets:.3f} | {alone / sets:.3f} |", flush=True)


def contrasts(sets: int) -> None:
    """Coverage of the paired accuracy contrast when SSL's gap differs by seed around a true difference of 0."""
    print("\n| subset x pretraining seeds | gap's spread over pretraining seeds | sets | coverage | called |")
    print("|---|---|---|---|---|")
    for subsets, seeds in ((1, 1), (5, 1), (1, 3), (5, 3)):
        for spread in (0.0, 0.05):
            rng, covered, called = np.random.default_rng(2), 0, 0
            for _ in range(sets):
                pairs, group = _pairs(rng, subsets, seeds, spread)
                told = contrast(pairs, group, QUICK)["accuracy"]
                covered += told["difference"]["low"] <= 0 <= told["difference"]["high"]
                called += told["p"] < 0.05
            print(
                f"| {subsets} x {seeds} | {spread} | {sets} | {covered / sets:.3f} | {called / sets:.3f} |", flush=True
            )


def _pairs(rng: np.random.Generator, subsets: int, seeds: int, spread: float, n: int = 300) -> tuple[Pairs, np.ndarray]:
    """Models right at 80 % and 70 % in two groups, on rows of differing difficulty; SSL's gap moves with its seed."""
    group, difficulty = rng.choice(["a", "b"], n), rng.normal(0, 0.1, n)
    label = rng.integers(0, 2, n)
    moved = rng.normal(0, spread, seeds)

    def model(shift: float) -> Predictions:
        right = rng.random(n) < np.where(group == "a", 0.8 + shift, 0.7) + difficulty
        return Predictions(label, np.where(right, label, 1 - label), None, 2, 1)

    order = [(s, p) for s in range(subsets) for p in range(seeds)]
    arms = [[model(moved[p] if ssl else 0.0) for _, p in order] for ssl in (True, False)]
    return Pairs(order, arms[0], arms[1], np.arange(n)), group


def _quantile(truth: float) -> float:
    grid = np.linspace(-4, 4, 8001)
    return float(grid[np.argmin(np.abs(ndtr(grid) - truth))])


def _row(name: str, sizes: str, covered: np.ndarray) -> None:
    print(f"| {name} | {sizes} | {covered.mean():.3f} | {covered.min():.3f} | {covered.max():.3f} |")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("--sets", type=int, default=400)
    sets = asked.parse_args().sets
    rates()
    areas(sets)
    silence(sets)
    contrasts(sets)


if __name__ == "__main__":
    main()
