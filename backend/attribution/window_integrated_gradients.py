"""Integrated Gradients of windows: gradients summed from a window that is flat at the channels' means to the window.

Sundararajan, Taly & Yan (2017), arXiv 1703.01365. The scores should add up to the change of the target's logit (or of
the number) between the two. Their relative error is at most `tolerance` or the steps are doubled; a window that has not
got there at `max_steps` keeps its best scores and counts as not certified. Steps without a reading score 0.
"""

from __future__ import annotations

import torch
from captum.attr import IntegratedGradients
from pydantic import Field
from torch import Tensor, nn

from ..registry import Strict
from ._base import Maps, explaining, leaf
from ._completeness import certify
from ._windows import VALUES_AT_ONCE, Pieces, batches, logits

KINDS = ("series",)
TITLE = "Integrated Gradients"


class Params(Strict):
    steps: int = Field(32, ge=2, le=4096, description="Evaluations of the path integral to begin with")
    max_steps: int = Field(512, ge=2, le=4096, description="Steps are doubled up to this many")
    tolerance: float = Field(0.01, gt=0, le=1, description="Largest relative completeness error that is certified")


def attribute(model: nn.Module, parts: Pieces, target: Tensor, params: Params) -> Maps:
    """`model` is a Classifier over a SeriesEncoder, target int64 N -> Maps, float32 N x C x L, errors and steps."""
    values = parts.values
    flat = torch.where(values.isnan(), values, torch.zeros_like(values))
    change = (logits(model, values) - logits(model, flat)).gather(1, target.view(-1, 1)).squeeze(1)
    found = []
    with explaining(model):
        for part in batches(values):
            found.append(certify(_of(model, values[part], target[part]), change[part], params))
    scores, errors, steps = (torch.cat(column) for column in zip(*found, strict=True))
    return Maps(scores, errors, steps)


def _of(model: nn.Module, values: Tensor, target: Tensor):
    """(positions, steps) -> scores n x C x L. What is missing stays so along the whole path."""
    gone, filled = values.isnan(), torch.nan_to_num(values)

    def attributions(chosen: Tensor, steps: int) -> Tensor:
        lacking = gone[chosen]

        def answer(given: Tensor, away: Tensor) -> Tensor:
            return model(given.masked_fill(away, torch.nan))

        found = IntegratedGradients(answer).attribute(
            leaf(filled[chosen]),
            baselines=0.0,
            target=target[chosen],
            additional_forward_args=(lacking,),
            n_steps=steps,
            internal_batch_size=max(len(chosen), VALUES_AT_ONCE // max(1, values[0].numel())),
        )
        return found.detach().masked_fill(lacking, 0.0).to("cpu", torch.float32)

    return attributions
