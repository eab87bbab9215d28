"""KernelSHAP: Shapley values of the features, from a weighted regression on random sets of them.

Lundberg & Lee (2017), arXiv 1705.07874. A feature that is not in a set has the values of background rows, whose
answers are averaged. Every set comes
with its complement, which removes most of the sampling error (Covert & Lee 2021, arXiv 2012.01536), and every row is
asked about the same sets, so that rows can be compared. The scores add up to the change of the target's logit from the
mean over the background rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
from captum.attr import KernelShap
from pydantic import Field
from torch import Tensor, nn

from ..engine.seeds import seed_all
from ..registry import Strict
from ._base import Maps, explaining
from ._table import Rows, at_once, check_features, kept
from .column_ablation import ablated

KINDS = ("table",)
TITLE = "KernelSHAP"


class Params(Strict):
    samples: int = Field(256, ge=16, le=100_000, description="Random sets of features, beside four for each feature")
    seed: int = Field(0, ge=0, lt=2**31, description="Of the random sets")


class Paired(KernelShap):
    def kernel_shap_perturb_generator(self, original_inp: Any, **kwargs: Any) -> Iterator[Tensor]:
        drawn = super().kernel_shap_perturb_generator(original_inp, **kwargs)
        yield next(drawn)  # all features, then none
        yield next(drawn)
        for one in drawn:
            yield one
            yield 1 - one


@torch.no_grad()
def attribute(model: nn.Module, rows: Rows, target: Tensor, params: Params) -> Maps:
    """`model` is a Classifier over a TableEncoder, target int64 N -> Maps, float32 N x F. Raises BadInput for more than
    MOST_FEATURES features."""
    check_features("kernel_shap", rows)
    if rows.features == 1:  # a set of one feature is all there is
        return Maps(ablated(model, replace(rows, background=rows.base), target))
    found = []
    with explaining(model), torch.random.fork_rng(devices=[]):
        method = Paired(kept(model, rows.base))
        for at in range(len(rows)):
            seed_all(params.seed)
            values = rows.values[at : at + 1]
            scores = method.attribute(
                torch.ones_like(values),
                baselines=0.0,
                target=target[at : at + 1],
                additional_forward_args=(values,),
                n_samples=params.samples + 4 * rows.features,
                perturbations_per_eval=at_once(rows),
            )
            found.append(scores.to("cpu", torch.float32))
    return Maps(torch.cat(found))
