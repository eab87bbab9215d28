"""Every pretext task of text, found by listing the folder."""

from __future__ import annotations

import time
from math import log

import pytest
import torch

from backend.encoders import bert, gpt2
from backend.encoders._text import Tokens, Vocabulary
from backend.pretext._base import Batch
from backend.pretext._language import guess
from backend.registry import of_kind, plugin
from backend.workspace.layout import BadInput

SIZE = 60
CONTINUES = torch.arange(SIZE) % 5 == 0
VOCABULARY = Vocabulary(size=SIZE, pad=0, unk=1, cls=2, sep=3, mask=4, length=32, continues=CONTINUES)
TASKS = of_kind("pretext", "text")


def encoder_for(name: str, seed: int = 0, **more):
    torch.manual_seed(seed)
    kind = gpt2 if name == "clm" else bert
    return kind.build(kind.Params(width=32, layers=2, heads=2, **more), VOCABULARY).train()


def built(name: str, **params):
    found = plugin("pretext", name)
    return found.call(found.params(**params), 32, VOCABULARY)


def texts(seed: int = 0) -> Tokens:
    draw = torch.Generator().manual_seed(seed)
    return Tokens(torch.randint(5, SIZE, (8, 16), generator=draw), torch.tensor([16, 9, 12, 16, 5, 16, 7, 16]))


def step(name: str, seed: int = 0, **params):
    """(outcome, encoder, pretext) of one forward pass on 8 texts."""
    encoder = encoder_for(name, seed)
    pretext = built(name, **params).train()
    pretext.prepare(encoder)
    torch.manual_seed(seed)
    batch = Batch({view.name: texts() for view in pretext.views}, None, torch.Generator().manual_seed(seed))
    return pretext(encoder, batch), encoder, pretext


def trained_parts(name: str, encoder, pretext):
    """Weights that the task must reach: without its head where the encoder's own head guesses nothing."""
    whole = encoder if pretext.language else encoder.body
    found = [*whole.named_parameters(), *pretext.named_parameters()]
    # not reached: the output bias' twin, the pooler's and token types' rows and places beyond the longest text
    return {n: p for n, p in found if p.ndim > 1 and "pooler" not in n}


@pytest.mark.parametrize("name", TASKS)
class TestTextPretext:
    def test_loss_is_finite_and_reaches_every_parameter(self, name):
        outcome, encoder, pretext = step(name)
        assert outcome.loss.ndim == 0
        assert torch.isfinite(outcome.loss)
        outcome.loss.backward()
        weights = trained_parts(name, encoder, pretext)
        assert [n for n, p in weights.items() if p.grad is None or not p.grad.abs().sum() > 0] == []

    def test_is_deterministic(self, name):
        assert torch.equal(step(name)[0].loss, step(name)[0].loss)
        assert not torch.equal(step(name)[0].loss, step(name, seed=1)[0].loss)

    def test_what_is_watched_has_the_encoders_dimensions(self, name):
        outcome, encoder, pretext = step(name)
        assert outcome.places["sentences"].shape == (8 * len(pretext.views), encoder.dim)
        assert all(z.shape[1] == encoder.dim and not z.isnan().any() for z in outcome.places.values())
        assert all(part.ndim == 0 for part in outcome.parts.values())

    def test_learns(self, name):
        outcome, encoder, pretext = step(name)
        optimizer = torch.optim.AdamW([*encoder.parameters(), *pretext.parameters()], lr=3e-3)
        first = float(outcome.loss.detach())
        for _ in range(25):
            batch = Batch({view.name: texts() for view in pretext.views}, None, torch.Generator().manual_seed(0))
            outcome = pretext(encoder, batch)
            optimizer.zero_grad()
            outcome.loss.backward()
            optimizer.step()
        assert float(outcome.loss.detach()) < first

    def test_checkpointing_changes_nothing_but_the_memory(self, name):
        def gradients(checkpointing):
            outcome, encoder, _ = step(name, checkpointing=checkpointing)
            outcome.loss.backward()
            return outcome.loss, [p.grad for p in encoder.body.parameters() if p.grad is not None]

        (loss, plain), (again, recomputed) = gradients(False), gradients(True)
        assert loss.item() == pytest.approx(again.item(), rel=1e-6)
        assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(plain, recomputed, strict=True))

    def test_keeps_its_time(self, name):
        start = time.process_time()
        step(name)[0].loss.backward()
        assert time.process_time() - start < 4

    def test_params_round_trip(self, name):
        params = plugin("pretext", name).params
        assert params(**params().model_dump()) == params()
        with pytest.raises(ValueError, match="extra"):
            params(no_such_key=1)


@pytest.mark.parametrize("name", ["clm", "simcse"])  # the others draw masks place by place: a wider batch draws others
def test_padding_changes_nothing(name):
    encoder, pretext = encoder_for(name, dropout=0.0).eval(), built(name).eval()
    short = Tokens(texts().ids[:, :12], torch.full((8,), 12))
    longer = Tokens(torch.cat([short.ids, torch.zeros(8, 4, dtype=torch.int64)], dim=1), short.lengths)
    losses = [pretext(encoder, Batch({view.name: t for view in pretext.views})).loss for t in (short, longer)]
    assert losses[0].item() == pytest.approx(losses[1].item(), rel=1e-5)


@pytest.mark.parametrize("name", ["mlm", "rtd"])
def test_a_task_that_reads_both_ways_refuses_a_causal_encoder(name):
    with pytest.raises(BadInput, match=rf"pretext {name}: .*both directions \(bert.*found 'gpt2'"):
        built(name).prepare(encoder_for("clm"))


def test_the_causal_task_refuses_an_encoder_that_reads_both_ways():
    with pytest.raises(BadInput, match=r"pretext clm: .*left to right \(gpt2.*found 'bert'"):
        built("clm").prepare(encoder_for("mlm"))


def test_simcse_needs_dropout():
    with pytest.raises(BadInput, match="dropout above 0"):
        built("simcse").prepare(encoder_for("simcse", dropout=0.0))


def test_whole_words_need_a_vocabulary_that_marks_them():
    blind = Vocabulary(size=SIZE, pad=0, mask=4, length=32)
    kind = plugin("pretext", "mlm")
    with pytest.raises(BadInput, match="marks the pieces"):
        kind.call(kind.params(whole_word=True), 32, blind)
    assert torch.isfinite(step("mlm", whole_word=True)[0].loss)


@pytest.mark.parametrize("masking", of_kind("masking", "text"))
def test_every_masking_policy_serves_the_masked_model(masking):
    outcome, _, _ = step("mlm", masking=masking)
    assert 0 < float(outcome.loss.detach()) < 3 * log(SIZE)


def test_the_causal_loss_is_that_of_transformers():
    encoder, pretext = encoder_for("clm").eval(), built("clm").eval()
    ids = texts().ids
    theirs = encoder.model(input_ids=ids, labels=ids).loss
    assert pretext(encoder, Batch({"only": Tokens(ids)})).loss.item() == pytest.approx(theirs.item(), rel=1e-6)


def test_chunks_of_places_give_the_same_loss_and_gradient(monkeypatch):
    encoder = encoder_for("clm").eval()
    hidden = torch.randn(50, 32, requires_grad=True)
    truth = torch.randint(SIZE, (50,))

    def read():
        hidden.grad = None
        losses, right = guess(encoder, hidden, truth)
        losses.sum().backward()
        return losses.detach(), right, hidden.grad.clone()

    whole = read()
    monkeypatch.setattr("backend.pretext._language.CHUNK", 16)
    assert all(torch.allclose(a.float(), b.float(), atol=1e-6) for a, b in zip(whole, read(), strict=True))
