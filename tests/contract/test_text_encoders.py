"""Every encoder of text, found by listing the folder."""

from __future__ import annotations

import pytest
import torch

from backend.encoders._text import Tokens
from backend.engine.weights import build_encoder, load_encoder, save_encoder, text_spec
from backend.recipe import Choice
from backend.registry import of_kind, plugin
from backend.workspace.artefacts import Artefacts
from backend.workspace.layout import BadInput
from tests.checkpoints import TEXTS, bert_folder, tokenizer

NAMES = of_kind("encoders", "text")


@pytest.fixture(scope="module")
def made():
    return tokenizer()


@pytest.fixture(scope="module")
def build(tmp_path_factory, made):
    """build(name, seed) -> (choice, fresh encoder in eval mode)."""
    folder = bert_folder(tmp_path_factory.mktemp("model"))

    def call(name: str, seed: int = 0):
        params = {"source": str(folder)} if name == "pretrained" else {"width": 32, "layers": 2, "heads": 2}
        kind = plugin("encoders", name)
        torch.manual_seed(seed)
        return Choice(name=name, **params), kind.call(kind.params(**params), made.vocabulary).eval()

    return call


@pytest.mark.parametrize("name", NAMES)
class TestTextEncoder:
    def test_gives_one_finite_vector_a_text(self, build, made, name):
        _, encoder = build(name)
        tokens = made.encode(TEXTS[:4])
        out = encoder(tokens)
        assert out.shape == (4, encoder.dim)
        assert torch.isfinite(out).all()
        hidden = encoder.hidden(tokens)
        assert hidden.shape == (*tokens.ids.shape, encoder.dim)
        assert encoder.logits(hidden).shape == (*tokens.ids.shape, encoder.config.vocab_size)

    def test_padding_changes_nothing(self, build, made, name):
        _, encoder = build(name)
        together = encoder(made.encode(TEXTS[:4]))
        alone = torch.cat([encoder(made.encode([text])) for text in TEXTS[:4]])
        assert (together - alone).abs().max() < 1e-5

    def test_embeddings_can_stand_in_for_tokens(self, build, made, name):
        _, encoder = build(name)
        tokens = made.encode(TEXTS[:2])
        assert (encoder(tokens) - encoder(tokens, encoder.embedding(tokens.ids))).abs().max() < 1e-5

    def test_layers_and_attentions(self, build, made, name):
        _, encoder = build(name)
        tokens = made.encode(TEXTS[:1])
        layers, attention = encoder.layers(tokens), encoder.attentions(tokens)
        assert len(layers) == encoder.config.num_hidden_layers + 1
        length = tokens.ids.shape[1]
        assert attention.shape[1:] == (1, encoder.config.num_attention_heads, length, length)
        assert (attention.sum(-1) - 1).abs().max() < 1e-5

    def test_a_causal_model_does_not_look_ahead(self, build, made, name):
        _, encoder = build(name)
        tokens = made.encode(TEXTS[:1])
        changed = tokens.ids.clone()
        changed[0, -1] = (changed[0, -1] + 7) % made.vocabulary.size
        gap = (encoder.hidden(Tokens(tokens.ids)) - encoder.hidden(Tokens(changed)))[0].abs().detach()
        assert gap[-1].max() > 1e-3
        assert (float(gap[:-1].max()) < 1e-6) is encoder.causal

    def test_every_weight_of_the_network_gets_a_gradient(self, build, made, name):
        _, encoder = build(name)
        tokens = made.encode(TEXTS[:4])
        encoder.logits(encoder.hidden(tokens)).square().sum().backward()
        dead = [n for n, p in encoder.body.named_parameters() if p.grad is None]
        assert dead == []

    def test_stored_weights_come_back_and_need_no_source(self, build, made, name, tmp_path):
        choice, encoder = build(name)
        artefacts = Artefacts(tmp_path)
        spec = text_spec(choice, encoder, "0" * 64, ["a", "b"])
        spec["encoder"].pop("source", None)
        saved = save_encoder(artefacts, "encoder/ssl/0", encoder, spec)
        loaded = load_encoder(artefacts, saved.sha256)
        tokens = made.encode(TEXTS[:4])
        assert torch.equal(loaded(tokens), encoder(tokens))
        assert torch.equal(loaded.logits(loaded.hidden(tokens)), encoder.logits(encoder.hidden(tokens)))

    def test_the_seed_decides_and_the_global_state_is_left_alone(self, build, name):
        choice, encoder = build(name)
        spec = text_spec(choice, encoder, "0" * 64, [])
        before = torch.get_rng_state()
        first, again, other = (build_encoder(spec, seed) for seed in (0, 0, 1))
        assert torch.equal(before, torch.get_rng_state())
        assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
        assert any(not torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))

    def test_params_round_trip(self, name):
        params = plugin("encoders", name).params
        assert params(**params().model_dump()) == params()
        with pytest.raises(ValueError, match="extra"):
            params(no_such_key=1)


@pytest.mark.parametrize("name", ["gpt2", "llama", "modernbert"])
def test_heads_must_share_the_width(made, name):
    kind = plugin("encoders", name)
    with pytest.raises(BadInput, match="multiple of the 5 heads, found 32"):
        kind.call(kind.params(width=32, layers=1, heads=5), made.vocabulary)
