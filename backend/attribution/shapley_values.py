"""Shapley values by sampling: the mean change of the target's logit when a feature comes, over random orders.

Castro, Gómez & Tejada (2009), Computers & Operations Research 36:1726. Features come one after another in place of the
background rows' values, in random orders that are the same for every row. The scores add up to the change of the
target's logit from the mean over the background rows in each order, and so on average.
"""

from __future__ import annotations

import torch
from captum.attr import ShapleyValueSampling
from pydantic import Field
from torch import Tensor, nn

from ..engine.seeds import seed_all
from ..registry import Strict
from ._base import Maps, explaining
from ._table import Rows, batches, check_features, kept

KINDS = ("table",)
TITLE = "Shapley values (sampled)"


class Params(Strict):
    orders: int = Field(24, ge=2, le=10_000, description="Random orders of the features")
    seed: int = Field(0, ge=0, lt=2**31, description="Of the orders")


@torch.no_grad()
def attribute(model: nn.Module, rows: Rows, target: Tensor, params: Params) -> Maps:
    """`model` is a Classifier over a TableEncoder, target int64 N -> Maps, float32 N x F. Raises BadInput for more than
    MOST_FEATURES features."""
    check_features("shapley_values", rows)
    found = []
    with explaining(model), torch.random.fork_rng(devices=[]):
        method = ShapleyValueSampling(kept(model, rows.base))
        for part in batches(rows):
            seed_all(params.seed)
            values = rows.values[part]
            scores = method.attribute(
                torch.ones_like(values),
                baselines=0.0,
                target=target[part],
                additional_forward_args=(values,),
                n_samples=params.orders,
            )
            found.append(scores.to("cpu", torch.float32))
    return Maps(torch.cat(found))
