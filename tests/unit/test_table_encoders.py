"""What only one encoder of tables has, against its formula; how numbers become vectors."""

from __future__ import annotations

import pytest
import torch

from backend.encoders import ft_transformer, mlp, tabm
from backend.encoders._table import ColumnEmbedding, Embedded, thinned
from backend.engine.weights import build_encoder
from backend.workspace.layout import BadInput
from tests import tables_made

NUMBER = {"kind": "number", "edges": [-1.0, 0.0, 1.0, 3.0]}


@pytest.mark.parametrize("joined", ["mean", "side by side"])
def test_a_member_of_tabm_is_a_network_of_its_own(joined):
    """Equation 4 of arXiv 2410.24210, member by member."""
    spec = tables_made.spec("tabm", members=3, width=8, column=2, layers=2, joined=joined)
    encoder = build_encoder(spec, 0).eval()
    shared = [layer for layer in encoder.layers if isinstance(layer, tabm.Shared)]
    with torch.no_grad():
        for layer in shared:
            for own in (layer.into, layer.out, layer.bias):
                own.add_(torch.randn_like(own) * 0.3)
        embedded = torch.randn(5, 7, 2)
        found = []
        for member in range(3):
            x = embedded.flatten(1)
            for layer in shared:
                x = layer.out[member] * (layer.weight @ (layer.into[member] * x).T).T + layer.bias[member]
                x = x.clamp_min(0)
            found.append(x)
        expected = sum(found) / 3 if joined == "mean" else torch.cat(found, dim=1)
        assert torch.allclose(encoder.body(embedded), expected, atol=1e-5)


def test_members_begin_apart_by_signs_alone():
    encoder = build_encoder(tables_made.spec("tabm", members=5, width=8), 0)
    first, second, _ = (layer for layer in encoder.layers if isinstance(layer, tabm.Shared))
    assert first.into.abs().eq(1).all()
    assert 0.3 < (first.into > 0).float().mean() < 0.7
    assert second.into.eq(1).all()
    assert first.out.eq(1).all()
    assert first.bias.eq(first.bias[0]).all()


def test_the_last_block_computes_what_is_read_and_no_more():
    encoder = build_encoder(tables_made.spec("ft_transformer", width=16, heads=2, dropout=0.0), 0).eval()
    tokens = torch.randn(4, 6, 16)
    block = encoder.blocks[-1]
    assert torch.allclose(block(tokens, last=True), block(tokens)[:, :1], atol=1e-5)


def test_columns_are_told_apart_and_their_order_does_not_matter_to_attention():
    encoder = build_encoder(tables_made.spec("ft_transformer", width=16, heads=2, dropout=0.0), 0).eval()
    embedded = torch.randn(1, 1, 16).expand(1, 7, 16)  # the same value in every column
    with torch.no_grad():
        plain = encoder.body(embedded)
        encoder.own.copy_(encoder.own.flip(0))
        assert torch.allclose(encoder.body(embedded), plain, atol=1e-5)
        encoder.own[0] += 1
        assert not torch.allclose(encoder.body(embedded), plain, atol=1e-3)


def test_heads_must_divide_the_width():
    with pytest.raises(ValueError, match="heads to divide width, found 3 and 64"):
        ft_transformer.Params(heads=3)


def test_thousands_of_columns_go_through_a_dense_network_and_are_refused_by_attention():
    many = [NUMBER] * 3000 + [{"kind": "category", "size": 4}] * 2000
    rows = torch.ones(8, 5000)
    encoder = mlp.build(mlp.Params(column=2, width=16), many)
    assert encoder(rows).shape == (8, 16)
    with pytest.raises(BadInput, match="expected at most 500 features, found 5,000; choose mlp"):
        ft_transformer.build(ft_transformer.Params(), many)


def test_piecewise_says_how_far_each_bin_is_filled():
    """Equation 1 of arXiv 2203.05556, kept within the range of the training rows."""
    torch.manual_seed(0)
    columns = ColumnEmbedding([NUMBER], 3, Embedded(numbers="piecewise"))
    for value, filled in ((-5, [0, 0, 0]), (-0.5, [0.5, 0, 0]), (0.25, [1, 0.25, 0]), (2, [1, 1, 0.5]), (9, [1, 1, 1])):
        expected = (torch.tensor(filled, dtype=torch.float32) @ columns.weight[0] + columns.bias[0]).relu()
        assert torch.allclose(columns(torch.tensor([[float(value)]]))[0, 0], expected, atol=1e-6)


def test_waves_are_of_the_value_and_their_frequencies_are_learnt():
    torch.manual_seed(0)
    columns = ColumnEmbedding([NUMBER], 3, Embedded(numbers="periodic", frequencies=4, spread=0.5))
    angle = 2 * torch.pi * columns.frequency[0] * 0.7
    expected = (torch.cat([angle.cos(), angle.sin()]) @ columns.weight[0] + columns.bias[0]).relu()
    assert torch.allclose(columns(torch.tensor([[0.7]]))[0, 0], expected, atol=1e-6)
    assert columns.frequency.requires_grad


def test_edges_are_thinned_evenly_and_keep_their_ends():
    edges = [float(i) for i in range(65)]
    assert thinned(edges, 64) == edges
    assert thinned(edges, 4) == [0, 16, 32, 48, 64]
