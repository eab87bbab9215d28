"""Do the intervals of alerts, costs and calibration cover? Simulated studies with a known truth.

    python -m tests.benchmarks.decision_coverage [--studies 150] > tests/benchmarks/decision_coverage.md

About five minutes on one core with the default. Every study has two arms of five label subsets and three pretrainings
(or three and one: a quick one, whose intervals speak of that pretraining). A model's score of a test row is what the
row tells, weighed by the label subset and the pretraining; the truth of a figure is its mean over models and rows drawn
anew. Wanted: 93 to 97 % coverage. Recall is of the 5 % of the rows with the highest scores, false alarms are
counted where 80 % of the events are found, a missed event costs 10 and a false alarm 1.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from backend.stages._decide_measures import MEASURES, Asked, Scored, contrast, measured
from backend.stages._decide_models import Fleet
from backend.statistics.calibration import bins_of, calibration_error, reliability
from backend.statistics.costs import Costs

ASKED = Asked(Costs(10.0, 1.0, 0.0), 0.05, 0.8)
DESIGNS = {"quick (3 x 1)": (3, 1), "full (5 x 3)": (5, 3)}
SHARES = {"6 % events": -3.6, "20 % events": -1.9}
ROWS, MANY = 3000, 400_000
SPREAD = {"subset": 0.12, "seed": 0.12}
UNIT = 4  # rows of one person, in the grouped setting


@dataclass
class World:
    """What rows are drawn from, and the two arms' models: the weights that they give to what a row tells."""

    base: float
    shape: tuple[int, int]
    rng: np.random.Generator

    def __post_init__(self) -> None:
        subsets, seeds = self.shape
        self.weights = [
            0.8 * at
            + SPREAD["subset"] * self.rng.normal(size=(subsets, 1, 2))
            + SPREAD["seed"] * self.rng.normal(size=(1, seeds, 2)) * (seeds >= 3)
            for at in (np.array([1.4, 0.6]), np.array([1.2, 0.5]))
        ]

    def rows(self, count: int, unit: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(what tells N x 2, event, unit): rows of a unit share what tells but for a little."""
        shared = np.repeat(self.rng.normal(size=(count // unit, 2)), unit, axis=0)
        told = shared if unit == 1 else 0.8 * shared + 0.6 * self.rng.normal(size=shared.shape)
        event = self.rng.random(len(told)) < expit(self.base + told @ np.array([1.4, 1.0]))
        return told, event, np.repeat(np.arange(count // unit), unit)

    def fleet(self, arm: int, told: np.ndarray) -> Fleet:
        score = self.base + np.einsum("spd,nd->spn", self.weights[arm], told)
        raw = expit(score)
        return Fleet(("ssl", "rival")[arm], "m", 1.0, raw, raw, np.zeros(self.shape), [])


def truths(base: float, shape: tuple[int, int], rng: np.random.Generator) -> tuple[dict, dict]:
    """The figures of models with the mean weights of their arm, averaged over many draws of models: what intervals that
    speak of drawing anew claim."""
    values, differences = dict.fromkeys(MEASURES, 0.0), dict.fromkeys(MEASURES, 0.0)
    draws = 150
    for _ in range(draws):
        world = World(base, (5, 3) if shape[1] >= 3 else (10, 1), rng)
        told, event, _ = world.rows(6_000)
        ours, theirs = (Scored(world.fleet(arm, told), event, None, ASKED) for arm in (0, 1))
        for name in MEASURES:
            a, b = (float(one.measure(name).mean()) for one in (ours, theirs))
            values[name] += a / draws
            differences[name] += (a - b) / draws
    return values, differences


def covered(found: dict, truth: float) -> bool:
    return found["low"] <= truth <= found["high"]


def simulate(
    base: float, shape: tuple[int, int], unit: int, studies: int, rng: np.random.Generator
) -> dict[str, tuple]:
    """{measure: (coverage of the figure, of the difference)}"""
    values, differences = truths(base, shape, rng)
    own: dict[str, list[bool]] = {name: [] for name in MEASURES}
    paired: dict[str, list[bool]] = {name: [] for name in MEASURES}
    for _ in range(studies):
        world = World(base, shape, rng)
        told, event, units = world.rows(ROWS, unit)
        groups = units if unit > 1 else None
        ours, theirs = (Scored(world.fleet(arm, told), event, groups, ASKED) for arm in (0, 1))
        figures, contrasts = measured(ours), contrast(ours, theirs)
        for name in MEASURES:
            own[name].append(covered(figures[name], values[name]))
            paired[name].append(covered(contrasts[name]["difference"], differences[name]))
    return {name: (100 * np.mean(own[name]), 100 * np.mean(paired[name])) for name in MEASURES}


# what a model says of the chance that an event has: right, too sure of itself, too high by a third of the odds
WRONG = {
    "right": lambda odds: odds,
    "too sure (log odds x 1.5)": lambda odds: 1.5 * odds,
    "base rate off (log odds + 0.7)": lambda odds: odds + 0.7,
}


def calibration(base: float, wrong, shape: tuple[int, int], unit: int, studies: int, rng: np.random.Generator) -> tuple:
    """(coverage of the calibration error, coverage of the bins of the reliability curve)"""

    def drawn(count: int, units: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(chance of an event, event, unit); rows of a unit share a part of their chance."""
        shared = np.repeat(rng.normal(size=count // units), units)
        odds = base + (shared if units == 1 else 0.8 * shared + 0.6 * rng.normal(size=count))
        return odds, rng.random(count) < expit(odds), np.repeat(np.arange(count // units), units)

    odds, _, _ = drawn(MANY, 1)
    told = expit(wrong(odds))
    at = bins_of(told, 10)
    distance = np.bincount(at, expit(odds) - told) / np.bincount(at)
    truth = float(np.sqrt((np.bincount(at) / MANY * distance**2).sum()))
    errors, bins = [], []
    for _ in range(studies):
        odds, event, units = drawn(ROWS, unit)
        told = expit(wrong(odds))
        own = units if unit > 1 else None
        errors.append(covered(calibration_error(np.broadcast_to(told, (*shape, ROWS)), event, own), truth))
        at = bins_of(told, 10)
        for one, found in enumerate(reliability(told, event, own)):
            chance = float(expit(odds[at == one]).mean())
            bins.append(found.observed.low <= chance <= found.observed.high)
    return 100 * np.mean(errors), 100 * np.mean(bins)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--studies", type=int, default=150, help="simulated studies a row")
    studies = parser.parse_args().studies
    rng = np.random.default_rng(20260201)
    print("# Coverage of the intervals of decisions\n")
    print(
        f"`python -m tests.benchmarks.decision_coverage`: {studies:,} simulated studies a row, {ROWS:,} test rows. In "
        "each cell: coverage of the pretrained model's figure, and of the paired difference of two arms. A quick "
        "study's intervals speak of its pretraining.\n"
    )
    print("| rows | study | " + " | ".join(name.replace("_", " ") for name in MEASURES) + " |")
    print("|---|---|" + "---|" * len(MEASURES))
    for said, base in SHARES.items():
        for design, shape in DESIGNS.items():
            for unit in (1, UNIT) if shape[1] >= 3 else (1,):
                found = simulate(base, shape, unit, studies, rng)
                of = f"{said}, {unit} rows a person" if unit > 1 else said
                told = " | ".join(f"{a:.1f} %, {b:.1f} %" for a, b in found.values())
                print(f"| {of} | {design} | {told} |", flush=True)
    print("\nCalibration error (of all models) and the bins of the reliability curve (of one model):\n")
    print("| rows | probabilities | calibration error | bins |")
    print("|---|---|---|---|")
    for said, base in SHARES.items():
        for name, wrong in WRONG.items():
            for unit in (1, UNIT):
                error, bins = calibration(base + 0.3, wrong, (5, 3), unit, studies, rng)
                of = f"{said}, {unit} rows a person" if unit > 1 else said
                print(f"| {of} | {name} | {error:.1f} % | {bins:.1f} % |", flush=True)


if __name__ == "__main__":
    main()
