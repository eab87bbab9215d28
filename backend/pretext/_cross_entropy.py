"""Cross entropy over a vocabulary in the memory of its logits.

`torch.nn.functional.cross_entropy` keeps the logits, their logarithm of the softmax and, in the backward pass, two
gradients of the same size: for language models these tables of places x vocabulary are the largest of the step, and
writing them takes longer than computing them. Here the logits become the softmax where they stand, and the softmax
becomes the gradient (softmax minus the truth) where it stands.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


class _InPlace(torch.autograd.Function):
    @staticmethod
    def forward(ctx, logits: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
        place = truth[:, None]
        own = logits.gather(1, place)
        logits.scatter_(1, place, float("-inf"))
        others = logits.amax(1, keepdim=True)
        logits.scatter_(1, place, own)
        top = torch.maximum(own, others)
        total = logits.sub_(top).exp_().sum(1, keepdim=True)
        logits.div_(total)
        ctx.save_for_backward(logits, truth)
        right = (own > others)[:, 0]
        ctx.mark_non_differentiable(right)
        return (total.log() + top - own)[:, 0], right

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor, _: Tensor) -> tuple[Tensor, None]:
        softmax, truth = ctx.saved_tensors
        softmax.scatter_add_(1, truth[:, None], softmax.new_full((len(truth), 1), -1.0))
        return softmax.mul_(gradient[:, None]), None


def cross_entropy(logits: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    """Cross entropies (nats), float32 M, and whether the true class alone had the largest logit, bool M.

    logits: float M x C, destroyed when they are float32; truth: int64 M. One backward pass, of the first order.
    """
    return _InPlace.apply(logits.float(), truth)
