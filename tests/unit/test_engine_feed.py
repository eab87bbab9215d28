"""Which rows a step sees: a pure function of the seed and the step."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from backend.augment._policy import Augmentation
from backend.encoders._examples import Pixels
from backend.engine import feed
from backend.engine.feed import ImageFeed, Sampler
from backend.engine.seeds import derive, generator
from backend.pretext._base import TWO, View
from backend.recipe import Choice
from backend.stages.modality.image.data import policy_of


@given(count=st.integers(1, 60), batch=st.integers(1, 80), seed=st.integers(0, 5))
def test_an_epoch_sees_no_row_twice_and_only_whole_batches(count, batch, seed):
    sampler = Sampler(count, batch, seed, "cpu")
    epoch = torch.cat([sampler.rows(step) for step in range(sampler.per_epoch)])
    assert len(epoch) == len(set(epoch.tolist())) == sampler.per_epoch * min(batch, count)
    assert 0 <= epoch.min() <= epoch.max() < count


def test_rows_do_not_depend_on_what_was_asked_before():
    running, fresh = Sampler(50, 8, 3, "cpu"), Sampler(50, 8, 3, "cpu")
    for step in range(20):
        last = running.rows(step)
    assert torch.equal(last, fresh.rows(19))


def test_epochs_and_seeds_differ():
    sampler = Sampler(32, 32, 0, "cpu")
    assert not torch.equal(sampler.rows(0), sampler.rows(1))
    assert not torch.equal(sampler.rows(0), Sampler(32, 32, 1, "cpu").rows(0))


def test_seeds_by_name_are_pinned():
    assert derive("augment", 0, 1) == 2294347033940246778
    assert derive("augment", 0, 1) != derive("augment", 1, 0)
    assert torch.equal(
        torch.rand(3, generator=generator("cpu", "a", 1)), torch.rand(3, generator=generator("cpu", "a", 1))
    )


def test_pixels_are_scaled_and_laid_channels_last():
    out = Pixels(torch.from_numpy(np.full((2, 3, 4, 4), 255, dtype=np.uint8))).input
    assert out.max() == 1
    assert out.is_contiguous(memory_format=torch.channels_last)


def test_views_have_names_and_what_differs_is_made_apart():
    """Views that are made alike come from one draw of the policy; the first of them as if they were alone."""
    images = torch.randint(0, 256, (8, 1, 16, 16), dtype=torch.uint8)

    def noisy(images, draw):
        return images / 255 + torch.rand(images.shape, generator=draw)

    def half(view):
        return lambda images, draw: noisy(images, draw)[:, :, :8, :8]

    fed = ImageFeed(images, torch.full((8,), -1), noisy, 4, seed=0, of=half)
    small = [View("crop", size=0.5), View("other crop", size=0.5)]
    batch = fed.at(3, [View("first"), small[0], View("second"), small[1]])
    assert list(batch.views) == ["first", "crop", "second", "other crop"]
    assert [tuple(view.shape[2:]) for view in batch.every] == [(16, 16), (8, 8), (16, 16), (8, 8)]
    plain = fed.at(3, TWO)
    assert torch.equal(plain.views["first"], batch.views["first"])
    assert torch.equal(plain.views["second"], batch.views["second"])
    assert not torch.equal(batch.views["crop"], batch.views["other crop"])
    again = fed.at(3, TWO)
    assert torch.equal(plain.views["first"], again.views["first"])
    assert torch.rand(1, generator=plain.generator) == torch.rand(1, generator=again.generator)


def test_smaller_views_are_smaller_images_of_the_same_draw():
    images = torch.randint(0, 256, (8, 3, 16, 16), dtype=torch.uint8)
    policy = Augmentation(scale=0.3, flip=0.5, brightness=0.4, jitter=1.0)
    fed = ImageFeed(
        images, torch.full((8,), -1), policy, 4, seed=0, of=lambda view: policy.seen(None, view.sides(16, 16), True)
    )
    whole, small = fed.at(5, TWO), fed.at(5, [view.smaller(0.5) for view in TWO])
    for name in ("first", "second"):
        assert whole.views[name].shape[2:] == (16, 16)
        assert small.views[name].shape[2:] == (8, 8)
        # the same crops, mirrors and colours, seen coarser
        coarse = torch.nn.functional.avg_pool2d(whole.views[name], 2)
        assert (coarse - small.views[name]).abs().mean() < 0.06
        assert (coarse.roll(1, 0) - small.views[name]).abs().mean() > 0.1


def test_auto_means_bf16_for_convolutions_alone_and_only_where_the_machine_multiplies_it(monkeypatch):
    convolutions, others = torch.nn.Module(), torch.nn.Linear(2, 2)
    convolutions.convolutional = True
    for able, told in ((True, "bf16"), (False, "fp32")):
        monkeypatch.setattr(feed, "multiplies_bf16", lambda able=able: able)
        assert feed.precision("cpu", convolutions) == told
        assert feed.precision("cpu", others) == "fp32"
        assert [feed.precision("cpu", others, wanted) for wanted in ("fp32", "bf16")] == ["fp32", "bf16"]
        assert feed.precision("cuda", others) == "bf16"
        with feed.mixed_precision("cpu", convolutions):
            assert (others(torch.ones(1, 2)).dtype == torch.bfloat16) == able


def test_a_views_sides_are_a_share_of_the_images_in_whole_patches():
    assert View("a").sides(28, 30) == (28, 30)
    assert View("a", size=0.5).sides(28, 30) == (14, 15)
    assert View("a", size=0.5, multiple=4).sides(28, 32) == (16, 16)
    assert View("a", size=0.1, multiple=4).sides(28, 32) == (4, 4)
    assert View("a", size=0.99, multiple=8).sides(28, 32) == (24, 32)


def test_a_view_may_keep_less_of_the_image_and_leave_its_colours_alone():
    """A ramp from left to right tells which part of it a crop shows; colours would move its level."""
    ramp = (torch.arange(32) * 8).expand(64, 3, 32, 32).to(torch.uint8)
    own, shape = Choice(name="photo", flip=0.0, blur=1.0), (3, 32, 32)

    def shown(view):
        out = policy_of(view, own, shape)(ramp, generator("cpu", "view"))
        return out, (out.amax(dim=(1, 2, 3)) - out.amin(dim=(1, 2, 3))) / (31 * 8 / 255)

    small, width = shown(View("part", crop=(0.1, 0.4), colours=False, size=0.5))
    assert small.shape == (64, 3, 16, 16)
    assert 0.2 < width.mean() < 0.6
    assert torch.allclose(small[:, 0], small[:, 1], atol=1e-5), "a grey ramp stays grey"
    whole, width = shown(View("whole", crop=(1.0, 1.0), colours=False))
    assert whole.shape == (64, 3, 32, 32)
    assert width.min() > 0.8
