"""Integrated Gradients of columns: gradients summed from background rows to the row, in the columns' embeddings.

Sundararajan, Taly & Yan (2017), arXiv 1703.01365, averaged over the background rows (Erion et al. 2021, arXiv
1906.10670). A category has no way from one value to another, so the paths run through the vectors that the encoder
gives each feature (`embed`); a feature's score is the sum over its vector. The scores should add up to the change of
the target's logit (or of the number) from the mean over the background rows to the row. Their relative error is at most
`tolerance` or the steps are doubled; a row that has not got there at `max_steps` keeps its best scores and counts as
not certified.
"""

from __future__ import annotations

import torch
from captum.attr import IntegratedGradients
from pydantic import Field
from torch import Tensor, nn

from ..registry import Strict
from ._base import Maps, explaining, leaf
from ._completeness import certify
from ._table import Rows, at_once, batches, logits

KINDS = ("table",)
TITLE = "Integrated Gradients"


class Params(Strict):
    steps: int = Field(32, ge=2, le=4096, description="Evaluations of the path integral to begin with")
    max_steps: int = Field(512, ge=2, le=4096, description="Steps are doubled up to this many")
    tolerance: float = Field(0.01, gt=0, le=1, description="Largest relative completeness error that is certified")


def attribute(model: nn.Module, rows: Rows, target: Tensor, params: Params) -> Maps:
    """`model` is a Classifier over a TableEncoder, target int64 N -> Maps (float32 N x F) with errors and steps."""
    bare = logits(model, rows.base).mean(dim=0, keepdim=True)
    change = (logits(model, rows.values) - bare).gather(1, target.view(-1, 1)).squeeze(1)
    parts = []
    with explaining(model):
        method = IntegratedGradients(lambda embedded: model.head(model.encoder.body(embedded)))
        baseline = model.encoder.embed(rows.base).detach()
        for part in batches(rows):
            embedded = model.encoder.embed(rows.values[part]).detach()
            size = at_once(rows) * len(baseline)
            parts.append(certify(_of(method, embedded, baseline, target[part], size), change[part], params))
    scores, errors, steps = (torch.cat(column) for column in zip(*parts, strict=True))
    return Maps(scores, errors, steps, "column embeddings")


def _of(method: IntegratedGradients, embedded: Tensor, baseline: Tensor, target: Tensor, size: int):
    """(positions, steps) -> scores n x F, summed over the vectors, averaged over the baselines"""

    def attributions(chosen: Tensor, steps: int) -> Tensor:
        count = len(baseline)
        found = method.attribute(
            leaf(embedded[chosen].repeat_interleave(count, dim=0)),
            baselines=baseline.repeat(len(chosen), 1, 1),
            target=target[chosen].repeat_interleave(count),
            n_steps=steps,
            internal_batch_size=max(size, len(chosen) * count),
        )
        summed = found.detach().sum(dim=2).unflatten(0, (len(chosen), count))
        return summed.mean(dim=1).to("cpu", torch.float32)

    return attributions
