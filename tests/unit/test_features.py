"""Features of frozen encoders: in order, with progress, and stopped when asked."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from backend.encoders._examples import Pixels
from backend.encoders._text import Tokens
from backend.engine.features import encode, read_by
from backend.engine.job import Stopped


class FirstPixel(nn.Module):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images[:, :1, 0, 0]


class Sums(nn.Module):
    def forward(self, tokens: Tokens) -> torch.Tensor:
        return (tokens.ids * tokens.mask).sum(1, keepdim=True).float()


def test_images_keep_their_order_and_tell_how_far():
    images = np.arange(10, dtype=np.uint8)[:, None, None, None] * np.ones((1, 1, 2, 2), np.uint8)
    told = []
    found = encode(FirstPixel(), Pixels(images), "cpu", batch=4, progress=lambda *now: told.append(now))
    assert np.argsort(found[:, 0]).tolist() == list(range(10))
    assert told == [(0, 10), (4, 10), (8, 10), (10, 10)]


def test_texts_keep_their_order_and_are_counted_in_tokens():
    lengths = torch.tensor([3, 1, 2, 5, 4])
    ids = torch.arange(1, 6)[:, None] * (torch.arange(5) < lengths[:, None])
    told = []
    found = read_by(Sums(), Tokens(ids, lengths), "cpu", batch=2, progress=lambda *now: told.append(now))
    assert found[:, 0].tolist() == [3, 2, 6, 20, 20]
    assert told == [(0, 15), (3, 15), (10, 15), (15, 15)]


def test_embedding_ends_when_the_run_is_stopped():
    def stop(done: int, total: int) -> None:
        if done:
            raise Stopped

    with pytest.raises(Stopped):
        encode(FirstPixel(), Pixels(np.zeros((8, 1, 2, 2), np.uint8)), "cpu", batch=4, progress=stop)
