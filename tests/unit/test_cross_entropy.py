"""The cross entropy that works where the logits stand, against torch's own."""

import pytest
import torch
from torch.nn import functional as F

from backend.pretext._cross_entropy import cross_entropy


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_losses_gradients_and_hits_are_those_of_torch(kind):
    random = torch.Generator().manual_seed(0)
    states = torch.randn(50, 16, generator=random).to(kind).requires_grad_()
    weights = torch.randn(300, 16, generator=random).to(kind).requires_grad_()
    truth, share = torch.randint(300, (50,), generator=random), torch.rand(50, generator=random)
    truth[:10] = (states @ weights.T)[:10].argmax(1)

    losses, right = cross_entropy(states @ weights.T, truth)
    (losses * share).sum().backward()
    found = states.grad.clone(), weights.grad.clone()
    states.grad = weights.grad = None
    logits = (states @ weights.T).float()
    expected = F.cross_entropy(logits, truth, reduction="none")
    (expected * share).sum().backward()

    torch.testing.assert_close(losses, expected)
    assert right.tolist() == (logits.argmax(1) == truth).tolist()
    assert right[:10].all()
    torch.testing.assert_close(found, (states.grad, weights.grad))


def test_large_logits_do_not_overflow():
    losses, right = cross_entropy(torch.tensor([[1e4, -1e4, 0.0], [-1e4, 1e4, 0.0]]), torch.tensor([0, 0]))
    assert losses.tolist() == [0.0, 2e4]
    assert right.tolist() == [True, False]


def test_a_constant_model_is_never_right():
    losses, right = cross_entropy(torch.zeros(4, 7), torch.tensor([0, 1, 2, 6]))
    assert not right.any()
    torch.testing.assert_close(losses, torch.full((4,), 7.0).log())


def test_logits_that_something_else_still_needs_are_refused():
    logits = torch.randn(3, 5, requires_grad=True).exp()
    losses, _ = cross_entropy(logits, torch.tensor([0, 1, 2]))
    with pytest.raises(RuntimeError, match="inplace"):
        losses.sum().backward()
