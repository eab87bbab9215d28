"""Dropout leaves out the share it should, from the generator it is given; networks with it train side by side."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from functools import partial

import pytest
import torch

from backend.encoders._dropout import Dropout, drawing_from
from backend.engine.weights import build_encoder
from backend.finetune import linear, lpft
from backend.modality.table import features
from tests.tables_drawn import DESCRIBED, table_task


def test_a_share_is_left_out_and_the_mean_stays():
    layer, ones = Dropout(0.3).train(), torch.ones(400, 500)
    with drawing_from(layer, torch.Generator().manual_seed(0)):
        out = layer(ones)
    assert (out == 0).float().mean().item() == pytest.approx(0.3, abs=0.01)
    assert out[out > 0] == pytest.approx(1 / 0.7)
    assert layer.generator is None
    assert layer.eval()(ones) is ones


def test_what_is_left_out_comes_from_its_generator_alone():
    layer, ones, before = Dropout(0.5).train(), torch.ones(50), torch.get_rng_state()
    drawn = []
    for _ in range(2):
        with drawing_from(layer, torch.Generator().manual_seed(3)):
            drawn.append(layer(ones))
    assert (drawn[0] == drawn[1]).all()
    assert (torch.get_rng_state() == before).all()


def task_of_a_network():
    """A table whose network has dropout, on two subsets of two fractions."""
    told = {"modality": "table", "arguments": [features.arguments(DESCRIBED)], "classes": ["no", "yes"]}
    encoder = build_encoder({"encoder": {"name": "mlp", "width": 16, "column": 4, "dropout": 0.3}, **told}, 0)
    task = table_task()
    with torch.no_grad():
        return replace(task, encoder=partial(deepcopy, encoder), features=encoder.eval()(task.inputs.values))


def test_networks_with_dropout_get_the_same_numbers_side_by_side_as_in_turn():
    task, params = task_of_a_network(), lpft.Params(learning_rates=(1e-2,), steps=30)
    alone = list(lpft.fit(replace(task, settled={}), params))
    torch.set_num_threads(2)
    try:
        together = list(lpft.fit(replace(task, settled={}), params))
    finally:
        torch.set_num_threads(1)
    assert any(one.chosen["step"] for one in alone)
    for one, other in zip(alone, together, strict=True):
        assert (one.cell, one.chosen) == (other.cell, other.chosen)
        assert (one.test == other.test).all()


def test_methods_of_one_arm_solve_its_probes_once(monkeypatch):
    solved, plain = [], linear._solve
    monkeypatch.setattr(linear, "_solve", lambda *given: solved.append(1) or plain(*given))
    task = replace(task_of_a_network(), shared={})
    first = linear.probes(task, linear.Params())
    again = linear.probes(replace(task), linear.Params())
    assert len(solved) == 2  # one a fraction
    assert all((a[1].weight == b[1].weight).all() for a, b in zip(first, again, strict=True))
    linear.probes(replace(task, shared=None), linear.Params())
    assert len(solved) == 4
