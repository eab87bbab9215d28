"""Do probabilities mean what they say? Two ways to mend them, a choice between these, and how far they are off.

A calibrator is fitted on validation rows and applied to any. `temperature` divides the log odds by one number (Guo et
al. 2017, arXiv 1706.04599), which keeps the ranking and cannot move the base rate; `isotonic` is the monotone function
nearest to the outcomes (pool adjacent violators; Zadrozny & Elkan 2002), whose cost-optimal threshold is the best one
on the rows that it was fitted on (it runs along the convex hull of their ROC curve; Fawcett & Niculescu-Mizil 2007).

The error is the root mean square calibration error over bins of equally many rows (adaptive bins), with the part that
chance alone would show taken off (Kumar, Liang & Ma 2019, arXiv 1909.10155): a plain ECE is above 0 for a perfect
model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression, minimize_scalar
from scipy.special import expit, logit

from .paired import collapse_groups, crossed_mean, quantile
from .proportions import Interval, wilson

METHODS = ("none", "temperature", "isotonic")  # the simpler one first: it is taken where they are equally good
FOLDS = 5
CLIP = 1e-6
BINS, ROWS_A_BIN = 10, 30
LOG_TEMPERATURES = (-3.0, 3.0)


@dataclass(frozen=True)
class Calibrator:
    """method: of METHODS; temperature: of `temperature`, else 1; steps: of `isotonic`, scores and what they become."""

    method: str = "none"
    temperature: float = 1.0
    steps: tuple[np.ndarray, np.ndarray] | None = None

    def __call__(self, probability: np.ndarray) -> np.ndarray:
        """Calibrated probabilities of the event, float64, of the same shape."""
        probability = np.asarray(probability, dtype=np.float64)
        if self.method == "temperature":
            return expit(logit(np.clip(probability, CLIP, 1 - CLIP)) / self.temperature)
        return np.interp(probability, *self.steps) if self.method == "isotonic" else probability


def fitted(method: str, probability: np.ndarray, event: np.ndarray) -> Calibrator:
    """A calibrator fitted on these rows. probability: float N, of the event; event: bool N."""
    if method == "none":
        return Calibrator()
    if method == "isotonic":
        scores, at = np.unique(np.asarray(probability, np.float64), return_inverse=True)
        rows = np.bincount(at).astype(np.float64)
        found = isotonic_regression(np.bincount(at, event) / rows, weights=rows)
        return Calibrator(method, steps=(scores, found.x))
    odds = logit(np.clip(np.asarray(probability, np.float64), CLIP, 1 - CLIP))

    def loss(log_temperature: float) -> float:
        scaled = odds / np.exp(log_temperature)
        return float(np.mean(np.logaddexp(0, np.where(event, -scaled, scaled))))

    return Calibrator(method, float(np.exp(minimize_scalar(loss, bounds=LOG_TEMPERATURES, method="bounded").x)))


def held_out(method: str, probability: np.ndarray, event: np.ndarray, fold: np.ndarray) -> float:
    """Brier score of the rows when each fold is calibrated by the others. fold: int N."""
    told = np.empty(len(event))
    for one in np.unique(fold):
        own = fold == one
        told[own] = fitted(method, probability[~own], event[~own])(probability[own])
    return float(np.mean(np.square(told - event)))


def chosen(
    probability: np.ndarray, event: np.ndarray, units: np.ndarray | None = None, seed: int = 0
) -> tuple[Calibrator, dict[str, float]]:
    """The method with the lowest Brier score on held-out folds of these rows, fitted on all of them; {method: score}.

    units: N labels of rows that belong together and stay in one fold. The probabilities as they are take part.
    """
    fold = folds(event, units, seed)
    scores = {method: held_out(method, probability, event, fold) for method in METHODS}
    best = min(METHODS, key=lambda method: scores[method])
    return fitted(best, probability, event), scores


def folds(event: np.ndarray, units: np.ndarray | None, seed: int) -> np.ndarray:
    """int N in 0 .. FOLDS - 1, drawn by the seed: units whole, those with an event spread alike."""
    _, unit = np.unique(np.arange(len(event)) if units is None else units, return_inverse=True)
    hit = np.bincount(unit, event) > 0
    order = np.random.default_rng(seed).permutation(len(hit))
    order = order[np.argsort(hit[order], kind="stable")]
    place = np.empty(len(hit), dtype=np.int64)
    place[order] = np.arange(len(hit)) % FOLDS
    return place[unit]


def bin_count(rows: int) -> int:
    """How many bins so many rows carry: 10, or as many as have 30 rows each, at least 2."""
    return max(2, min(BINS, rows // ROWS_A_BIN))


def bins_of(probability: np.ndarray, bins: int) -> np.ndarray:
    """int N, the bin of each row: equally many rows each as far as ties allow, numbered from the lowest on."""
    edges = np.unique(np.quantile(probability, np.arange(1, bins + 1) / bins, method="inverted_cdf"))
    return np.unique(np.searchsorted(edges, probability, side="left"), return_inverse=True)[1]


@dataclass(frozen=True)
class Bin:
    """predicted: mean probability; observed: share of events with its 95 % interval; rows, events: how many."""

    predicted: float
    observed: Interval
    rows: int
    events: int


def reliability(probability: np.ndarray, event: np.ndarray, units: np.ndarray | None = None) -> list[Bin]:
    """The reliability curve of one model. Intervals are Wilson's, with as many trials as the rows of a bin tell where
    rows of one unit belong together (units: N labels)."""
    at, found = bins_of(probability, bin_count(len(event))), []
    for one in range(at.max() + 1):
        own = at == one
        rows, events = int(own.sum()), int(event[own].sum())
        effect = 1.0 if units is None else _effect(event[own] - event[own].mean(), units[own])
        interval = wilson(events / effect, rows / effect)
        found.append(Bin(float(probability[own].mean()), interval, rows, events))
    return found


def calibration_error(
    probabilities: np.ndarray, event: np.ndarray, units: np.ndarray | None = None
) -> dict[str, float | int | None]:
    """{value, low, high (95 %), plain (the usual ECE: mean absolute distance over the same bins), bins}.

    probabilities: S x P x N, of one model a label subset and pretraining seed; event: bool N; units: N labels of rows
    that belong together. The value is the root of the models' mean squared error. Its interval is a score interval: the
    sampling variance of the squared error grows with it, and is that of chance alone where it is 0. With one label
    subset there is no interval.
    """
    groups = np.arange(len(event)) if units is None else units
    cells = [_squared(one, event, groups) for one in probabilities.reshape(-1, len(event))]
    debiased, chance = (float(np.mean([cell[k] for cell in cells])) for k in (0, 1))
    told = {"plain": float(np.mean([cell[2] for cell in cells])), "bins": bin_count(len(event))}
    value = float(np.sqrt(max(0.0, debiased)))
    shares = np.array([cell[3] for cell in cells]).reshape(probabilities.shape)
    estimate = crossed_mean(shares if units is None else collapse_groups(shares, groups), single=0.01)
    if estimate.error is None:
        return {"value": value, "low": None, "high": None, **told}
    of_rows = estimate.terms[-1][0]
    slope = of_rows / estimate.value if estimate.value > 0 else 0.0  # of the sampling variance, in the squared error
    constant = chance + max(0.0, estimate.error**2 - of_rows)
    z = quantile(0.025, estimate.terms)
    middle = debiased + z**2 * slope / 2
    half = float(np.sqrt(max(0.0, middle**2 - debiased**2 + z**2 * constant)))
    low, high = (float(np.sqrt(max(0.0, end))) for end in (middle - half, middle + half))
    return {"value": value, "low": low, "high": max(high, value), **told}


def _squared(probability: np.ndarray, event: np.ndarray, groups: np.ndarray) -> tuple[float, float, float, np.ndarray]:
    """Of one model: the debiased squared error, its variance where every bin is right, the plain ECE, and what each row
    contributes to the squared error as it is."""
    at = bins_of(probability, bin_count(len(event)))
    rows = np.bincount(at).astype(np.float64)
    off = event - probability
    distance = np.bincount(at, off) / rows
    _, unit = np.unique(groups, return_inverse=True)
    place = at * (unit.max() + 1) + unit
    sums = np.bincount(place, off - distance[at], minlength=len(rows) * (unit.max() + 1)).reshape(len(rows), -1)
    count = np.maximum((np.bincount(place, minlength=sums.size).reshape(sums.shape) > 0).sum(1), 2)
    variance = np.square(sums).sum(1) / rows**2 * count / (count - 1)
    weight = rows / rows.sum()
    debiased = float((weight * (distance**2 - variance)).sum())
    chance = float(2 * (weight**2 * variance**2).sum())
    return debiased, chance, float((weight * np.abs(distance)).sum()), 2 * distance[at] * off - distance[at] ** 2


def _effect(off: np.ndarray, units: np.ndarray) -> float:
    """Variance of a mean over units, relative to that over independent rows; at least 1."""
    _, unit = np.unique(units, return_inverse=True)
    alone = float(np.square(off).sum())
    return max(1.0, float(np.square(np.bincount(unit, off)).sum()) / alone) if alone > 0 else 1.0
