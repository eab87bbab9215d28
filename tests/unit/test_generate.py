"""Generation: the cache changes nothing, sampling keeps to its rules, masks are filled, questions are checked."""

from __future__ import annotations

import pytest
import torch

from backend.encoders import bert, gpt2
from backend.encoders._text import Tokens
from backend.engine.weights import save_encoder, text_spec
from backend.language.generate import chosen_token, continued, fill, next_logits, told, write
from backend.questions import generate as question_of
from backend.recipe import Choice
from backend.registry import plugin
from backend.tokenizers._base import Tokenizer
from backend.workspace.artefacts import Artefacts
from backend.workspace.layout import BadInput

TEXTS = ["She saw the film and found it quite splendid.", "He saw the play and found it really tedious."] * 30


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    kind = plugin("tokenizers", "wordpiece")
    return kind.call(kind.params(vocabulary=200, length=24), [TEXTS], Choice(name="bert"))


def model(kind, tokenizer: Tokenizer):
    torch.manual_seed(0)
    made = kind.build(kind.Params(width=32, layers=2, heads=2), tokenizer.vocabulary)
    for parameter in made.parameters():  # fresh weights are so small that every token is equally likely
        parameter.data *= 4
    return made


def test_cached_logits_equal_uncached_ones(tokenizer):
    encoder, ids = model(gpt2, tokenizer).eval(), torch.randint(5, 60, (1, 12))
    cache = None
    with torch.no_grad():
        whole = encoder.logits(encoder.hidden(Tokens(ids)))[0]
        for at, given in enumerate(ids.split(1, dim=1)):
            logits, cache = next_logits(encoder, given, cache)
            assert torch.allclose(logits, whole[at], atol=1e-5)


def test_the_likeliest_tokens_and_the_probability_are_the_models_own(tokenizer):
    encoder = model(gpt2, tokenizer)
    prompt = tokenizer.ids(["She saw the"])[0]
    drawn, stopped = continued(encoder, prompt, 5, temperature=0, top_p=1.0, seed=0)
    assert stopped == "length"
    ids = list(prompt)
    for one in drawn:
        with torch.no_grad():
            shares = encoder.eval().logits(encoder.hidden(Tokens(torch.tensor([ids]))))[0, -1].softmax(0)
        assert one.token == int(shares.argmax())
        assert one.probability == pytest.approx(float(shares[one.token]), rel=1e-4)
        assert [token for token, _ in one.alternatives] == shares.topk(5).indices.tolist()
        ids.append(one.token)


def test_the_same_seed_writes_the_same_and_dropout_is_off(tokenizer):
    encoder = model(gpt2, tokenizer).train()
    a, b = (write(encoder, tokenizer, "He saw", most=8, seed=3) for _ in range(2))
    assert a == b
    assert encoder.training
    assert write(encoder, tokenizer, "He saw", most=8, seed=4) != a


def test_top_p_keeps_the_likeliest_that_hold_its_share():
    logits, draw = torch.tensor([0.5, 0.3, 0.15, 0.05]).log(), torch.Generator().manual_seed(0)
    assert {chosen_token(logits, 1.0, 0.79, draw) for _ in range(200)} == {0, 1}
    assert {chosen_token(logits, 1.0, 0.2, draw) for _ in range(50)} == {0}
    assert chosen_token(logits, 0, 1.0, draw) == 0
    counts = torch.bincount(torch.tensor([chosen_token(logits, 1.0, 1.0, draw) for _ in range(4000)]), minlength=4)
    assert (counts / 4000 - logits.exp()).abs().max() < 0.03
    hot = [chosen_token(logits, 5.0, 1.0, draw) for _ in range(500)]
    assert hot.count(3) > 50, "a high temperature levels the probabilities"
    assert told(logits, 2)[0] == pytest.approx(0.15)


def test_it_ends_with_the_text_and_with_the_context(tokenizer):
    encoder = model(gpt2, tokenizer)
    prompt = tokenizer.ids(["She saw"])[0]
    likeliest = continued(encoder, prompt, 1, 0, 1.0, 0)[0][0].token
    assert continued(encoder, prompt, 5, 0, 1.0, 0, end=likeliest) == ([], "end of text")
    drawn, stopped = continued(encoder, prompt, 500, 0, 1.0, 0)
    assert stopped == "context full"
    assert len(prompt) + len(drawn) == encoder.length + 1, "the last token is written from a full context"
    with pytest.raises(BadInput, match="fewer than 23 tokens"):
        write(encoder, tokenizer, "saw " * 40)


def test_the_pieces_of_a_sample_join_to_what_the_model_wrote(tokenizer):
    sample = write(model(gpt2, tokenizer), tokenizer, "She saw the film", most=10, seed=1)
    assert sample["prompt"] == "She saw the film"
    assert len(sample["tokens"]) <= 10
    assert all(one["text"] and len(one["alternatives"]) == 5 for one in sample["tokens"])


def test_masks_are_filled_in_place(tokenizer):
    text = "He saw the [MASK] and found it [MASK]."
    sample = fill(model(bert, tokenizer), tokenizer, text)
    filled = [one for one in sample["tokens"] if one["probability"] is not None]
    assert len(filled) == 2
    assert [one["text"] for one in sample["tokens"] if one["probability"] is None] == [
        "He saw the ",
        " and found it ",
        ".",
    ]
    assert filled[0]["text"] == filled[0]["alternatives"][0]["text"]
    with pytest.raises(BadInput, match=r"\[MASK\]"):
        fill(model(bert, tokenizer), tokenizer, "He saw the film.")


@pytest.fixture
def asked(workspace, tokenizer):
    """asked(kind, **question) -> the answer's result, on stored artefacts."""

    def ask(kind, **more):
        artefacts = Artefacts(workspace.artefacts)
        words = artefacts.put_json("tokenizer", tokenizer.as_dict()).sha256
        name = kind.__name__.rpartition(".")[2]
        encoder = model(kind, tokenizer)
        spec = text_spec(Choice(name=name), encoder, words, [])
        weights = save_encoder(artefacts, "encoder/ssl/0", encoder, spec).sha256
        return question_of.answer({"encoder": weights, "tokenizer": words, **more}, workspace)["result"]

    return ask


def test_a_question_is_answered_from_artefacts(asked):
    found = asked(gpt2, prompt="She saw", max_tokens=6, temperature=0.5, top_p=0.9, seed=2)
    assert found["language"] == "causal"
    assert len(found["tokens"]) <= 6
    assert asked(bert, prompt="She saw the [MASK].")["language"] == "masked"


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"prompt": ""}, "question.prompt"),
        ({"prompt": "a", "temperature": -1}, "question.temperature"),
        ({"prompt": "a", "top_p": 0}, "question.top_p"),
        ({"prompt": "a", "max_tokens": 10_000}, "question.max_tokens"),
        ({"prompt": "a", "max_tokens": 2.5}, "question.max_tokens"),
        ({"prompt": "a", "seed": True}, "question.seed"),
        ({}, "prompt"),
    ],
)
def test_a_wrong_question_gets_one_line(asked, wrong, line):
    with pytest.raises(BadInput, match=line):
        asked(gpt2, **wrong)
