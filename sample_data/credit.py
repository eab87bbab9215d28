"""Invented loan applications whose right answers are known: causal columns, leak, proxy, group gap and noise.

Target `default` (yes or no) or `loss` (a number, in thousands). Four columns decide, by a score:

debt_ratio       nonlinear: low up to 0.3, steep around 0.45, high from 0.6 on
employment       a category: permanent, self-employed, temporary, in rising risk
missed_payments, utilisation    an interaction: after a missed payment risk rises with the utilisation of the credit
                 line; without one utilisation says nothing. So utilisation is causal in some rows only

Everything else is nuisance: numbers, categories, dates and missing values that say nothing of the target. The label is
drawn: P(default) = sigmoid(score); loss = 12 + score + normal noise of 1.5 (thousand).

leak     a column that is written after the outcome: `collection_fee`, known after nearly every default and after
         few other loans; of `loss` it is the amount written off. Off by default, so that the built-in set is clean
proxy    a column, `store_card`, tells the sex, and men's score is higher by 1 whatever the other columns say, so a
         model that never sees the sex learns to treat men and women differently through their cards
gap      of this share of women's defaults the causal columns look like those of a woman who paid (exactly, in every
         split), so nobody can see them coming: a gap in the TPR. Men's loss is higher by `gap` x 5
latent   18 columns that hide three yes-or-no traits of a customer, six columns each; only whether an odd number of
         them is "yes" matters. Few labels cannot show that, the columns without labels do show the eight kinds

The sex is no feature. `labelled`: the share of train's rows whose target is known; val and test are known. What the
best possible model gets (one that knows how rows are made, but of a row no more than its features) is simulated on
100,000 further rows.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import Field

from . import Sample, SampleParams
from . import _credit as world

KIND = "table"
CAUSAL = ("debt_ratio", "employment", "missed_payments", "utilisation")
SHARES = {"train": 0.7, "val": 0.15, "test": 0.15}
AGES = (30, 50)


class Params(SampleParams):
    n: int = Field(4000, ge=200, le=1_000_000, description="Rows")
    seed: int = Field(0, ge=0, lt=2**31)
    target: Literal["default", "loss"] = Field("default", description="What is predicted: a class or a number")
    labelled: float = Field(0.5, gt=0, le=1, description="Share of train's rows whose target is known")
    leak: bool = Field(False, description="A column that is written after the outcome")
    proxy: bool = Field(True, description="A column that tells the sex, and a disadvantage that it carries")
    gap: float = Field(0.3, ge=0, le=0.6, description="Share of women's defaults that show no sign: the gap in TPR")
    latent: bool = Field(False, description="Traits that only the unlabelled rows give away")


def make(params: Params) -> Sample:
    rng = np.random.default_rng(params.seed)
    splits = np.repeat(list(SHARES), np.diff(np.rint(np.cumsum([0, *SHARES.values()]) * params.n).astype(int)))
    split = rng.permutation(splits)
    drawn, bits = world.draw(params, params.n, rng)
    if params.target == "default":
        default, hidden = world.defaults(params, drawn, bits, split, rng)
        outcome = np.where(default, "yes", "no").astype(object)
        leak = _collected(default, rng)
    else:
        loss = _loss(params, drawn, bits, rng)
        outcome, hidden = np.round(loss, 3).astype(object), np.zeros(params.n, dtype=bool)
        leak = np.round(0.9 * loss + rng.normal(0, 0.3, params.n), 2).astype(object)
    unknown = (split == "train") & (rng.random(params.n) >= params.labelled)
    columns = {"customer": np.array([f"C{i:06d}" for i in rng.permutation(params.n)]), "split": split}
    columns |= _written(drawn, params, rng) | _nuisance(drawn, params.n, rng)
    columns |= {"collection_fee": leak} if params.leak else {}
    columns[params.target] = np.where(unknown, None, outcome)
    return Sample(
        images=None,
        columns=columns,
        label=params.target,
        split="split",
        kind="table",
        sensitive=[{"column": "sex"}, {"column": "age", "cuts": list(AGES)}],
        column_types={"sex": "leave out"},
        target="class" if params.target == "default" else "number",
        unit=None if params.target == "default" else "thousand",
        truth=_truth(params, drawn, bits, hidden),
    )


def _loss(params: Params, drawn: world.Drawn, bits: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    raised = params.gap * world.LOSS_GAP * ~drawn.women
    return (
        world.LOSS_MEAN
        + world.LOSS_SLOPE * world.total(params, drawn, world.odd(bits))
        + raised
        + rng.normal(0, world.NOISE, len(raised))
    )


def _collected(default: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What was collected: of 97 % of the defaults and of 3 % of the other loans."""
    known = rng.random(len(default)) < np.where(default, 0.97, 0.03)
    return np.where(known, np.round(rng.gamma(3, 150, len(default)), 2), None)


def _written(drawn: world.Drawn, params: Params, rng: np.random.Generator) -> dict[str, np.ndarray]:
    found = {**drawn.columns, "sex": np.where(drawn.women, "female", "male")}
    if params.proxy:
        found["store_card"] = np.array(world.CARDS)[drawn.card]
    if params.latent:
        found |= {
            f"habit_{i + 1:02d}": np.round(drawn.traits[:, i], 3) for i in rng.permutation(world.TRAITS * world.EACH)
        }
    return found


def _nuisance(drawn: world.Drawn, count: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Columns that say nothing of target or sex. Income is missing more often without a permanent employment."""
    settled = drawn.columns["employment"] == "permanent"
    applied = np.datetime64("2023-01-01") + rng.integers(0, 730, count).astype("timedelta64[D]")
    since = applied - (30 + rng.gamma(1.5, 900, count)).astype("timedelta64[D]")
    gone = rng.random(count) < np.where(settled, 0.03, 0.12)
    return {
        "age": rng.integers(18, 80, count),
        "income": np.where(gone, np.nan, np.round(rng.lognormal(10.3, 0.4, count), -2)),
        "savings": np.round(rng.gamma(0.8, 6000, count), 2),
        "amount": np.round(rng.lognormal(9.2, 0.5, count), -2),
        "term_months": rng.choice([12, 24, 36, 48, 60, 84], count),
        "housing": rng.choice(["rent", "own", "family"], count, p=[0.55, 0.33, 0.12]),
        "region": rng.choice([f"R{i:02d}" for i in range(12)], count, p=np.arange(12, 0, -1) / 78),
        "telephone": rng.choice(["yes", "no"], count, p=[0.8, 0.2]),
        "months_at_address": np.where(rng.random(count) < 0.08, np.nan, rng.integers(0, 360, count)),
        "cards": rng.poisson(2, count),
        "applied_on": applied.astype(str),
        "customer_since": since.astype(str),
    }


def _truth(params: Params, drawn: world.Drawn, bits: np.ndarray, hidden: np.ndarray) -> dict[str, Any]:
    """causal: {column: bool N, whether it decides in this row}; effects: {column: float64 N}, Shapley values of the
    score, exact since the columns are independent; hidden: bool N; bits: the traits."""
    count = params.n
    causal = {name: np.ones(count, dtype=bool) for name in CAUSAL}
    causal["utilisation"] = drawn.columns["missed_payments"] > 0
    if params.latent:
        causal |= {f"habit_{i + 1:02d}": np.ones(count, dtype=bool) for i in range(world.TRAITS * world.EACH)}
    return {
        "causal": causal,
        "effects": world.effects(drawn.columns, world.WEAKER if params.latent else 1.0),
        "hidden": hidden,
        "leak": "collection_fee" if params.leak else None,
        "proxy": {"column": "store_card", "attribute": "sex", "shift": world.SHIFT} if params.proxy else None,
        "latent": bits if params.latent else None,
        "noise": world.NOISE if params.target == "loss" else None,
        **(world.best_number(params) if params.target == "loss" else world.best_class(params)),
    }
