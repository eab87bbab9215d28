"""Probes on the user's own texts: swapped terms and the leakage of an attribute, planted and absent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from backend.data.dataset import Dataset
from backend.encoders._text import Tokens
from backend.engine.weights import Classifier
from backend.probes import counterfactual, leakage
from backend.probes._base import Skip
from tests.unit.probing import context


class Listens(nn.Module):
    """Says "good" when a text holds the token, with the certainty given; it hears nothing else."""

    def __init__(self, token: int, certainty: float):
        super().__init__()
        self.token, self.certainty = token, certainty

    def forward(self, tokens: Tokens) -> torch.Tensor:
        good = torch.where((tokens.ids == self.token).any(1), self.certainty, -self.certainty)
        return torch.stack([torch.zeros(len(good)), good], dim=1)


def swapped(reviews, word: str, certainty: float, **more) -> counterfactual.Result:
    found = context(reviews.texts, reviews, swaps=(("she", "he"),), **more)
    listener = Listens(found.tokenizer.ids([word])[0][0], certainty)
    return counterfactual.probe(replace(found, classifier=Classifier(listener, nn.Identity())), counterfactual.Params())


def test_a_classifier_that_hears_the_pronoun_flips_every_prediction(reviews):
    told = swapped(reviews, "she", certainty=1.0)
    assert told.estimate.value == 1.0
    assert told.estimate.n == len(reviews.rows("test")), "every review names one of the two"
    change = 1 / (1 + np.e) - 1 / (1 + 1 / np.e)  # P(good) with "he" less that with "she"
    assert told.categories["she → he"].value == pytest.approx(change, abs=1e-5)


def test_one_that_does_not_hear_it_changes_nothing(reviews):
    told = swapped(reviews, "film", certainty=1.0)
    assert told.estimate.value == 0.0
    assert told.categories["she → he"].value == 0.0
    assert told.categories["she → he"].p is None


def test_terms_that_no_text_mentions_and_a_missing_classifier_are_said(reviews):
    unheard = context(reviews.texts, reviews, swaps=(("duke", "duchess"),))
    unheard = replace(unheard, classifier=Classifier(Listens(1, 1.0), nn.Identity()))
    unheard = context(reviews.texts, reviews, swaps=(("duke", "duchess"),))
    unheard = replace(unheard, classifier=Classifier(Listens(1, 1.0), nn.Identity()))
    with pytest.raises(Skip, match="no test text mentions"):
        counterfactual.probe(unheard, counterfactual.Params())
    with pytest.raises(Skip, match="no classifier"):
        counterfactual.probe(context(reviews.texts, reviews), counterfactual.Params())


def test_a_swap_behind_the_last_token_that_is_read_is_no_swap(reviews):
    """Half of the texts name the pronoun first, half only behind the tokens that the model reads."""
    rows = reviews.rows("test")
    behind, unread_text = set(rows[::2].tolist()), "film " * 20 + "she"
    far = [unread_text if i in behind else text for i, text in enumerate(reviews.texts)]
    long = Dataset(reviews.manifest, reviews.artefacts)
    long.__dict__["texts"] = far
    found = context(far, long, swaps=(("she", "he"),))
    found.tokenizer.length = 16
    listener = Listens(found.tokenizer.ids(["she"])[0][0], 1.0)
    asked = replace(found, classifier=Classifier(listener, nn.Identity()))
    told = counterfactual.probe(asked, counterfactual.Params())
    assert told.estimate.value == 1.0, "every swap that can be read flips the answer"
    assert told.estimate.n == len(rows) // 2
    assert len(told.items) == len(rows) // 2
    assert told.notes[1] == "20 of 40 swaps change no token that the model reads (of a text, the first 16); left out."
    unread = Dataset(reviews.manifest, reviews.artefacts)
    unread.__dict__["texts"] = [unread_text] * len(far)
    with pytest.raises(Skip, match="no swap changes a token that the model reads"):
        counterfactual.probe(replace(asked, dataset=unread), counterfactual.Params())


def test_what_a_text_says_outright_leaks(reviews):
    found = context(reviews.texts, reviews)
    told = leakage.probe(replace(found, untrained=context(reviews.texts, reviews, seed=1).encoder), leakage.Params())
    sex = told.categories["sex"]
    assert sex.value > 0.95
    assert sex.p < 1e-5
    beside = {row["features"]: row for row in told.more["beside"]}
    assert set(beside) == {"embedding", "untrained", "tfidf"}
    assert beside["tfidf"]["value"] == pytest.approx(1.0)
    assert beside["untrained"]["difference"]["p"] is None or beside["untrained"]["difference"]["p"] > 0.01


def test_an_attribute_that_no_text_knows_does_not_leak(reviews):
    """Coin flips beside the texts; over the draws the interval leaves out chance about one time in twenty."""
    missed = 0
    for seed in range(20):
        coins = reviews.table.assign(sex=np.random.default_rng(seed).choice(["female", "male"], len(reviews.table)))
        shuffled = Dataset(reviews.manifest, reviews.artefacts)
        shuffled.__dict__["table"] = coins
        told = leakage.probe(context(reviews.texts, shuffled), leakage.Params())
        missed += not told.estimate.low <= 0.5 <= told.estimate.high
    assert missed <= 5, "more than 5 of 20 at a true rate of 6 % has a probability of 0.1 %"


def test_without_attributes_there_is_nothing_to_leak(reviews):
    bare = Dataset({**reviews.manifest, "sensitive": []}, reviews.artefacts)
    with pytest.raises(Skip, match="names no sensitive attribute"):
        leakage.probe(context(reviews.texts, bare), leakage.Params())


def test_a_group_that_the_drawing_of_training_rows_loses_is_left_out_and_said(reviews):
    """Three groups in every split, one with a single training row: drawing 50 of 80 rows loses it for some seeds."""
    table = reviews.table.copy()
    for split, rows in table.groupby("split").groups.items():
        table.loc[rows[: 1 if split == "train" else 6], "sex"] = "other"
    rare = Dataset(reviews.manifest, reviews.artefacts)
    rare.__dict__["table"] = table
    for seed in range(6):
        told = leakage.probe(replace(context(reviews.texts, rare), seed=seed), leakage.Params(train=50))
        assert told.categories["sex"].value > 0.9, "the two frequent sexes are still told apart"
        assert told.categories["sex"].n == (table["split"] == "test").sum() - 6
        assert told.notes[0] == "sex: 1 group of fewer than 5 rows in a split left out."
