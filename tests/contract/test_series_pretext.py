"""Every pretext task of sensor series, found by listing the folder."""

from __future__ import annotations

import time

import pytest
import torch

from backend.collapse._monitor import Monitor
from backend.engine.feed import ImageFeed
from backend.engine.weights import build_encoder
from backend.pretext import ts2vec
from backend.pretext._base import Batch, View
from backend.pretext._series import TIME
from backend.registry import of_kind, plugin
from backend.workspace.layout import BadInput
from tests import series_made
from tests.series_made import DESCRIBED

TASKS = of_kind("pretext", "series")
ROWS = 48
TRAINING = series_made.windows(256, seed=9)


def made_as(view: View):
    kind = plugin("augment", view.augment or "machine_sensors")
    return kind.call(kind.params(**view.params), DESCRIBED) or (lambda values, draw: values)


def settled(name: str, seed: int = 0, encoder: str = "tcn", **params):
    """(encoder, pretext), prepared."""
    small = {"tcn": {"width": 16, "dim": 32, "layers": 3, "dropout": 0.0}, "patch_transformer": {"patch": 4}}
    built = build_encoder(series_made.spec(encoder, **small.get(encoder, {})), seed)
    torch.manual_seed(seed)
    found = plugin("pretext", name)
    pretext = found.call(found.params(**params), built.dim, DESCRIBED)
    pretext.prepare(built)
    return built, pretext


def batch(pretext, seed: int = 0) -> Batch:
    feed = ImageFeed(TRAINING, torch.zeros(len(TRAINING)), made_as(View("recipe")), ROWS, seed, "windows", of=made_as)
    return feed.at(0, pretext.views)


@pytest.mark.parametrize("name", TASKS)
class TestSeriesPretext:
    @pytest.mark.parametrize("encoder", of_kind("encoders", "series"))
    def test_loss_is_finite_and_reaches_every_parameter(self, name, encoder):
        built, pretext = settled(name, encoder=encoder)
        outcome = pretext(built, batch(pretext))
        assert outcome.loss.ndim == 0
        assert torch.isfinite(outcome.loss)
        outcome.loss.backward()
        for module in (built, pretext):
            weights = {n: p for n, p in module.named_parameters() if p.ndim > 1}
            assert [n for n, p in weights.items() if p.grad is None or not p.grad.abs().sum() > 0] == []
        watched = len(pretext.views) if outcome.watched is None else outcome.watched
        assert outcome.places["backbone"].shape == (watched * ROWS, built.dim)
        assert all(len(z) == watched * ROWS for place, z in outcome.places.items() if place != TIME)
        assert outcome.places[TIME].shape[1] == built.dim

    def test_is_deterministic(self, name):
        def loss(seed: int):
            built, pretext = settled(name, seed)
            return pretext(built, batch(pretext, seed)).loss

        assert torch.equal(loss(0), loss(0))
        assert not torch.equal(loss(0), loss(1))

    def test_learns_and_comes_below_its_bound(self, name):
        built, pretext = settled(name)
        optimizer = torch.optim.AdamW([*built.parameters(), *pretext.parameters()], lr=3e-3)
        shares = []
        for done in range(40):
            outcome = pretext(built, batch(pretext, done))
            optimizer.zero_grad()
            outcome.loss.backward()
            optimizer.step()
            shares.append(float(outcome.loss.detach()) / float(outcome.bound))
        assert sum(shares[-10:]) < sum(shares[:10])
        assert sum(shares[-10:]) / 10 < 0.95

    def test_an_encoder_that_collapses_to_a_constant_is_named(self, name):
        built, pretext = settled(name)
        monitor = Monitor(3, len(pretext.views), pretext.sphere, pretext.supervised)
        states, held = {}, torch.randn(built.dim, generator=torch.Generator().manual_seed(2)) + 2.0
        last = built.blocks[-1]
        for done in range(1, 25):
            if done == 10:
                with torch.no_grad():
                    last.second.weight.zero_()
                    last.second.bias.copy_(held)
                    last.skip.weight.zero_()
                    last.skip.bias.zero_()
            outcome = pretext(built, batch(pretext, done))
            monitor.update(done, outcome.places, outcome.watched)
            if monitor.due(done):
                states[done] = monitor.read(done, float(outcome.loss.detach()), outcome.bound)["verdict"]["state"]
        assert {states[done] for done in states if done < 10} == {"healthy"}
        assert {states[done] for done in states if done > 16} == {"collapsed"}

    def test_an_encoder_that_says_the_same_at_every_step_is_seen_over_time(self, name):
        built, pretext = settled(name)
        own = built.frames
        built.frames = lambda windows: own(windows).amax(dim=1, keepdim=True).expand(-1, windows.shape[-1], -1)
        monitor = Monitor(1, len(pretext.views), pretext.sphere, pretext.supervised)
        outcome = pretext(built, batch(pretext))
        monitor.update(1, outcome.places, outcome.watched)
        places = monitor.read(1, float(outcome.loss.detach()), outcome.bound)["places"]
        assert not places[TIME]["scale"]
        assert places["backbone"]["effective_rank"] > 2

    def test_no_window_of_missing_values_breaks_it(self, name):
        built, pretext = settled(name)
        seen = batch(pretext)
        for view in seen.views.values():
            view[:5] = torch.nan
        outcome = pretext(built, seen)
        outcome.loss.backward()
        assert torch.isfinite(outcome.loss)
        assert all(torch.isfinite(p.grad).all() for p in built.parameters() if p.grad is not None)

    def test_keeps_its_time(self, name):
        built, pretext = settled(name)
        seen = batch(pretext)
        start = time.process_time()
        pretext(built, seen).loss.backward()
        assert time.process_time() - start < 1

    def test_params_round_trip(self, name):
        params = plugin("pretext", name).params
        assert params(**params().model_dump()) == params()
        with pytest.raises(ValueError, match="extra"):
            params(no_such_key=1)


def test_masked_patches_hides_stretches_and_a_silent_head_comes_to_its_bound():
    built, pretext = settled("masked_patches", share=0.5, steps=6)
    gone = pretext.hidden(batch(pretext).only, torch.Generator().manual_seed(1))
    assert 0.4 < gone.float().mean() < 0.6
    assert torch.equal(gone[..., ::6].repeat_interleave(6, dim=2), gone)
    with torch.no_grad():
        pretext.guess.weight.zero_()
        pretext.guess.bias.zero_()
    outcome = pretext(built, batch(pretext))
    assert float(outcome.loss.detach()) == pytest.approx(float(outcome.bound), rel=1e-5)


def test_ts2vec_is_the_authors_loss():
    """Their formula, written as they write it: lower and upper triangles of the likenesses, without the diagonal."""
    draw = torch.Generator().manual_seed(0)
    first, second = torch.randn(2, 5, 8, 3, generator=draw)

    def theirs(one, other):
        z = torch.cat([one, other], dim=1)
        likeness = z @ z.transpose(1, 2)
        logits = torch.tril(likeness, diagonal=-1)[:, :, :-1] + torch.triu(likeness, diagonal=1)[:, :, 1:]
        told = -torch.log_softmax(logits, dim=-1)
        count = one.shape[1]
        i = torch.arange(count)
        return (told[:, i, count + i - 1].mean() + told[:, count + i, i].mean()) / 2

    wanted, scales, one, other = 0.0, 0, first, second
    while one.shape[1] > 1:
        wanted += 0.5 * theirs(one.transpose(0, 1), other.transpose(0, 1)) + 0.5 * theirs(one, other)
        scales += 1
        one, other = (torch.nn.functional.max_pool1d(z.transpose(1, 2), 2).transpose(1, 2) for z in (one, other))
    wanted = (wanted + 0.5 * theirs(one.transpose(0, 1), other.transpose(0, 1))) / (scales + 1)
    assert float(ts2vec.hierarchical(first, second, 0.5)[0]) == pytest.approx(float(wanted), rel=1e-5)
    same = torch.ones(5, 8, 3)
    loss, bound = ts2vec.hierarchical(same, same, 0.5)
    assert float(loss) == pytest.approx(bound, rel=1e-5)


def test_ts2vec_compares_the_same_steps():
    _, pretext = settled("ts2vec")
    for seed in range(50):
        begin, left, right, end = pretext.crops(24, torch.Generator().manual_seed(seed))
        assert 0 <= begin <= left < right <= end <= 24
        assert right - left >= 12


@pytest.mark.parametrize(("name", "params"), [("cpc", {"pieces": 20}), ("cpc", {"pieces": 3, "ahead": 3})])
def test_windows_that_are_too_short_are_one_line(name, params):
    with pytest.raises(BadInput, match=f"pretext {name}: expected windows of at least"):
        settled(name, **params)
