"""The world of the data set `credit`: what decides, how rows are drawn, and what the best possible model gets.

World: what of it is planted; `credit.py` says what each of it means.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from scipy.special import expit

EMPLOYMENT = {"permanent": -1.6, "self-employed": 0.2, "temporary": 1.6}
SHARES_EMPLOYED = (0.5, 0.25, 0.25)
INTERCEPT, SHARP = -1.1, 1.3
SHIFT = 1.0
CARDS = ("Alba", "Birch", "Corner", "Delta", "Ember", "Fjord")
CARD_OF_WOMEN = np.array([0.40, 0.30, 0.15, 0.08, 0.05, 0.02])
CARD_OF_MEN = CARD_OF_WOMEN[::-1]
TRAITS, EACH, APART = 3, 6, 0.9
PARITY, WEAKER = 2.5, 0.5  # of the traits; the score of the causal columns beside them
SIMULATED = 100_000
LOSS_MEAN, LOSS_SLOPE, NOISE, LOSS_GAP = 12.0, 1.0, 1.5, 5.0


class World(Protocol):
    proxy: bool
    gap: float
    latent: bool


@dataclass(frozen=True)
class Drawn:
    """What decides, of N rows: causal columns, `traits` float64 N x 18 or None, the sex and the card of each."""

    columns: dict[str, np.ndarray]
    traits: np.ndarray | None
    women: np.ndarray
    card: np.ndarray

    def put(self, rows: np.ndarray, other: Drawn) -> None:
        """These rows get the causal columns and traits of the rows of `other`, in place."""
        for name, values in self.columns.items():
            values[rows] = other.columns[name]
        if self.traits is not None:
            self.traits[rows] = other.traits

    def take(self, rows: np.ndarray) -> Drawn:
        columns = {name: values[rows] for name, values in self.columns.items()}
        traits = None if self.traits is None else self.traits[rows]
        return Drawn(columns, traits, self.women[rows], self.card[rows])


def draw(world: World, count: int, rng: np.random.Generator) -> tuple[Drawn, np.ndarray]:
    """Independent causal columns, sex and card; and the traits, int N x 3, 0 without `latent`."""
    women = rng.random(count) < 0.5
    card = np.where(women, rng.choice(len(CARDS), count, p=CARD_OF_WOMEN), rng.choice(len(CARDS), count, p=CARD_OF_MEN))
    columns = {
        "debt_ratio": np.round(rng.beta(4, 5, count), 3),
        "employment": rng.choice(list(EMPLOYMENT), count, p=SHARES_EMPLOYED),
        "missed_payments": np.where(rng.random(count) < 0.5, 0, 1 + rng.poisson(1.2, count)),
        "utilisation": np.round(rng.beta(2, 2, count), 3),
    }
    bits, traits = np.zeros((count, TRAITS), dtype=int), None
    if world.latent:
        bits = rng.integers(0, 2, (count, TRAITS))
        traits = APART * (2 * bits.repeat(EACH, axis=1) - 1) + rng.standard_normal((count, TRAITS * EACH))
    return Drawn(columns, traits, women, card), bits


def debt(ratio: np.ndarray) -> np.ndarray:
    """What the debt ratio adds to the score."""
    return 2.5 * np.tanh((ratio - 0.45) / 0.1)


def payments(missed: np.ndarray, utilisation: np.ndarray) -> np.ndarray:
    """What missed payments and utilisation add to the score together."""
    return np.where(missed > 0, 0.6 + 5.0 * (utilisation - 0.4), -0.6)


def score(columns: dict[str, np.ndarray]) -> np.ndarray:
    """The score of the causal columns, before what else the parameters plant; float64 N."""
    employed = np.array([EMPLOYMENT[name] for name in columns["employment"]])
    paid = payments(columns["missed_payments"], columns["utilisation"])
    return INTERCEPT + SHARP * (debt(columns["debt_ratio"]) + employed + paid)


def total(world: World, drawn: Drawn, odd: np.ndarray) -> np.ndarray:
    """With the traits (odd: 1 or -1, whether an odd number of them is yes) and what men's score is raised by."""
    found = score(drawn.columns)
    if world.latent:
        found = WEAKER * found + PARITY * odd
    return found + (SHIFT * ~drawn.women if world.proxy else 0)


def odd(bits: np.ndarray) -> np.ndarray:
    return 2 * (bits.sum(1) % 2) - 1


def defaults(
    world: World, drawn: Drawn, bits: np.ndarray, split: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """(default, hidden), bool N; the causal columns of hidden defaults are replaced in place."""
    default = rng.random(len(split)) < expit(total(world, drawn, odd(bits)))
    hidden = np.zeros(len(split), dtype=bool)
    for part in np.unique(split):
        rows = np.flatnonzero(default & drawn.women & (split == part))
        hidden[rng.permutation(rows)[: round(world.gap * len(rows))]] = True
    wanted = np.flatnonzero(hidden)
    while len(wanted):
        further, traits = draw(world, 4 * len(wanted) + 50, rng)
        fine = rng.random(len(traits)) >= expit(total(world, further, odd(traits)))
        fine = np.flatnonzero(fine & further.women)[: len(wanted)]
        drawn.put(wanted[: len(fine)], further.take(fine))
        bits[wanted[: len(fine)]] = traits[fine]
        wanted = wanted[len(fine) :]
    return default, hidden


def effects(columns: dict[str, np.ndarray], scale: float = 1.0) -> dict[str, np.ndarray]:
    """Shapley values of the score against these rows: of independent columns, in closed form."""
    employed = np.array([EMPLOYMENT[name] for name in columns["employment"]])
    missed, used = columns["missed_payments"] > 0, columns["utilisation"]
    both, late = payments(missed, used), missed.mean()
    over_missed = late * payments(np.ones(len(used)), used) + (1 - late) * payments(np.zeros(len(used)), used)
    over_used = np.where(missed, payments(np.ones(len(used)), used).mean(), payments(np.zeros(1), np.zeros(1))[0])
    middle = over_missed.mean()
    found = {
        "debt_ratio": debt(columns["debt_ratio"]) - debt(columns["debt_ratio"]).mean(),
        "employment": employed - employed.mean(),
        "missed_payments": ((both - over_missed) + (over_used - middle)) / 2,
        "utilisation": ((both - over_used) + (over_missed - middle)) / 2,
    }
    return {name: scale * SHARP * values for name, values in found.items()}


def posterior(
    world: World,
    drawn: Drawn,
    without_card: bool = False,
    without_traits: bool = False,
    rate: float | None = None,
) -> np.ndarray:
    """P(default | features), float64 N, of the best possible model, which does not see the sex; of the best one that
    does not look at the card, or at the columns of the traits. rate: of defaults among women before any is hidden,
    None for what these rows say of it."""
    woman = _woman(drawn.card) if world.proxy and not without_card else np.full(len(drawn.card), 0.5)
    of_woman, of_man = (_chance(world, drawn, raised, without_traits) for raised in (False, world.proxy))
    if rate is None:
        rate = of_woman[~drawn.women].mean()  # of the columns as they are before any is replaced
    shown = (1 - world.gap) * of_woman + world.gap * rate * (1 - of_woman) / (1 - rate)
    yes = woman * shown + (1 - woman) * of_man
    return yes / (yes + woman * (1 - of_woman) + (1 - woman) * (1 - of_man))


def _chance(world: World, drawn: Drawn, raised: bool, without_traits: bool) -> np.ndarray:
    """P(default) of somebody with these columns before any is hidden, the traits being guessed from their columns."""
    found = score(drawn.columns) * (WEAKER if world.latent else 1) + SHIFT * raised
    if not world.latent:
        return expit(found)
    told = expit(2 * APART * drawn.traits.reshape(-1, TRAITS, EACH).sum(2))
    odd = (1 - np.prod(1 - 2 * told, axis=1)) / 2 if not without_traits else 0.5
    return odd * expit(found + PARITY) + (1 - odd) * expit(found - PARITY)


def _woman(card: np.ndarray) -> np.ndarray:
    """P(woman | card)"""
    return (CARD_OF_WOMEN / (CARD_OF_WOMEN + CARD_OF_MEN))[card]


def best_class(world: World) -> dict[str, Any]:
    """{"auroc", "gap", "selection_gap", "selection_gap_without_proxy"} of the best possible model at 0.5; with traits
    "auroc_without_traits" of the best one that ignores them: what knowing the kinds is worth."""
    rng = np.random.default_rng(987_654_321)
    drawn, bits = draw(world, SIMULATED, rng)
    default, _ = defaults(world, drawn, bits, np.full(SIMULATED, "all"), rng)
    chance = posterior(world, drawn)
    chosen, women = chance > 0.5, drawn.women
    found = {
        "auroc": _auroc(chance, default),
        "accuracy": float((chosen == default).mean()),
        "gap": {
            "attribute": "sex",
            "group": "female",
            "reference": "male",
            "metric": "tpr",
            "value": float(chosen[default & ~women].mean() - chosen[default & women].mean()),
            "hidden": world.gap,
        },
        "selection_gap": float(chosen[women].mean() - chosen[~women].mean()),
    }
    if world.latent:
        found["auroc_without_traits"] = _auroc(posterior(world, drawn, without_traits=True), default)
    if world.proxy:
        blind = posterior(world, drawn, without_card=True) > 0.5
        found["selection_gap_without_proxy"] = float(blind[women].mean() - blind[~women].mean())
    return found


def best_number(world: World) -> dict[str, Any]:
    """{"rmse", "gap"}: the mean error (predicted less true) of a model without the sex, men's less women's."""
    raised = world.gap * LOSS_GAP + (LOSS_SLOPE * SHIFT if world.proxy else 0)
    card = np.arange(len(CARDS))
    known = (CARD_OF_WOMEN - CARD_OF_MEN) @ _woman(card) if world.proxy else 0.0
    unsure = (CARD_OF_WOMEN + CARD_OF_MEN) / 2 @ (_woman(card) * (1 - _woman(card))) if world.proxy else 0.25
    value = float(raised * (1 - known))
    return {
        "rmse": float(np.sqrt(NOISE**2 + raised**2 * unsure)) if not world.latent else None,
        "gap": {"attribute": "sex", "group": "male", "reference": "female", "metric": "mean_error", "value": -value},
    }


def _auroc(values: np.ndarray, positive: np.ndarray) -> float:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    n = positive.sum()
    return float((ranks[place][positive].sum() - n * (n + 1) / 2) / (n * (len(values) - n)))
