"""Losses of networks that learn classes: what a recipe may choose, and that saying nothing changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from backend.engine.targets import of
from backend.finetune._task import Task
from backend.recipe import resolve
from backend.registry import catalogue
from backend.workspace.layout import BadInput


def test_without_a_choice_it_is_cross_entropy():
    answers, truth = torch.randn(20, 3, generator=torch.Generator().manual_seed(0)), torch.arange(20) % 3
    told = of("class").learning(truth.numpy(), 3)
    assert torch.equal(told.losses(answers, truth), F.cross_entropy(answers, truth, reduction="none"))


def test_focal_loss_is_that_of_its_paper():
    """FL = -(1 - p)^2 log p, p the probability of the row's class; an easy row hardly counts."""
    answers, truth = torch.tensor([[4.0, 0.0], [0.0, 0.0], [0.0, 3.0]]), torch.tensor([0, 1, 0])
    p = answers.softmax(1)[torch.arange(3), truth]
    told = of("class").learning(truth.numpy(), 2, "focal").losses(answers, truth)
    assert told.numpy() == pytest.approx((-((1 - p) ** 2) * p.log()).numpy(), rel=1e-5)
    assert told[0] < 1e-3 * told[2]


@pytest.mark.parametrize(("loss", "even"), [("cross_entropy", False), ("focal", False), ("balanced", True)])
def test_balanced_weighs_classes_alike(loss, even):
    labels = np.array([0] * 9 + [1] * 3)
    rest = {"cells": (), "wanted": (), "train": labels, "val": labels, "test": labels, "classes": 2, "inputs": None}
    task = Task(**rest, labels=labels, metric="accuracy", device=torch.device("cpu"), loss=loss)
    weights = task.row_weights(np.arange(12), task.balanced)
    assert bool(weights[:9].sum() == pytest.approx(weights[9:].sum())) == even
    assert weights.mean() == pytest.approx(1)


def test_a_number_has_no_such_choice():
    told = {"data": {"name": "n"}, "finetune": {"loss": "focal", "metric": "mae"}}
    with pytest.raises(BadInput, match=r"finetune\.loss: expected 'cross_entropy' where a number is predicted"):
        resolve(told, catalogue(), target="number")
    assert resolve({"data": {"name": "n"}}, catalogue(), target="number").finetune.loss == "cross_entropy"
