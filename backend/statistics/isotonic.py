"""Label efficiency: at which share of the labels does a learning curve reach a target?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression

from .paired import RANDOM_SEEDS


@dataclass(frozen=True)
class Crossing:
    """The label fraction at which the curve reaches the target, with its 95 % bootstrap interval.

    A crossing at or below the smallest fraction studied is given as that fraction (an upper bound); inf means
    that the curve does not reach the target at any fraction studied.
    """

    value: float
    low: float
    high: float


def reaches(fractions: np.ndarray, curve: np.ndarray, target: float) -> float:
    """Smallest fraction at which the isotonic fit of `curve` is at least `target`; inf if it never is.

    fractions: F ascending in (0, 1]; curve: F mean metrics. The curve is made monotone by least squares
    (pool adjacent violators; Barlow et al. 1972) and interpolated linearly on the log of the fraction.
    """
    fitted = isotonic_regression(np.asarray(curve, dtype=np.float64)).x
    # Pooling may leave the mean of equal values an ulp below them; that is no shortfall.
    above = np.flatnonzero(fitted >= target - 1e-12)
    if not len(above):
        return float("inf")
    first = int(above[0])
    if first == 0:
        return float(fractions[0])
    lower, upper = np.log(fractions[first - 1]), np.log(fractions[first])
    share = (target - fitted[first - 1]) / (fitted[first] - fitted[first - 1])
    return float(np.exp(lower + min(share, 1.0) * (upper - lower)))


def label_efficiency(
    fractions: np.ndarray, ssl: np.ndarray, target: np.ndarray, seed: int = 0, resamples: int = 2000
) -> Crossing:
    """Where the pretrained curve reaches the supervised result at all labels, with a bootstrap interval.

    fractions: F ascending; ssl: F x S x P x N contributions of the pretrained arm (see paired.py); target:
    S x P x N contributions of the supervised arm at 100 %. Label subsets, pretraining seeds and test examples are
    resampled independently of each other, each together with all that was trained or scored on them (the
    pigeonhole bootstrap of crossed data, Owen 2007, Annals of Applied Statistics 1:386), so the pairing survives.
    Fewer than three pretrainings are not resampled: as in paired.py, the interval then speaks of these.
    """
    fractions = np.asarray(fractions, dtype=np.float64)
    count, subsets, seeds, examples = ssl.shape
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(examples, np.full(examples, 1 / examples), size=resamples) / examples
    both = np.concatenate([ssl, target[None]]).reshape(-1, examples)
    cells = (weights @ both.T).reshape(resamples, count + 1, subsets, seeds)
    subset_weights = rng.multinomial(subsets, np.full(subsets, 1 / subsets), size=resamples) / subsets
    seed_weights = np.full((resamples, seeds), 1 / seeds)
    if seeds >= RANDOM_SEEDS:
        seed_weights = rng.multinomial(seeds, seed_weights[0], size=resamples) / seeds
    curves = np.einsum("rfsp,rs,rp->rf", cells, subset_weights, seed_weights)
    drawn = np.array([reaches(fractions, curve[:-1], curve[-1]) for curve in curves])
    # Order statistics, not interpolation: inf is a possible value and must stay one.
    low, high = np.quantile(drawn, [0.025, 0.975], method="inverted_cdf")
    return Crossing(reaches(fractions, ssl.mean((1, 2, 3)), float(target.mean())), float(low), float(high))
