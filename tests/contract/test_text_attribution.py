"""Every attribution method of text keeps the folder's contract; the methods are found by listing the folder."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from backend.attribution import _text, attention
from backend.attribution._text import TextMaps, renewed, sentences
from backend.engine.weights import Classifier
from backend.recipe import Choice
from backend.registry import of_kind, plugin

METHODS = of_kind("attribution", "text")
FRESH = [name for name in of_kind("encoders", "text") if "source" not in plugin("encoders", name).params.model_fields]
TEXTS = ["A warm, splendid film.", "Dull.", "He found the novel somehow tedious and stale again", "unseen zebra words"]
SMALL = {"width": 16, "layers": 2, "heads": 2}


@pytest.fixture(scope="module")
def tokenizer():
    kind = plugin("tokenizers", "wordpiece")
    params = kind.params(vocabulary=200, length=12, min_frequency=1)
    return kind.call(params, [TEXTS[:3] * 3], Choice(name="bert"))


def classifier(tokenizer, encoder: str = "bert") -> Classifier:
    torch.manual_seed(0)
    kind = plugin("encoders", encoder)
    params = {k: v for k, v in SMALL.items() if k in kind.params.model_fields}
    built = kind.call(kind.params(**params), tokenizer.vocabulary)
    return Classifier(built, nn.Linear(built.dim, 3))


@pytest.fixture
def case(tokenizer):
    return classifier(tokenizer).train(), sentences(tokenizer, TEXTS, "cpu"), torch.tensor([0, 2, 1, 1])


def explain(name: str, case, **params) -> TextMaps:
    method = plugin("attribution", name)
    return method.call(*case, method.params(**params))


@pytest.mark.parametrize("name", METHODS)
def test_one_finite_score_a_token_and_none_at_padding(name, case):
    _, texts, _ = case
    found = explain(name, case)
    assert found.scores.shape == texts.tokens.ids.shape
    assert found.scores.dtype == torch.float32
    assert not found.scores.requires_grad
    assert torch.isfinite(found.scores).all()
    assert (found.scores[~texts.tokens.mask] == 0).all()
    assert (found.scores[texts.words >= 0] != 0).any()
    if found.errors is not None:
        assert found.errors.shape == found.steps.shape == (4,)


@pytest.mark.parametrize("name", METHODS)
def test_the_same_question_gets_the_same_scores(name, case):
    assert torch.equal(explain(name, case).scores, explain(name, case).scores)


@pytest.mark.parametrize("name", [name for name in METHODS if name != "attention"])
def test_the_target_matters(name, case):
    model, texts, target = case
    other = explain(name, (model, texts, (target + 1) % 3))
    assert not torch.allclose(explain(name, case).scores, other.scores)


@pytest.mark.parametrize("name", METHODS)
def test_scores_do_not_depend_on_the_batch_they_came_in(name, case, monkeypatch):
    whole = explain(name, case).scores
    monkeypatch.setattr(_text, "TOKENS_AT_ONCE", 12)
    monkeypatch.setattr(attention, "WEIGHTS_AT_ONCE", 1)
    torch.testing.assert_close(explain(name, case).scores, whole, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("name", METHODS)
def test_the_model_is_given_back_as_it_was(name, case):
    model, texts, _ = case
    before = {k: v.clone() for k, v in model.state_dict().items()}
    ids = texts.tokens.ids.clone()
    explain(name, case)
    assert all(module.training for module in model.modules())
    assert all(p.requires_grad and p.grad is None for p in model.parameters())
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert torch.equal(texts.tokens.ids, ids)
    assert model.encoder.config._attn_implementation == "sdpa"


@pytest.mark.parametrize("name", METHODS)
def test_parameters_round_trip_and_unknown_ones_are_refused(name):
    method = plugin("attribution", name)
    assert method.params(**method.params().model_dump()) == method.params()
    assert method.summary.endswith(".")
    with pytest.raises(ValidationError):
        method.params(no_such_parameter=1)


@pytest.mark.parametrize("encoder", FRESH)
@pytest.mark.parametrize("name", METHODS)
def test_every_encoder_can_be_explained(name, encoder, tokenizer):
    model, texts = classifier(tokenizer, encoder).eval(), sentences(tokenizer, TEXTS, "cpu")
    found = explain(name, (model, texts, torch.tensor([0, 2, 1, 1])))
    assert torch.isfinite(found.scores).all()
    assert (found.scores.abs().sum(dim=1) > 0).all()
    fresh = renewed(model, 1)
    assert torch.equal(renewed(model, 1)(texts.tokens), fresh(texts.tokens))
    assert not torch.allclose(fresh(texts.tokens), model(texts.tokens))
    same = {k for k, v in fresh.state_dict().items() if torch.equal(v, model.state_dict()[k])}
    assert not {k for k in same if k.endswith("weight") and "norm" not in k.lower() and "ln_" not in k}
