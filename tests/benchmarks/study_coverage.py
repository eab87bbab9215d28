"""Do the study's intervals cover, and does its family of tests keep its error? Simulated studies with a known truth.

    python -m tests.benchmarks.study_coverage [--studies 2000] > tests/benchmarks/study_coverage.md

Two minutes on one core with the default. Every study has two arms and six label fractions. On each test example a
model is right with a probability that depends on the example, the label subset, the pretraining seed and
chance; the two arms are equally good on average, so the true difference is 0 at every fraction. Wanted: 93 to 97 %
coverage, family-wise error at most 5 %. Beside it, what an interval that takes the cells as independent would do.
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy import stats

from backend.stages._study_verdict import ALPHA, judge
from backend.statistics.isotonic import label_efficiency, reaches
from backend.statistics.paired import crossed_mean

FRACTIONS = np.array([0.01, 0.05, 0.1, 0.2, 0.5, 1.0])
DESIGNS = {"quick": (3, 2), "full": (5, 3), "large": (10, 5)}
# standard deviations on the logit scale: label subset, pretraining seed, their interaction, example
EFFECTS = {
    "subsets differ": (0.3, 0.05, 0.05, 1.5),
    "seeds differ": (0.05, 0.3, 0.05, 1.5),
    "both differ": (0.3, 0.3, 0.1, 1.5),
    "only their interaction": (0.0, 0.0, 0.3, 1.5),
    "neither": (0.0, 0.0, 0.0, 1.5),
}
EXAMPLES = 400


def arm(
    rng: np.random.Generator, shape: tuple[int, int], effects: tuple[float, ...], difficulty: np.ndarray
) -> np.ndarray:
    """Right or wrong, S x P x N, of one arm at one fraction."""
    (subsets, seeds), (a, b, c, own) = shape, effects
    logit = 1.0 + difficulty + 0.3 * own * rng.normal(size=difficulty.shape)
    logit = logit + a * rng.normal(size=(subsets, 1, 1)) + b * rng.normal(size=(1, seeds, 1))
    logit = logit + c * rng.normal(size=(subsets, seeds, 1))
    return (rng.random(logit.shape[:2] + difficulty.shape) < 1 / (1 + np.exp(-logit))).astype(float)


def naive(difference: np.ndarray) -> tuple[float, float]:
    """The t-interval over the S P cells, as if they were independent."""
    cells = difference.mean(2).ravel()
    half = stats.t.ppf(0.975, len(cells) - 1) * cells.std(ddof=1) / np.sqrt(len(cells))
    return cells.mean() - half, cells.mean() + half


def simulate(
    rng: np.random.Generator, shape: tuple[int, int], effects: tuple[float, ...], studies: int
) -> dict[str, float]:
    covered = naive_covered = families = fired = 0
    widths = []
    for _ in range(studies):
        difficulty = effects[3] * rng.normal(size=EXAMPLES)
        differences = [arm(rng, shape, effects, difficulty) - arm(rng, shape, effects, difficulty) for _ in FRACTIONS]
        estimates = [crossed_mean(d) for d in differences]
        covered += sum(e.low <= 0 <= e.high for e in estimates)
        naive_covered += sum(low <= 0 <= high for low, high in map(naive, differences))
        widths += [e.high - e.low for e in estimates]
        judged = judge(estimates, margin=0.01)
        fired += any(j["p_holm"] <= ALPHA for j in judged)
        families += 1
    contrasts = families * len(FRACTIONS)
    return {
        "coverage": covered / contrasts,
        "naive": naive_covered / contrasts,
        "family": fired / families,
        "width": 100 * float(np.mean(widths)),
    }


def efficiency_coverage(rng: np.random.Generator, shape: tuple[int, int], studies: int) -> float:
    """How often the interval of label efficiency holds the true fraction, on a known curve."""
    curve, gain = np.linspace(0.55, 0.85, len(FRACTIONS)), 0.1
    truth = reaches(FRACTIONS, curve + gain, curve[-1])
    hits = 0
    for _ in range(studies):
        example = 0.3 * rng.normal(size=EXAMPLES)

        def noisy(mean: float, example: np.ndarray = example) -> np.ndarray:
            cells = 0.01 * (rng.normal(size=(shape[0], 1, 1)) + rng.normal(size=(1, shape[1], 1)))
            return mean + cells + example + 0.3 * rng.normal(size=(*shape, EXAMPLES))

        ssl = np.stack([noisy(m + gain) for m in curve])
        found = label_efficiency(FRACTIONS, ssl, noisy(curve[-1]), resamples=400)
        hits += found.low <= truth <= found.high
    return hits / studies


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--studies", type=int, default=2000, help="simulated studies a row")
    studies = parser.parse_args().studies
    rng = np.random.default_rng(20260101)
    print("# Coverage of the study's intervals\n")
    print(
        f"{studies:,} simulated studies a row, six fractions each, {EXAMPLES} test examples, true difference 0 "
        "(`python -m tests.benchmarks.study_coverage`). Family: share of studies in which Holm over the six fractions\n"
        "finds any difference. Independent cells: coverage of a t-interval that ignores the crossing.\n"
    )
    print("| design (subsets x pretrainings) | what differs | coverage | width (points) | family | independent cells |")
    print("|---|---|---|---|---|---|")
    for design, shape in DESIGNS.items():
        for name, effects in EFFECTS.items():
            r = simulate(rng, shape, effects, studies)
            print(
                f"| {design} ({shape[0]} x {shape[1]}) | {name} | {100 * r['coverage']:.1f} % | {r['width']:.1f} "
                f"| {100 * r['family']:.1f} % | {100 * r['naive']:.1f} % |",
                flush=True,
            )
    print("\nLabel efficiency, pigeonhole bootstrap, known curve:\n")
    print("| design | coverage |")
    print("|---|---|")
    for design, shape in DESIGNS.items():
        print(f"| {design} | {100 * efficiency_coverage(rng, shape, max(50, studies // 5)):.1f} % |", flush=True)


if __name__ == "__main__":
    main()
