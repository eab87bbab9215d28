"""Do the study's intervals cover, and does its family of tests keep its error? Simulated studies with a known truth.

    python -m tests.benchmarks.study_coverage [--studies 200] > tests/benchmarks/study_coverage.md

About a minute on one core with the default. Every study has two arms and six label fractions. On each test example a
model is right with a probability that depends on the example, the label subset, the pretraining seed and
chance; the two arms are equally good on average, so the true difference is 0 at every fraction. With fewer than three
pretrainings the interval speaks of these pretrainings, whose true difference is known too (and is not 0, so that the
family-wise error is not defined there). Wanted: 93 to 97 % coverage, family-wise error at most 5 %. Beside it, what an
interval that takes the cells as independent would do.
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy import stats

from backend.stages._study_verdict import ALPHA, judge
from backend.statistics.isotonic import label_efficiency, reaches
from backend.statistics.paired import RANDOM_SEEDS, crossed_mean

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
CENTRE = 1.0  # logit of being right


def arm(
    rng: np.random.Generator, shape: tuple[int, int], effects: tuple[float, ...], difficulty: np.ndarray
) -> tuple[np.ndarray, float]:
    """Right or wrong, S x P x N, of one arm at one fraction; and how often it is right, given its pretrainings."""
    (subsets, seeds), (a, b, c, own) = shape, effects
    of_seed = b * rng.normal(size=(1, seeds, 1))
    logit = CENTRE + difficulty + 0.3 * own * rng.normal(size=difficulty.shape) + of_seed
    logit = logit + a * rng.normal(size=(subsets, 1, 1)) + c * rng.normal(size=(subsets, seeds, 1))
    right = rng.random(logit.shape) < 1 / (1 + np.exp(-logit))
    spread = np.sqrt(1.09 * own**2 + a**2 + c**2)
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    truth = weights @ (1 / (1 + np.exp(-(CENTRE + of_seed.ravel() + spread * nodes[:, None])))) / weights.sum()
    return right.astype(float), float(truth.mean())


def naive(difference: np.ndarray) -> tuple[float, float]:
    """The t-interval over the S P cells, as if they were independent."""
    cells = difference.mean(2).ravel()
    half = stats.t.ppf(0.975, len(cells) - 1) * cells.std(ddof=1) / np.sqrt(len(cells))
    return cells.mean() - half, cells.mean() + half


def simulate(
    rng: np.random.Generator, shape: tuple[int, int], effects: tuple[float, ...], studies: int
) -> dict[str, float]:
    covered, anew, naive_covered, fired = [], [], [], []
    widths = []
    for _ in range(studies):
        difficulty = effects[3] * rng.normal(size=EXAMPLES)
        estimates = []
        for _ in FRACTIONS:
            (one, its), (other, others) = (arm(rng, shape, effects, difficulty) for _ in range(2))
            estimate = crossed_mean(one - other)
            truth = 0.0 if estimate.seeds_random else its - others
            covered.append(estimate.low <= truth <= estimate.high)
            anew.append(estimate.low <= 0 <= estimate.high)
            low, high = naive(one - other)
            naive_covered.append(low <= 0 <= high)
            widths.append(estimate.high - estimate.low)
            estimates.append(estimate)
        fired.append(any(j["p_holm"] <= ALPHA for j in judge(estimates, margin=0.01)))
    result = {"coverage": covered, "anew": anew, "naive": naive_covered, "family": fired, "width": widths}
    return {name: 100 * float(np.mean(values)) for name, values in result.items()}


def efficiency_coverage(rng: np.random.Generator, shape: tuple[int, int], studies: int) -> float:
    """How often the interval of label efficiency holds the true fraction, on a known curve."""
    curve, gain = np.linspace(0.55, 0.85, len(FRACTIONS)), 0.1
    spread = (0.01, 0.01 if shape[1] >= RANDOM_SEEDS else 0.0)  # these pretrainings are then all there is
    truth = reaches(FRACTIONS, curve + gain, curve[-1])
    hits = 0
    for _ in range(studies):
        example = 0.3 * rng.normal(size=EXAMPLES)

        def noisy(mean: float, example: np.ndarray = example) -> np.ndarray:
            cells = spread[0] * rng.normal(size=(shape[0], 1, 1)) + spread[1] * rng.normal(size=(1, shape[1], 1))
            return mean + cells + example + 0.3 * rng.normal(size=(*shape, EXAMPLES))

        ssl = np.stack([noisy(m + gain) for m in curve])
        found = label_efficiency(FRACTIONS, ssl, noisy(curve[-1]), resamples=400)
        hits += found.low <= truth <= found.high
    return hits / studies


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--studies", type=int, default=200, help="simulated studies a row")
    studies = parser.parse_args().studies
    rng = np.random.default_rng(20260101)
    print("# Coverage of the study's intervals\n")
    print(
        f"`python -m tests.benchmarks.study_coverage`: {studies:,} simulated studies a row, six fractions "
        f"each, {EXAMPLES} test examples, arms equally good.\n\n"
        "- coverage: of what the interval claims: pretraining anew with three pretrainings or more, these very "
        "pretrainings with fewer\n"
        "- anew: coverage if it is read as speaking of pretraining anew, which a quick study does not claim\n"
        "- family: share of studies in which Holm over the six fractions finds any difference, where none is there\n"
        "- independent: coverage of a t-interval that takes the cells as independent\n"
    )
    print(
        "| design (subsets x pretrainings) | what differs | coverage | anew | family | width (points) | independent |"
    )
    print("|---|---|---|---|---|---|---|")
    for design, shape in DESIGNS.items():
        for name, effects in EFFECTS.items():
            r = simulate(rng, shape, effects, studies)
            family = f"{r['family']:.1f} %" if shape[1] >= RANDOM_SEEDS or effects[1] == 0 else "not defined"
            print(
                f"| {design} ({shape[0]} x {shape[1]}) | {name} | {r['coverage']:.1f} % | {r['anew']:.1f} % | {family} "
                f"| {r['width']:.1f} | {r['naive']:.1f} % |",
                flush=True,
            )
    print("\nLabel efficiency (pigeonhole bootstrap) on a known curve:\n")
    print("| design | coverage |")
    print("|---|---|")
    for design, shape in DESIGNS.items():
        print(f"| {design} | {100 * efficiency_coverage(rng, shape, max(50, studies // 2)):.1f} % |", flush=True)


if __name__ == "__main__":
    main()
