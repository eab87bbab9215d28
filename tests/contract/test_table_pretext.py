"""Every pretext task of tables, found by listing the folder."""

from __future__ import annotations

import time

import pytest
import torch

from backend.collapse._monitor import Monitor
from backend.engine.feed import ImageFeed
from backend.engine.weights import build_encoder
from backend.pretext._base import Batch, View
from backend.registry import of_kind, plugin
from tests import tables_made

TASKS = of_kind("pretext", "table")
ROWS = 64
TRAINING = tables_made.records(512, seed=9)


def made_as(view: View):
    """The corruption that a view asks for; as it is where it asks for none."""
    if view.augment is None:
        return lambda records, draw: records
    kind = plugin("augment", view.augment)
    policy = kind.call(kind.params(**view.params), tables_made.described(), TRAINING, torch.arange(len(TRAINING)))
    return policy or (lambda records, draw: records)


def settled(name: str, seed: int = 0, **params):
    """(encoder, pretext) on its table, prepared."""
    encoder = build_encoder(tables_made.spec("mlp", width=32, dropout=0.0), seed)
    torch.manual_seed(seed)
    found = plugin("pretext", name)
    pretext = found.call(found.params(**params), encoder.dim, tables_made.described(), TRAINING)
    pretext.prepare(encoder)
    return encoder, pretext


def batch(pretext, seed: int = 0) -> Batch:
    feed = ImageFeed(TRAINING, torch.zeros(len(TRAINING)), made_as(View("recipe")), ROWS, seed, "rows", of=made_as)
    return feed.at(0, pretext.views)


def step(name: str, seed: int = 0, **params):
    """(outcome, encoder, pretext) of one forward pass."""
    encoder, pretext = settled(name, seed, **params)
    return pretext(encoder, batch(pretext, seed)), encoder, pretext


@pytest.mark.parametrize("name", TASKS)
class TestTablePretext:
    def test_loss_is_finite_and_reaches_every_parameter(self, name):
        outcome, encoder, pretext = step(name)
        assert outcome.loss.ndim == 0
        assert torch.isfinite(outcome.loss)
        outcome.loss.backward()
        for module in (encoder, pretext):
            weights = {n: p for n, p in module.named_parameters() if p.ndim > 1}
            assert [n for n, p in weights.items() if p.grad is None or not p.grad.abs().sum() > 0] == []

    def test_is_deterministic(self, name):
        assert torch.equal(step(name)[0].loss, step(name)[0].loss)
        assert not torch.equal(step(name)[0].loss, step(name, seed=1)[0].loss)

    def test_places_hold_every_view_of_every_row(self, name):
        outcome, encoder, pretext = step(name)
        rows = ROWS * len(pretext.views)
        assert outcome.places["backbone"].shape == (rows, encoder.dim)
        assert all(z.ndim == 2 and len(z) == rows for z in outcome.places.values())
        assert all(part.ndim == 0 for part in outcome.parts.values())

    def test_learns_and_comes_below_its_bound(self, name):
        encoder, pretext = settled(name)
        optimizer = torch.optim.AdamW([*encoder.parameters(), *pretext.parameters()], lr=5e-3)
        losses = []
        for done in range(80):
            outcome = pretext(encoder, batch(pretext, done))
            optimizer.zero_grad()
            outcome.loss.backward()
            optimizer.step()
            losses.append(float(outcome.loss.detach()))
        assert sum(losses[-20:]) < sum(losses[:20])
        assert sum(losses[-20:]) / 20 < 0.97 * outcome.bound

    def test_an_encoder_that_says_nothing_learns_nothing_but_the_bound(self, name):
        """The bound is what the loss comes to where no row is told from another."""
        encoder, pretext = settled(name)
        with torch.no_grad():
            encoder.layers[-3].weight.zero_()
            encoder.layers[-3].bias.fill_(1.0)
        optimizer = torch.optim.AdamW(pretext.parameters(), lr=2e-2)
        losses = []
        for done in range(150):
            for group in optimizer.param_groups:
                group["lr"] = 2e-2 * (1 - done / 150)
            outcome = pretext(encoder, batch(pretext, done))
            optimizer.zero_grad()
            outcome.loss.backward()
            optimizer.step()
            losses.append(float(outcome.loss.detach()))
        assert sum(losses[-30:]) / 30 == pytest.approx(outcome.bound, rel=0.05)

    @pytest.mark.parametrize("onset", [0, 9])
    def test_an_encoder_that_collapses_to_a_constant_is_named(self, name, onset):
        encoder, pretext = settled(name)
        monitor, seen = Monitor(3, len(pretext.views), pretext.sphere, pretext.supervised), {}
        held = torch.randn(encoder.dim, generator=torch.Generator().manual_seed(2)) + 2.0
        for done in range(1, onset + 16):
            if done == onset + 1:
                with torch.no_grad():
                    encoder.layers[-3].weight.zero_()
                    encoder.layers[-3].bias.copy_(held)
            outcome = pretext(encoder, batch(pretext, done))
            monitor.update(done, outcome.places, outcome.watched)
            if monitor.due(done):
                seen[done] = monitor.read(done, float(outcome.loss.detach()), outcome.bound)["verdict"]
        assert [seen[done]["state"] for done in seen if done <= onset] == ["healthy"] * (onset // 3 + (onset > 0))
        assert {seen[done]["state"] for done in seen if done > onset + 6} == {"collapsed"}
        assert {seen[done]["kind"] for done in seen if done > onset + 6} <= {"complete", "dimensional"}

    def test_no_row_of_missing_values_breaks_it(self, name):
        encoder, pretext = settled(name)
        seen = batch(pretext)
        for view in seen.views.values():
            view[:5] = torch.nan
        outcome = pretext(encoder, seen)
        outcome.loss.backward()
        assert torch.isfinite(outcome.loss)
        assert all(torch.isfinite(p.grad).all() for p in encoder.parameters() if p.grad is not None)

    def test_keeps_its_time(self, name):
        start = time.process_time()
        step(name)[0].loss.backward()
        assert time.process_time() - start < 2

    def test_params_round_trip(self, name):
        params = plugin("pretext", name).params
        assert params(**params().model_dump()) == params()
        with pytest.raises(ValueError, match="extra"):
            params(no_such_key=1)


@pytest.mark.parametrize("name", [n for n in TASKS if "numbers" in plugin("pretext", n).params.model_fields])
def test_numbers_can_be_guessed_by_value(name):
    outcome, _, pretext = step(name, numbers="value")
    outcome.loss.backward()
    assert torch.isfinite(outcome.loss)
    assert pretext.guesses.by_value == [0, 2, 4]
