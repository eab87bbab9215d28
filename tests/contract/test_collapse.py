"""Every collapse diagnostic, found by listing the folder."""

from __future__ import annotations

import time
from math import isfinite

import pytest
import torch

from backend.collapse._embeddings import Embeddings
from backend.collapse._monitor import Monitor
from backend.registry import names, plugin


@pytest.mark.parametrize("name", names("collapse"))
def test_gives_one_finite_number_the_same_each_time_and_in_time(name):
    found = plugin("collapse", name)
    z = torch.randn(256, 64, generator=torch.Generator().manual_seed(0))
    start = time.process_time()
    first, again = (found.call(Embeddings(z, 2), found.params()) for _ in range(2))
    assert time.process_time() - start < 1
    assert isinstance(first, float)
    assert isfinite(first)
    assert first == again


@pytest.mark.parametrize("name", names("collapse"))
def test_params_round_trip(name):
    params = plugin("collapse", name).params
    assert params(**params().model_dump()) == params()
    with pytest.raises(ValueError, match="extra"):
        params(no_such_key=1)


def test_the_monitor_reads_every_diagnostic():
    monitor = Monitor(1, views=2)
    monitor.update(1, {"projector": torch.randn(32, 8)})
    body = monitor.read(1, 1.0, None)
    assert set(names("collapse")) <= body.keys() | body["places"]["projector"].keys()
