"""Every encoder of tables, found by listing the folder."""

from __future__ import annotations

import time

import pytest
import torch

from backend.engine.weights import build_encoder
from backend.registry import of_kind, plugin
from tests import tables_made


@pytest.mark.parametrize("name", of_kind("encoders", "table"))
class TestTableEncoder:
    @pytest.mark.parametrize("numbers", ["piecewise", "periodic", "linear"])
    def test_gives_one_finite_vector_a_row(self, name, numbers):
        encoder = build_encoder(tables_made.spec(name, numbers=numbers), seed=0).eval()
        rows = tables_made.records(9)
        rows[0] = torch.nan
        rows[1, 1] = 99  # a code that was not known when the encoder was made
        out = encoder(rows)
        assert out.shape == (9, encoder.dim)
        assert torch.isfinite(out).all()

    def test_embeds_each_feature_by_itself_and_reads_them_together(self, name):
        encoder = build_encoder(tables_made.spec(name), seed=0).eval()
        rows = tables_made.records(8)
        embedded = encoder.embed(rows)
        assert embedded.shape == (8, encoder.features, encoder.width) == (8, rows.shape[1], encoder.width)
        assert torch.allclose(encoder.body(embedded), encoder(rows))
        for feature in range(rows.shape[1]):
            other = rows.clone()
            other[:, feature] = torch.nan
            changed = (encoder.embed(other) != embedded).flatten(2).any(dim=2)
            there = ~rows[:, feature].isnan()
            assert torch.equal(changed[:, feature], there)
            assert not changed[:, [i for i in range(rows.shape[1]) if i != feature]].any()
            assert not torch.allclose(encoder(other)[there], encoder(rows)[there])

    def test_every_parameter_gets_a_gradient(self, name):
        encoder = build_encoder(tables_made.spec(name), seed=0)
        encoder(tables_made.records(256)).square().sum().backward()
        dead = [n for n, p in encoder.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
        assert dead == []

    def test_the_seed_decides_and_the_global_state_is_left_alone(self, name):
        torch.manual_seed(7)
        before = torch.get_rng_state()
        first, again, other = (build_encoder(tables_made.spec(name), seed) for seed in (0, 0, 1))
        assert torch.equal(before, torch.get_rng_state())
        assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
        assert any(not torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))

    def test_no_weight_stands_under_two_names(self, name):
        state = build_encoder(tables_made.spec(name), seed=0).state_dict()
        assert len({value.data_ptr() for value in state.values()}) == len(state)

    def test_keeps_its_time(self, name):
        encoder, rows = build_encoder(tables_made.spec(name), seed=0), tables_made.records(256)
        encoder(rows)
        start = time.process_time()
        encoder(rows).sum().backward()
        assert time.process_time() - start < 1

    def test_params_round_trip(self, name):
        params = plugin("encoders", name).params
        assert params(**params().model_dump()) == params()
        with pytest.raises(ValueError, match="extra"):
            params(no_such_key=1)
