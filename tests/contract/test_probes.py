"""Every probe: the registry's contract, on a tiny model; on the real test sets, where they are, a random model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from backend.engine.job import Stopped
from backend.engine.weights import build_classifier
from backend.probes._association import word_lists
from backend.probes._base import Context, Result, Skip
from backend.recipe import DEFAULTS, Choice
from backend.registry import names, plugin

UNITS = ("share", "points", "correlation", "d", "nats", "auroc")
SETS = ("crows_pairs", "winobias", "winogender", "bec_pro")


@pytest.fixture
def model(reviews) -> Context:
    """A tiny untrained BERT with a WordPiece of its own, and a classifier on it."""
    return tiny(reviews)


def tiny(reviews, folder: Path | None = None) -> Context:
    kind = plugin("tokenizers", "wordpiece")
    words = "she he her him his a the is was by at of to doctor nurse woman man " * 4
    listed = [" ".join(part) for part in word_lists()["words"].values()] * 2
    params = kind.params(vocabulary=2_000, length=48)
    tokenizer = kind.call(params, [[*reviews.texts, words, *listed]], Choice(name="bert"))
    bert = plugin("encoders", "bert")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder = bert.call(bert.params(width=32, layers=1, heads=2), tokenizer.vocabulary)
    classifier = build_classifier({"classes": reviews.classes}, encoder)
    nn.init.normal_(classifier.head.weight)
    cpu = torch.device("cpu")
    return Context(encoder, tokenizer, cpu, reviews, folder, items=40, permutations=200, classifier=classifier)


def put(name: str, context: Context) -> Result:
    kind = plugin("probes", name)
    return kind.call(context, kind.params())


@pytest.mark.parametrize("name", names("probes"))
def test_is_a_probe_of_text(name):
    kind = plugin("probes", name)
    assert "text" in kind.kinds
    assert kind.summary[-1] in ".?"
    assert kind.params.model_validate(kind.params().model_dump()) == kind.params()


@pytest.mark.parametrize("name", sorted(set(names("probes")) - set(SETS)))
def test_keeps_the_contract(name, model):
    check(put(name, model).body(), tested=name != "counterfactual")
    assert put(name, model).body() == put(name, model).body(), "the same model gets the same answer"


@pytest.mark.parametrize("name", SETS)
def test_says_in_one_line_where_its_test_set_is_to_be_had(name, model):
    with pytest.raises(Skip, match=r"^[^\n]*get it from [^\n]*$"):
        put(name, model)


def check(body: dict, tested: bool = True) -> None:
    """An event's body: known units, values within their intervals, probabilities."""
    assert body["unit"] in UNITS
    assert body["category_unit"] in UNITS
    for estimate in (body["estimate"], *body["categories"]):
        assert estimate["low"] <= estimate["value"] <= estimate["high"]
    for p in (row["p_holm"] for row in body["categories"]):
        assert p is None or 0 <= p <= 1
    assert (0 <= body["p"] <= 1) if tested else body["p"] is None


@pytest.mark.parametrize("name", names("probes"))
def test_stops_when_it_is_asked_to(name, model, real_data):
    def stop(done: int, total: int) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        put(name, replace(model, tick=stop, folder=real_data / "bias_probes"))


@pytest.mark.parametrize("name", SETS)
def test_an_untrained_model_finds_nothing_in_the_real_test_sets(name, reviews, real_data):
    try:
        found = put(name, tiny(reviews, real_data / "bias_probes"))
    except Skip as skip:
        pytest.skip(f"the tiny vocabulary does not reach: {skip}")
    check(found.body())
    assert found.estimate.p > 0.001
    assert found.estimate.n <= 60
    assert found.of >= 120


def test_a_text_recipe_asks_every_probe():
    assert set(DEFAULTS["text"]["probes"]["methods"]) == set(names("probes"))
